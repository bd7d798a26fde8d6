// Where a picture goes whose shape only its file knows: into the caller's `out=`, which is checked
// when the file has been read, or into memory of an arena that is moved out.
#pragma once

#include <Python.h>

#include <array>
#include <cstddef>

#include "kernels/arena.hpp"
#include "kernels/array_view.hpp"
#include "module/boundary/arguments.hpp"
#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/dtype.hpp"

namespace fastlane {

class PictureOutput {
 public:
  // Attached: `out_arg` and `arena_arg` are borrowed and may be null. False with an exception set.
  bool begin(Arguments& args, PyObject* out_arg, PyObject* arena_arg, DTypes accepted);

  // Detached: says what the result is to be. False when `out=` does not fit; `finish` then says
  // why. Throws bad_alloc.
  bool prepare(DType dtype, const std::array<std::ptrdiff_t, 3>& shape);
  const kernels::ArrayView& view() const noexcept { return view_; }

  // Workspace comes from here too.
  kernels::Arena& arena() const noexcept { return *arena_; }

  // Attached. New reference, or null with an exception set.
  PyObject* finish(PyObject* module, const char* function);
  // Instead of `finish`, when there is no result.
  void release() noexcept {
    if (out_.is_held()) out_.release();  // exporter unlocked
  }

 private:
  PyObject* refuse(PyObject* module, const char* function) const;

  PyObject* out_arg_ = nullptr;      // borrowed from args
  kernels::Arena* arena_ = nullptr;  // borrowed from args, or the default one
  BorrowedArray out_;
  kernels::Block block_;
  bool fits_ = true;
  std::array<std::ptrdiff_t, 3> shape_{};
  std::array<std::ptrdiff_t, 3> strides_{};
  kernels::ArrayView view_;
};

}  // namespace fastlane
