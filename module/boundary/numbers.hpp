// Makes Python numbers, and records of them, out of kernels' results.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "kernels/array_view.hpp"

namespace fastlane {

// hi * 2^64 + lo as an int. New reference, or null with an exception set.
PyObject* int_from_wide(std::int64_t hi, std::uint64_t lo);

// A struct sequence of `type` from new references, one a field; each is stolen, and a null one (its
// exception set) makes the whole null. New reference.
PyObject* struct_from_fields(PyTypeObject* type, std::initializer_list<PyObject*> fields);

}  // namespace fastlane
