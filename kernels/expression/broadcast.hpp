// Views of different shapes as views of one shape, by NumPy's rules: shapes are aligned at their
// last axes, and what has length one or is missing is repeated with a stride of zero.
#pragma once

#include <array>
#include <cstddef>

#include "kernels/array_view.hpp"

namespace fastlane::kernels::expression {

class Broadcast {
 public:
  // The common shape is that of no axes until the first view. NOLINTNEXTLINE(*-member-init)
  Broadcast() noexcept {}

  // Widens the common shape so that it takes this view in. False when they do not fit.
  bool join(const ArrayView& view);

  int ndim() const { return ndim_; }
  const std::ptrdiff_t* shape() const { return shape_.data(); }

  // The view in the common shape. Contract: the view was joined; `strides` has room for ndim(); the
  // result refers to this object, and to `strides` or to the view's own.
  ArrayView expanded(const ArrayView& view, std::ptrdiff_t* strides) const;

 private:
  int ndim_ = 0;
  std::array<std::ptrdiff_t, kMaxDimensions> shape_;
};

}  // namespace fastlane::kernels::expression
