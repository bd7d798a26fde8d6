// An array that Python owns, of any strides and alignment, borrowed for one call.
// Exact ndarrays are read directly; everything else comes through the buffer protocol, or through
// DLPack when there is no buffer. Nothing is ever converted or copied.
#pragma once

#include <Python.h>

#include <utility>

#include "kernels/overlap.hpp"
#include "module/boundary/arguments.hpp"
#include "module/boundary/borrow.hpp"
#include "module/boundary/dtype.hpp"
#include "module/boundary/error_path.hpp"
#include "module/numpy_api.hpp"

namespace fastlane {

// Stands for   data = PyArray_DATA(a);   on an argument that is an ndarray, and for
// PyObject_GetBuffer(o, &view, PyBUF_FULL_RO);  ...  PyBuffer_Release(&view);   on every other
// exporter. Neither copyable nor movable: an exporter may point view.shape into the Py_buffer
// itself.
class BorrowedArray : public Borrow {
 public:
  BorrowedArray() noexcept = default;
  ~BorrowedArray() {
    if (exporter_ == nullptr) return;
    if (on_error_path("BorrowedArray forgotten on the happy path: write release()")) release();
  }

  // False with an exception set and nothing borrowed. Shape and strides are copied: another thread
  // may give an ndarray a different shape while this one computes.
  bool acquire(Arguments& args, const char* argument, PyObject* object, DTypes accepted,
               Access access = Access::read) {
    argument_ = argument;
    access_ = access;
    const bool held = Py_IS_TYPE(object, &PyArray_Type) ? acquire_ndarray(args, object, accepted)
                                                        : acquire_exporter(args, object, accepted);
    if (held) args.borrows().add(*this);
    return held;
  }
  void release() noexcept {
    if (made_ != nullptr || has_buffer_) release_more();
    exporter_ = nullptr;  // exporter unlocked
  }

  kernels::DType dtype() const noexcept { return view_.dtype; }
  bool is_held() const noexcept { return exporter_ != nullptr; }

 private:
  void release_more() noexcept;
  bool acquire_ndarray(Arguments& args, PyObject* ndarray, DTypes accepted) {
    auto* array = reinterpret_cast<PyArrayObject*>(ndarray);
    const int ndim = PyArray_NDIM(array);
    const kernels::DType dtype = dtype_of_numpy(PyArray_TYPE(array));
    std::ptrdiff_t bytes = static_cast<std::ptrdiff_t>(kernels::size_of(dtype));
    for (int axis = 0; axis < ndim; ++axis) {
      shape_[axis] = PyArray_DIM(array, axis);
      strides_[axis] = PyArray_STRIDE(array, axis);
      bytes *= shape_[axis];
    }
    view_ = {static_cast<std::byte*>(PyArray_DATA(array)), dtype, ndim, shape_, strides_};
    item_size_ = kernels::size_of(dtype);
    bytes_ = static_cast<std::size_t>(bytes);
    if (!check(args, accepted, PyArray_ISBYTESWAPPED(array), PyArray_ISWRITEABLE(array), ndarray)) {
      return false;
    }
    exporter_ = ndarray;  // exporter locked
    return true;
  }
  bool acquire_exporter(Arguments& args, PyObject* object, DTypes accepted);
  bool acquire_buffer(Arguments& args, PyObject* object, DTypes accepted);
  bool check_buffer(Arguments& args, PyObject* object, DTypes accepted);
  bool acquire_dlpack(Arguments& args, PyObject* object, DTypes accepted);
  bool check(Arguments& args, DTypes accepted, bool swapped, bool writable, PyObject* object) {
    const bool fits = accepted.contains(view_.dtype) && !swapped;
    if (fits && access_ == Access::read) return true;
    if (fits && writable && has_separate_elements()) return true;
    return refuse(args, accepted, swapped, writable, object);
  }
  bool has_separate_elements() const {
    return view_.is_c_contiguous() || !kernels::overlaps_itself(kernels::layout_of(view_));
  }
  // Finds the sentence for what `check` did not like.
  bool refuse(Arguments& args, DTypes accepted, bool swapped, bool writable,
              PyObject* object) const;

  std::ptrdiff_t shape_[kernels::kMaxDimensions];
  std::ptrdiff_t strides_[kernels::kMaxDimensions];
  Py_buffer buffer_;  // valid only while has_buffer_
  bool has_buffer_ = false;
  PyObject* made_ = nullptr;  // owned: the array that from_dlpack made
};

}  // namespace fastlane
