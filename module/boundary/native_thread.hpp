// The state that a thread needs which Python did not start: made once, kept for as long as the
// thread lives, and given back by itself. In between the thread attaches with Attached.
#pragma once

#include <Python.h>

#include <chrono>
#include <thread>

#include "module/boundary/error_path.hpp"

namespace fastlane {

// Stands for   PyThreadState_New(i);  ...  PyThreadState_Clear(s);  PyThreadState_DeleteCurrent();
// As in attached.hpp, a thread that Python ends at its exit stays where it is.
class NativeThread {
 public:
  // On the thread itself, detached. Without memory it waits: there is nobody whom it could tell.
  static void begin(PyInterpreterState* interpreter) noexcept {
    while (PyThreadState_New(interpreter) == nullptr) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  static PyThreadState* state() noexcept { return PyGILState_GetThisThreadState(); }
  static void end() noexcept {
    PyThreadState* const state = NativeThread::state();
    try {
      PyEval_RestoreThread(state);  // thread attached
      PyThreadState_Clear(state);   // may run Python
      PyThreadState_DeleteCurrent();
    } catch (...) {
      stay_until_exit();
    }
  }
};

}  // namespace fastlane
