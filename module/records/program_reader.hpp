// Reads the plain dict that a plan makes into the program that the kernels run. Every piece is
// checked, also when it came from a plan: what does not fit is named by its place in the dict.
#pragma once

#include <Python.h>

#include "kernels/records/program.hpp"
#include "module/boundary/arguments.hpp"

namespace fastlane {

// Throws PythonErrorSet (with ArgumentTypeError or ArgumentValueError set) and bad_alloc.
kernels::records::Program read_program(const Arguments& args, PyObject* program);

}  // namespace fastlane
