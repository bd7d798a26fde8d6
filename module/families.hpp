// The list of families: each is a method table that its own file defines. module.cpp adds them all.
#pragma once

#include <Python.h>

namespace fastlane {

extern PyMethodDef record_methods[];
extern PyMethodDef reduction_methods[];
extern PyMethodDef scaled_copy_methods[];
extern PyMethodDef scaled_copy_raw_methods[];
extern PyMethodDef testing_methods[];

struct Family {
  const char* submodule;  // "text" makes fastlane._core.text; null puts the functions at the top
  PyMethodDef* methods;
};

inline constexpr Family kFamilies[] = {
    {nullptr, record_methods},
    {nullptr, reduction_methods},
    {"lessons", scaled_copy_methods},
    {"lessons", scaled_copy_raw_methods},
    {"testing", testing_methods},
};

}  // namespace fastlane
