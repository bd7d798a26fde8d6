// fastlane._core.Workers: kernels::Workers as a Python object, for fastlane.aio.
#pragma once

#include <Python.h>

namespace fastlane {

// Creates the heap type and adds it to the module. -1 with an exception on failure.
int add_workers_type(PyObject* module);

}  // namespace fastlane
