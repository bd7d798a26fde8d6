// "This thread will not touch Python for a while." Only call.hpp makes one.
// Declare it after every guard whose cleanup needs Python: destruction runs in reverse order, so an
// exception attaches the thread first and gives references back second.
#pragma once

#include <Python.h>

#include <utility>

#include "module/boundary/error_path.hpp"

namespace fastlane {

// Stands for   PyThreadState* s = PyEval_SaveThread();  ...  PyEval_RestoreThread(s);
class ReleasedGil {
 public:
  ReleasedGil() noexcept : saved_(PyEval_SaveThread()) {}
  ReleasedGil(const ReleasedGil&) = delete;
  ReleasedGil& operator=(const ReleasedGil&) = delete;
  ~ReleasedGil() {
    if (saved_ == nullptr) return;
    reacquire();
#ifndef NDEBUG
    if (std::uncaught_exceptions() == 0) {
      Py_FatalError("ReleasedGil ended on the happy path: write reacquire()");
    }
#endif
  }

  void reacquire() noexcept { attach(std::exchange(saved_, nullptr)); }

  // Attaches just long enough to see whether a signal handler has something to say.
  // Returns false with the handler's exception set.
  bool check_signals() noexcept {
    attach(saved_);
    const bool calm = PyErr_CheckSignals() == 0;
    saved_ = PyEval_SaveThread();
    return calm;
  }

 private:
  // An interpreter that ends keeps a daemon thread from coming back: before 3.14 by unwinding its
  // stack, from 3.14 on by letting it wait. It waits in either case.
  static void attach(PyThreadState* state) noexcept {
    try {
      PyEval_RestoreThread(state);
    } catch (...) {
      stay_until_exit();
    }
  }

  PyThreadState* saved_;
};

}  // namespace fastlane
