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
  // may give an ndarray a different shape while this one computes. Written into each caller: for
  // one row of an exact ndarray it is a few loads and stores.
  [[gnu::always_inline]] bool acquire(Arguments& args, const char* argument, PyObject* object,
                                      DTypes accepted, Access access = Access::read) {
    argument_ = argument;
    access_ = access;
    const bool held = Py_IS_TYPE(object, &PyArray_Type) ? acquire_ndarray(args, object, accepted)
                                                        : acquire_exporter(args, object, accepted);
    if (held) args.borrows().add(*this);
    return held;
  }
  void release() noexcept {
    if (road_ != Road::direct) [[unlikely]]
      release_more();
    exporter_ = nullptr;  // exporter unlocked
  }

  kernels::DType dtype() const noexcept { return view_.dtype; }
  bool is_held() const noexcept { return exporter_ != nullptr; }

 private:
  enum class Road : std::uint8_t { direct, buffer, dlpack };

  void release_more() noexcept;
  [[gnu::always_inline]] bool acquire_ndarray(Arguments& args, PyObject* ndarray, DTypes accepted) {
    auto* array = reinterpret_cast<PyArrayObject*>(ndarray);
    const kernels::DType dtype = dtype_of_numpy(PyArray_TYPE(array));
    view_ = {static_cast<std::byte*>(PyArray_DATA(array)), dtype, PyArray_NDIM(array), shape_,
             strides_};
    item_size_ = kernels::size_of(dtype);
    if (view_.ndim == 1) [[likely]] {
      shape_[0] = PyArray_DIM(array, 0);
      strides_[0] = PyArray_STRIDE(array, 0);
      bytes_ = static_cast<std::size_t>(shape_[0]) * item_size_;
    } else {
      copy_layout(PyArray_DIMS(array), PyArray_STRIDES(array));
    }
    if (!check(args, accepted, PyArray_ISBYTESWAPPED(array), PyArray_ISWRITEABLE(array), ndarray)) {
      return false;
    }
    exporter_ = ndarray;  // exporter locked
    return true;
  }
  void copy_layout(const npy_intp* shape, const npy_intp* strides) noexcept;
  [[gnu::noinline]] bool acquire_exporter(Arguments& args, PyObject* object, DTypes accepted);
  bool acquire_buffer(Arguments& args, PyObject* object, DTypes accepted);
  bool check_buffer(Arguments& args, PyObject* object, DTypes accepted);
  bool acquire_dlpack(Arguments& args, PyObject* object, DTypes accepted);
  [[gnu::always_inline]] bool check(Arguments& args, DTypes accepted, bool swapped, bool writable,
                                    PyObject* object) {
    const bool fits = accepted.contains(view_.dtype) && !swapped;
    if (fits && access_ == Access::read) return true;
    if (fits && writable && has_separate_elements()) return true;
    return refuse(args, accepted, swapped, writable, object);
  }
  bool has_separate_elements() const;
  // Finds the sentence for what `check` did not like.
  bool refuse(Arguments& args, DTypes accepted, bool swapped, bool writable,
              PyObject* object) const;

  Road road_ = Road::direct;
  PyObject* made_;    // owned, valid only on the road of DLPack: the array that from_dlpack made
  Py_buffer buffer_;  // valid only on the road of the buffer protocol
  std::ptrdiff_t shape_[kernels::kMaxDimensions];
  std::ptrdiff_t strides_[kernels::kMaxDimensions];
};

}  // namespace fastlane
