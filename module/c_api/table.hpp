// The capsule fastlane._C_API: what fastlane.h looks for at fln_import().
#pragma once

#include <Python.h>

namespace fastlane {

// Adds the capsule to the module. -1 with an exception on failure.
int add_c_api(PyObject* module);

}  // namespace fastlane
