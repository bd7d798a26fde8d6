// fastlane.MappedFile: kernels::MappedFile as a Python object that exports its bytes.
#pragma once

#include <Python.h>

namespace fastlane {

// Creates the heap type and adds it to the module. -1 with an exception on failure.
int add_mapped_file_type(PyObject* module);

}  // namespace fastlane
