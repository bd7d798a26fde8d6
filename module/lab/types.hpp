// What the lessons add to the module beside their functions. Each returns -1 with an exception on
// failure.
#pragma once

#include <Python.h>

namespace fastlane {

int add_counter_type(PyObject* module);     // Counter
int add_processor_types(PyObject* module);  // SafeProcessor and its leaking twin
int add_database_errors(PyObject* module);  // DatabaseError, ConnectionTimeout

}  // namespace fastlane
