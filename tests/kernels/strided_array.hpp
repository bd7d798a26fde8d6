// Arrays for kernel tests: any shape, axis order, step, direction and misalignment, filled and read
// in the order of C indices. Memory between the elements is filled with a pattern that
// `gaps_untouched` checks, so that a kernel that writes beside its elements is found.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <random>
#include <type_traits>
#include <vector>

#include "kernels/array_view.hpp"

namespace fastlane::kernels::testing {

struct Layout {
  std::vector<std::ptrdiff_t> shape;
  std::vector<std::size_t> axes;     // outermost in memory first; empty: C order
  std::vector<std::ptrdiff_t> step;  // per axis: 1 packed, 2 every second, -1 backwards, 0 repeated
  std::size_t offset = 0;            // bytes off alignment
};

template <class T>
class StridedArray {
 public:
  using Stored = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;

  explicit StridedArray(Layout layout) : shape_(std::move(layout.shape)) {
    const std::size_t ndim = shape_.size();
    if (layout.axes.empty()) {
      layout.axes.resize(ndim);
      std::iota(layout.axes.begin(), layout.axes.end(), std::size_t{0});
    }
    if (layout.step.empty()) layout.step.assign(ndim, 1);
    strides_.assign(ndim, 0);
    std::ptrdiff_t span = sizeof(T);
    std::ptrdiff_t origin = 0;
    for (std::size_t i = ndim; i-- > 0;) {
      const std::size_t axis = layout.axes[i];
      const std::ptrdiff_t step = layout.step[axis];
      strides_[axis] = span * step;
      if (step < 0) origin += (std::max<std::ptrdiff_t>(shape_[axis], 1) - 1) * span * -step;
      if (step != 0) span *= std::max<std::ptrdiff_t>(shape_[axis], 1) * std::abs(step);
    }
    memory_.assign(static_cast<std::size_t>(span) + layout.offset + 64, kGap);
    const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
    first_ = (64 - address % 64) % 64 + layout.offset;
    memory_.resize(memory_.size() + 64, kGap);
    const auto moved = reinterpret_cast<std::uintptr_t>(memory_.data());
    first_ = (64 - moved % 64) % 64 + layout.offset + static_cast<std::size_t>(origin);
  }

  ArrayView view() {
    ArrayView view;
    view.data = memory_.data() + first_;
    view.dtype = dtype_of<T>();
    view.ndim = static_cast<int>(shape_.size());
    view.shape = shape_.data();
    view.strides = strides_.data();
    return view;
  }

  std::size_t size() { return view().size(); }

  void fill(const std::vector<T>& values) {
    std::size_t next = 0;
    each([&](std::byte* place) {
      const Stored value = values[next++];
      std::memcpy(place, &value, sizeof(T));
    });
  }

  std::vector<T> values() {
    std::vector<T> result;
    each([&](const std::byte* place) {
      Stored value;
      std::memcpy(&value, place, sizeof(T));
      result.push_back(static_cast<T>(value));
    });
    return result;
  }

  bool gaps_untouched() {
    std::vector<bool> owned(memory_.size(), false);
    each([&](const std::byte* place) {
      const auto at = static_cast<std::size_t>(place - memory_.data());
      for (std::size_t i = 0; i < sizeof(T); ++i) owned[at + i] = true;
    });
    for (std::size_t i = 0; i < memory_.size(); ++i) {
      if (!owned[i] && memory_[i] != kGap) return false;
    }
    return true;
  }

 private:
  static constexpr std::byte kGap{0xA5};

  template <class Visit>
  void each(Visit&& visit) {
    const std::size_t count = size();
    std::vector<std::ptrdiff_t> index(shape_.size(), 0);
    for (std::size_t i = 0; i < count; ++i) {
      std::byte* place = memory_.data() + first_;
      for (std::size_t axis = 0; axis < shape_.size(); ++axis) {
        place += index[axis] * strides_[axis];
      }
      visit(place);
      for (std::size_t axis = shape_.size(); axis-- > 0;) {
        if (++index[axis] < shape_[axis]) break;
        index[axis] = 0;
      }
    }
  }

  std::vector<std::ptrdiff_t> shape_;
  std::vector<std::ptrdiff_t> strides_;
  std::vector<std::byte> memory_;
  std::size_t first_ = 0;
};

// A layout of the given shape with axis order, steps and misalignment drawn at random. With
// `writable` no element is repeated.
inline Layout random_layout(std::mt19937_64& random, std::vector<std::ptrdiff_t> shape,
                            bool writable) {
  Layout layout;
  layout.shape = std::move(shape);
  layout.axes.resize(layout.shape.size());
  std::iota(layout.axes.begin(), layout.axes.end(), std::size_t{0});
  if (random() % 3 == 0) std::shuffle(layout.axes.begin(), layout.axes.end(), random);
  for (std::size_t axis = 0; axis < layout.shape.size(); ++axis) {
    static constexpr std::ptrdiff_t kSteps[] = {1, 1, 1, -1, 2, -3, 5, 0};
    layout.step.push_back(kSteps[random() % (writable ? 7 : 8)]);
  }
  layout.offset = random() % 3 == 0 ? random() % 8 : 0;
  return layout;
}

// Between no and four dimensions, with about `most` elements at most.
inline std::vector<std::ptrdiff_t> random_shape(std::mt19937_64& random, std::ptrdiff_t most) {
  std::vector<std::ptrdiff_t> shape;
  const std::size_t ndim = random() % 5;
  for (std::size_t axis = 0; axis < ndim && most > 0; ++axis) {
    const bool small = random() % 2 == 0;
    const auto limit = static_cast<std::uint64_t>(small ? std::min<std::ptrdiff_t>(most, 8) : most);
    shape.push_back(static_cast<std::ptrdiff_t>(random() % (limit + 1)));
    most /= std::max<std::ptrdiff_t>(shape.back(), 1);
  }
  std::shuffle(shape.begin(), shape.end(), random);
  return shape;
}

}  // namespace fastlane::kernels::testing
