// An output whose shape is known before the kernel runs: NumPy allocates it, the kernel fills it.
// Read next: moved_array.hpp, for outputs whose size only the kernel knows.
#pragma once

#include <Python.h>

#include <initializer_list>

#include "kernels/array_view.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/state.hpp"

namespace fastlane {

// Stands for   PyObject* a = PyArray_SimpleNew(ndim, shape, type);  ...  Py_DECREF(a);
class NewArray {
 public:
  NewArray() noexcept = default;
  NewArray(const NewArray&) = delete;
  NewArray& operator=(const NewArray&) = delete;

  // A C-contiguous array with undefined elements, `bytes` of them together; a few of them lie in
  // memory of our own. False with an exception set on failure.
  bool allocate(ModuleState& state, kernels::DType dtype, int ndim, const std::ptrdiff_t* shape,
                std::ptrdiff_t bytes);

  // Takes over a new reference to an ndarray that was made elsewhere, with elements of `dtype`.
  void own(PyObject* array, kernels::DType dtype) noexcept;

  const kernels::ArrayView& view() const noexcept { return view_; }
  template <class T>
  T* data() const noexcept {
    return reinterpret_cast<T*>(view_.data);
  }
  // New reference for the caller.
  [[nodiscard]] PyObject* transfer() noexcept { return array_.transfer(); }

 private:
  OwnedRef array_;
  kernels::ArrayView view_;
};

}  // namespace fastlane
