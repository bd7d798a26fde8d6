// An array that Python owns, of any strides and alignment, borrowed for one call.
// Exact ndarrays are read directly; everything else comes through the buffer protocol, or through
// DLPack when there is no buffer. Nothing is ever converted or copied.
#pragma once

#include <Python.h>

#include <utility>

#include "module/boundary/arguments.hpp"
#include "module/boundary/borrow.hpp"
#include "module/boundary/dtype.hpp"
#include "module/boundary/error_path.hpp"

namespace fastlane {

// Stands for   Py_INCREF(a);  data = PyArray_DATA(a);  ...  Py_DECREF(a);   for an ndarray, and for
// PyObject_GetBuffer(o, &view, PyBUF_FULL_RO);  ...  PyBuffer_Release(&view);   for every other
// exporter. Neither copyable nor movable: an exporter may point view.shape into the Py_buffer
// itself.
class BorrowedArray : public Borrow {
 public:
  BorrowedArray() noexcept = default;
  ~BorrowedArray() {
    if (exporter_ == nullptr) return;
    expect_error_path("BorrowedArray forgotten on the happy path: write release()");
    release();
  }

  // False with an exception set and nothing borrowed. Shape and strides are copied: another thread
  // may give an ndarray a different shape while this one computes.
  bool acquire(Arguments& args, const char* argument, PyObject* object, DTypes accepted,
               Access access = Access::read);
  void release() noexcept {
    if (has_buffer_) release_buffer();
    Py_DECREF(std::exchange(exporter_, nullptr));  // exporter unlocked
  }

  kernels::DType dtype() const noexcept { return view_.dtype; }
  bool is_held() const noexcept { return exporter_ != nullptr; }

 private:
  void release_buffer() noexcept;
  bool acquire_ndarray(Arguments& args, PyObject* ndarray, DTypes accepted);
  bool acquire_buffer(Arguments& args, PyObject* object, DTypes accepted);
  bool acquire_dlpack(Arguments& args, PyObject* object, DTypes accepted);
  bool check(Arguments& args, DTypes accepted, DType dtype, bool swapped, bool writable,
             PyObject* object);

  std::ptrdiff_t shape_[kernels::kMaxDimensions];
  std::ptrdiff_t strides_[kernels::kMaxDimensions];
  Py_buffer buffer_;  // valid only while has_buffer_
  bool has_buffer_ = false;
};

}  // namespace fastlane
