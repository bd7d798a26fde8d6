// See kernels/expression/broadcast.hpp.
#include "kernels/expression/broadcast.hpp"

#include <algorithm>

namespace fastlane::kernels::expression {

bool Broadcast::join(const ArrayView& view) {
  if (view.ndim > ndim_) {
    std::copy_backward(shape_.begin(), shape_.begin() + ndim_, shape_.begin() + view.ndim);
    std::fill_n(shape_.begin(), view.ndim - ndim_, 1);
    ndim_ = view.ndim;
  }
  std::ptrdiff_t* common = shape_.data() + (ndim_ - view.ndim);
  for (int axis = 0; axis < view.ndim; ++axis) {
    if (view.shape[axis] == common[axis] || view.shape[axis] == 1) continue;
    if (common[axis] != 1) return false;
    common[axis] = view.shape[axis];
  }
  return true;
}

ArrayView Broadcast::expanded(const ArrayView& view, std::ptrdiff_t* strides) const {
  if (view.ndim == ndim_ && std::equal(view.shape, view.shape + ndim_, shape_.begin())) return view;
  const int missing = ndim_ - view.ndim;
  std::fill_n(strides, missing, 0);
  for (int axis = 0; axis < view.ndim; ++axis) {
    const bool repeats = view.shape[axis] == 1;
    strides[missing + axis] = repeats ? 0 : view.strides[axis];
  }
  return {view.data, view.dtype, ndim_, shape_.data(), strides};
}

}  // namespace fastlane::kernels::expression
