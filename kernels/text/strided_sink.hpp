// Bytes written one after the other to elements that do not lie side by side, in C order.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "kernels/array_view.hpp"

namespace fastlane::kernels::text {

class StridedSink {
 public:
  // Contract: elements of one byte; the view outlives this; never allocates, never throws.
  explicit StridedSink(const ArrayView& view) noexcept : view_(view), at_(view.data) {
    index_.fill(0);
  }

  // Contract: there is room for the bytes behind those that were written.
  void write(std::span<const std::byte> bytes) noexcept {
    for (std::byte byte : bytes) {
      *at_ = byte;
      for (int axis = view_.ndim - 1; axis >= 0; --axis) {
        at_ += view_.strides[axis];
        std::ptrdiff_t& index = index_[static_cast<std::size_t>(axis)];
        if (++index < view_.shape[axis]) break;
        at_ -= view_.strides[axis] * index;
        index = 0;
      }
    }
  }

 private:
  ArrayView view_;
  std::byte* at_;
  std::array<std::ptrdiff_t, kMaxDimensions> index_;
};

}  // namespace fastlane::kernels::text
