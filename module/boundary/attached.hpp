// "For a moment, this thread touches Python after all": inside of a call's detached phase, on the
// thread that made the call. Everything inside ends with the object: declare it first.
#pragma once

#include <Python.h>

#include "module/boundary/error_path.hpp"

namespace fastlane {

// Stands for   PyEval_RestoreThread(s);  ...  s = PyEval_SaveThread();
class Attached {
 public:
  // `state` is the calling thread's, from when it was attached. A thread that Python ends at its
  // exit stays where it is, as in released_gil.hpp.
  explicit Attached(PyThreadState* state) noexcept {
    try {
      PyEval_RestoreThread(state);
    } catch (...) {
      stay_until_exit();
    }
  }
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;
  // Python that was run in between may have ended the thread: then nothing below is touched.
  ~Attached() {
    if (!PyGILState_Check()) stay_until_exit();
    PyEval_SaveThread();
  }
};

}  // namespace fastlane
