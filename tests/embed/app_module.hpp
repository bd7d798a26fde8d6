// The module `app`, which this program gives to the Python code that it runs.
#pragma once

#include <Python.h>

#include <array>
#include <span>

namespace fastlane::embed {

// What app.samples() shows to Python.
std::span<double> app_samples();

}  // namespace fastlane::embed

PyMODINIT_FUNC PyInit_app();
