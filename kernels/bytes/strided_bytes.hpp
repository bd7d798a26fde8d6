// Bytes that do not lie in one piece, read in the order in which bytes() would write them.
// Copies any stretch into the caller's block; never makes the whole. Elements keep their size, and
// what they mean does not matter.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "kernels/array_view.hpp"

namespace fastlane::kernels {

class StridedBytes {
 public:
  // Contract: item_size > 0; the view's memory outlives this object, its shape need not; never
  // allocates, never throws.
  StridedBytes(const ArrayView& view, std::size_t item_size) noexcept;

  std::size_t size() const noexcept { return size_; }

  // Writes the bytes [offset, offset + out.size()) of the content.
  // Contract: offset + out.size() <= size(); never allocates, never throws.
  void copy(std::size_t offset, std::span<std::byte> out) const noexcept;

 private:
  struct Axis {
    std::size_t length;
    std::ptrdiff_t stride;
  };

  const std::byte* data_;
  std::size_t size_ = 0;
  std::size_t run_ = 0;   // bytes that lie side by side: an element, or many
  std::size_t ndim_ = 0;  // axes above the run, outermost first, at least one unless empty
  std::array<Axis, kMaxDimensions> axes_;
};

}  // namespace fastlane::kernels
