// Readers of the types whose values have a fixed width: integers, floats, times and booleans.
// One loop for all of them; what differs is a small object that converts and checks one text.
#pragma once

#include <cstddef>
#include <memory>

#include "kernels/records/field_reader.hpp"

namespace fastlane::kernels::records {

// Throws std::invalid_argument when the field's format or default cannot be read.
std::unique_ptr<FieldReader> make_value_reader(const Field& field, const ReaderPlace& place,
                                               WindowColumn& column);

}  // namespace fastlane::kernels::records
