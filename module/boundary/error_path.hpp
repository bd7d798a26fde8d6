// The happy path gives everything back by name; a destructor may do it only on an error path.
// A checked build (NDEBUG not defined) aborts when a destructor finds what the happy path forgot.
// Before Python 3.14 an interpreter that ends unwinds the stacks of its daemon threads, without the
// GIL: then nothing is given back, and the thread stays where its call began.
#pragma once

#include <Python.h>

#include <chrono>
#include <exception>
#include <thread>

namespace fastlane {

// False when Python must not be touched any more, and so nothing can be given back.
inline bool on_error_path([[maybe_unused]] const char* forgotten) noexcept {
  if (!PyGILState_Check()) return false;
#ifndef NDEBUG
  const bool unwinding = std::uncaught_exceptions() > 0;
  if (!unwinding && PyErr_Occurred() == nullptr) Py_FatalError(forgotten);
#endif
  return true;
}

// Where a daemon thread waits for the end of the process, as Python 3.14 itself lets it.
[[noreturn]] inline void stay_until_exit() noexcept {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

}  // namespace fastlane
