// The only door to NumPy's C API. module.cpp imports the function table; every other file borrows
// it.
#pragma once

#include <Python.h>

#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#define NPY_TARGET_VERSION NPY_1_25_API_VERSION
#define PY_ARRAY_UNIQUE_SYMBOL fastlane_numpy_api
#ifndef FASTLANE_IMPORTS_NUMPY
#define NO_IMPORT_ARRAY
#endif

#include <numpy/arrayobject.h>
