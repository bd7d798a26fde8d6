// Walks any number of views of one shape together, in pieces that the caller chooses, and copies
// pieces of a view to and from contiguous memory. The order of the elements is the one that suits
// the first view, so that is the one that is written. See kernels/runs.hpp for what is done to the
// dimensions.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "kernels/array_view.hpp"
#include "kernels/expression/short_array.hpp"

namespace fastlane::kernels::expression {

class Walk {
 public:
  // Contract: at least one view, all of one shape, which outlive the walk. Allocates for many
  // views.
  explicit Walk(std::span<const ArrayView* const> views);

  std::size_t remaining() const { return remaining_; }

  // How many elements are left until some view has to jump.
  std::size_t left_in_run() const { return run_ - index_[last_]; }
  std::size_t run_length() const { return run_; }

  // Of one view: where the next element is, and the distance to the one after it within the run.
  std::byte* at(std::size_t view) const { return places_[view]; }
  std::ptrdiff_t stride(std::size_t view) const { return strides_[view * kMaxDimensions + last_]; }
  bool is_one_element(std::size_t view) const;  // all strides are zero

  // Copies the next `count` elements of a view to `target` without gaps, or back. They may lie in
  // several runs; the walk stays where it is.
  void collect(std::size_t view, std::byte* target, std::size_t count) const;
  void distribute(std::size_t view, const std::byte* source, std::size_t count) const;

  // Contract: count <= remaining().
  void advance(std::size_t count);

 private:
  static constexpr std::size_t kViewsWithoutAllocation = 8;

  void order_axes();
  void merge_axes();
  bool lies_outside(std::size_t left, std::size_t right) const;
  void swap_axes(std::size_t left, std::size_t right);

  template <class Move>
  void each_piece(std::size_t view, std::size_t count, Move&& move) const;

  std::ptrdiff_t& stride_of(std::size_t view, std::size_t axis) {
    return strides_[view * kMaxDimensions + axis];
  }
  std::ptrdiff_t stride_of(std::size_t view, std::size_t axis) const {
    return strides_[view * kMaxDimensions + axis];
  }

  std::span<const ArrayView* const> views_;
  std::size_t ndim_ = 0;
  std::size_t last_ = 0;  // the innermost axis
  std::size_t run_ = 1;
  std::size_t remaining_ = 1;
  std::array<std::size_t, kMaxDimensions> shape_;
  std::array<std::size_t, kMaxDimensions> index_;
  ShortArray<std::ptrdiff_t, kViewsWithoutAllocation * kMaxDimensions> strides_;
  ShortArray<std::byte*, kViewsWithoutAllocation> places_;
};

}  // namespace fastlane::kernels::expression
