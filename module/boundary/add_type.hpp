// How a heap type comes into the module that nobody else needs to find.
#pragma once

#include <Python.h>

namespace fastlane {

// Makes the type of `spec` and puts it into the module under the last part of its name; the module
// alone holds it then. -1 with an exception set on failure.
int add_type(PyObject* module, PyType_Spec& spec);

}  // namespace fastlane
