// Adds the heap type fastlane._core.Fetcher, which fastlane/_fetch.py uses. -1 on failure.
#pragma once

#include <Python.h>

namespace fastlane {

int add_fetcher_type(PyObject* module);

}  // namespace fastlane
