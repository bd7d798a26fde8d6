// Python numbers: made out of kernels' results, alone or as records, and read out of sequences.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "kernels/array_view.hpp"
#include "module/boundary/arguments.hpp"

namespace fastlane {

// hi * 2^64 + lo as an int. New reference, or null with an exception set.
PyObject* int_from_wide(std::int64_t hi, std::uint64_t lo);

// A struct sequence of `type` from new references, one a field; each is stolen, and a null one (its
// exception set) makes the whole null. New reference.
PyObject* struct_from_fields(PyTypeObject* type, std::initializer_list<PyObject*> fields);

// One element of a sequence of numbers. May run Python, which may change the sequence. False with
// an exception set; a complaint says that `argument` must be `expected`.
bool read_element(Arguments& args, const char* argument, const char* expected, PyObject* object,
                  double& number);

}  // namespace fastlane
