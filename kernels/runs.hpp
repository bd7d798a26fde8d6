// Cuts array views into one-dimensional runs: pointer, count, stride.
// Dimensions of length one are dropped and neighbours merged; where the order of the elements does
// not matter, axes are also turned forwards and sorted so that memory is walked in rising order.
// Works on copies of shape and strides, never allocates, never touches an element.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/array_view.hpp"

namespace fastlane::kernels {

enum class RunOrder : std::uint8_t {
  any,   // elements may come in any order, each exactly once
  kept,  // elements come in the order of C indices
};

// One walk over `kViews` views of one shape. With RunOrder::any the first view decides the order of
// the axes, so the view that is written comes first.
// Contract: all views have the same ndim and shape; nothing is allocated; nothing is thrown.
template <std::size_t kViews>
class Runs {
 public:
  using Pointers = std::array<std::byte*, kViews>;
  using Strides = std::array<std::ptrdiff_t, kViews>;

  // The constructor leaves unused dimensions unset: they are never read, and setting them would
  // cost more than a small kernel. NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  explicit Runs(const std::array<const ArrayView*, kViews>& views, RunOrder order) {
    const ArrayView& first = *views[0];
    for (std::size_t v = 0; v < kViews; ++v) data_[v] = views[v]->data;
    for (int axis = 0; axis < first.ndim; ++axis) {
      if (first.shape[axis] == 0) empty_ = true;
      if (first.shape[axis] == 1) continue;
      shape_[ndim_] = first.shape[axis];
      for (std::size_t v = 0; v < kViews; ++v) strides_[ndim_][v] = views[v]->strides[axis];
      ++ndim_;
    }
    if (empty_) {
      ndim_ = 0;
      return;
    }
    if (order == RunOrder::any) {
      turn_forwards();
      sort_axes();
    }
    merge_axes();
  }

  bool empty() const { return empty_; }

  // Length of one run, and its strides in bytes: the same for all runs.
  std::ptrdiff_t run_length() const { return ndim_ == 0 ? (empty_ ? 0 : 1) : shape_[ndim_ - 1]; }
  Strides run_strides() const { return ndim_ == 0 ? Strides{} : strides_[ndim_ - 1]; }

  // The views are one run: the caller may handle data() and run_length() directly.
  bool is_single_run() const { return ndim_ <= 1; }
  const Pointers& data() const { return data_; }

  // Calls body(pointers, count, strides) for every run.
  template <class Body>
  void for_each(Body&& body) const {
    if (empty_) return;
    const std::ptrdiff_t length = run_length();
    const Strides run = run_strides();
    if (ndim_ <= 1) {
      body(data_, length, run);
      return;
    }
    std::array<std::ptrdiff_t, kMaxDimensions> index;
    const std::size_t outer = ndim_ - 1;
    for (std::size_t axis = 0; axis < outer; ++axis) index[axis] = 0;
    Pointers at = data_;
    while (true) {
      body(at, length, run);
      std::size_t axis = outer;
      while (axis != 0) {
        --axis;
        if (++index[axis] < shape_[axis]) {
          for (std::size_t v = 0; v < kViews; ++v) at[v] += strides_[axis][v];
          break;
        }
        if (axis == 0) return;
        index[axis] = 0;
        for (std::size_t v = 0; v < kViews; ++v) at[v] -= (shape_[axis] - 1) * strides_[axis][v];
      }
    }
  }

 private:
  static std::size_t distance(std::ptrdiff_t stride) {
    return stride < 0 ? std::size_t{0} - static_cast<std::size_t>(stride)
                      : static_cast<std::size_t>(stride);
  }

  void turn_forwards() {
    for (std::size_t axis = 0; axis < ndim_; ++axis) {
      Strides& strides = strides_[axis];
      std::size_t v = 0;
      while (v < kViews && strides[v] == 0) ++v;
      if (v == kViews || strides[v] > 0) continue;
      for (v = 0; v < kViews; ++v) {
        data_[v] += (shape_[axis] - 1) * strides[v];
        strides[v] = -strides[v];
      }
    }
  }

  // Does `left` belong outside `right`? The first view with different distances decides.
  static bool lies_outside(const Strides& left, const Strides& right) {
    for (std::size_t v = 0; v < kViews; ++v) {
      if (distance(left[v]) != distance(right[v])) return distance(left[v]) > distance(right[v]);
    }
    return false;
  }

  void sort_axes() {
    for (std::size_t axis = 1; axis < ndim_; ++axis) {
      const std::ptrdiff_t length = shape_[axis];
      const Strides strides = strides_[axis];
      std::size_t place = axis;
      while (place > 0 && lies_outside(strides, strides_[place - 1])) {
        shape_[place] = shape_[place - 1];
        strides_[place] = strides_[place - 1];
        --place;
      }
      shape_[place] = length;
      strides_[place] = strides;
    }
  }

  bool continues(std::size_t outer, std::size_t inner) const {
    for (std::size_t v = 0; v < kViews; ++v) {
      std::ptrdiff_t span = 0;
      if (__builtin_mul_overflow(strides_[inner][v], shape_[inner], &span)) return false;
      if (strides_[outer][v] != span) return false;
    }
    return true;
  }

  void merge_axes() {
    if (ndim_ < 2) return;
    std::size_t kept = 0;
    for (std::size_t axis = 1; axis < ndim_; ++axis) {
      if (continues(kept, axis)) {
        shape_[kept] *= shape_[axis];
      } else {
        ++kept;
        shape_[kept] = shape_[axis];
      }
      strides_[kept] = strides_[axis];
    }
    ndim_ = kept + 1;
  }

  std::size_t ndim_ = 0;
  bool empty_ = false;
  Pointers data_;
  std::array<std::ptrdiff_t, kMaxDimensions> shape_;
  std::array<Strides, kMaxDimensions> strides_;
};

// A view with some indices of one axis taken away, for work that is divided among threads.
// Holds its own shape; shares the strides with the view that it was cut from.
class Slab {
 public:
  // Contract: 0 <= first, first + count <= view.shape[axis]; nothing is thrown.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  Slab(const ArrayView& view, int axis, std::ptrdiff_t first, std::ptrdiff_t count) : view_(view) {
    for (int i = 0; i < view.ndim; ++i) shape_[static_cast<std::size_t>(i)] = view.shape[i];
    shape_[static_cast<std::size_t>(axis)] = count;
    if (count != 0) view_.data += first * view.strides[axis];
    view_.shape = shape_.data();
  }
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  const ArrayView& view() const { return view_; }

  // The axis to cut: the outermost of the longest ones; -1 when there is none.
  static int axis_to_cut(const ArrayView& view) {
    int longest = -1;
    for (int axis = 0; axis < view.ndim; ++axis) {
      if (longest < 0 || view.shape[axis] > view.shape[longest]) longest = axis;
    }
    return longest;
  }

 private:
  ArrayView view_;
  std::array<std::ptrdiff_t, kMaxDimensions> shape_;
};

}  // namespace fastlane::kernels
