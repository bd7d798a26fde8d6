// fastlane.Arena: kernels::Arena as a Python object.
#pragma once

#include <Python.h>

#include "kernels/arena.hpp"
#include "module/boundary/arguments.hpp"

namespace fastlane {

// The arena in an argument that must be a fastlane.Arena; null with an exception set when it is
// not.
kernels::Arena* arena_of(Arguments& args, const char* argument, PyObject* object);

// Creates the heap types and adds them to the module. -1 with an exception on failure.
int add_arena_types(PyObject* module);

}  // namespace fastlane
