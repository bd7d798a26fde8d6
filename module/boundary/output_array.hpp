// Where a result goes whose shape is known before the kernel runs: into the caller's `out=`, into
// memory of the caller's `arena=`, or into a fresh array. Large fresh results take their memory
// from the default arena, because the page faults of new memory cost more than most kernels.
#pragma once

#include <Python.h>

#include <optional>

#include "kernels/arena.hpp"
#include "module/boundary/arguments.hpp"
#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/new_array.hpp"

namespace fastlane {

// From this size on NumPy too asks the system for fresh pages every time.
inline constexpr std::size_t kWorthRecycling = std::size_t{4} << 20;

class OutputArray {
 public:
  OutputArray() noexcept = default;
  OutputArray(const OutputArray&) = delete;
  OutputArray& operator=(const OutputArray&) = delete;

  // `out_arg` and `arena_arg` are borrowed and may be null. False with an exception set.
  bool prepare(Arguments& args, PyObject* out_arg, PyObject* arena_arg, kernels::DType dtype,
               int ndim, const std::ptrdiff_t* shape) {
    return prepare(args, out_arg, arena_arg, dtype, ndim, shape, DTypes{dtype});
  }

  // The same for a kernel that converts what it writes: `out=` may be one of several types.
  bool prepare(Arguments& args, PyObject* out_arg, PyObject* arena_arg, kernels::DType dtype,
               int ndim, const std::ptrdiff_t* shape, DTypes out_dtypes) {
    return out_arg == nullptr ? allocate(args, arena_arg, dtype, ndim, shape)
                              : borrow(args, out_arg, arena_arg, out_dtypes, ndim, shape);
  }

  // C-contiguous, except when the caller's `out=` is not.
  const kernels::ArrayView& view() const noexcept {
    return out_.is_held() ? out_.view() : fresh_.view();
  }

  // New reference: to the new array, or to the caller's own.
  PyObject* finish() noexcept {
    if (!out_.is_held()) return fresh_.transfer();
    PyObject* array = Py_NewRef(out_arg_);  // new
    out_.release();                         // exporter unlocked
    return array;
  }

 private:
  bool allocate(Arguments& args, PyObject* arena_arg, kernels::DType dtype, int ndim,
                const std::ptrdiff_t* shape);
  [[gnu::noinline]] bool borrow(Arguments& args, PyObject* out_arg, PyObject* arena_arg,
                                DTypes dtypes, int ndim, const std::ptrdiff_t* shape);

  PyObject* out_arg_ = nullptr;  // borrowed from args
  BorrowedArray out_;
  NewArray fresh_;
};

// An array around a block, which goes back to its arena with the last view. New reference, or null
// with an exception set. May throw bad_alloc.
PyObject* array_around_block(ModuleState& state, kernels::Block&& block, kernels::DType dtype,
                             int ndim, const std::ptrdiff_t* shape);

// An array in memory of `arena`. New reference, or null with an exception set. May throw bad_alloc.
PyObject* array_in_arena(ModuleState& state, kernels::Arena& arena, PyObject* descr, int ndim,
                         const std::ptrdiff_t* shape);

}  // namespace fastlane
