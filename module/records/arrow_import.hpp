// Arrow capsules of somebody else as rows: what __arrow_c_stream__ and __arrow_c_array__ gave.
#pragma once

#include <Python.h>

#include <memory>

#include "kernels/records/arrow_rows.hpp"
#include "module/boundary/arguments.hpp"

namespace fastlane {

// Takes over what the capsules hold: (stream,) or (schema, array). Null with an exception set for
// anything else. Throws std::bad_alloc and ArrowFailure.
std::unique_ptr<kernels::records::ArrowRows> take_batches(const Arguments& args,
                                                          PyObject* capsules);

}  // namespace fastlane
