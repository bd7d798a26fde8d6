// The happy path gives everything back by name; a destructor may do it only on an error path.
// A checked build (NDEBUG not defined) aborts when a destructor finds what the happy path forgot.
#pragma once

#include <Python.h>

#include <exception>

namespace fastlane {

inline void expect_error_path([[maybe_unused]] const char* forgotten) noexcept {
#ifndef NDEBUG
  const bool unwinding = std::uncaught_exceptions() > 0;
  if (!unwinding && PyErr_Occurred() == nullptr) Py_FatalError(forgotten);
#endif
}

}  // namespace fastlane
