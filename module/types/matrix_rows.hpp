// What a Matrix is made from: rows of Python numbers, or an array.
#pragma once

#include <Python.h>

#include "module/boundary/arguments.hpp"

namespace fastlane {

// New reference, or null with an exception set. May throw std::bad_alloc.
PyObject* matrix_from_rows(Arguments& args, PyObject* rows);

}  // namespace fastlane
