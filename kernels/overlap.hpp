// Decides whether two strided layouts share a byte, and whether one layout meets itself.
// The decision is exact: a bounded linear Diophantine equation is solved. Its work is limited, and
// past the limit the answer is `undecided`, which every caller that protects memory reads as yes.
// Nothing here looks at the memory itself. Read next: kernels/ledger.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/array_view.hpp"

namespace fastlane::kernels {

// An array without its type: where it is and how it walks. `data` is the element with all indices
// zero; `shape` and `strides` (bytes) have `ndim` entries, at most kMaxDimensions.
struct Layout {
  const void* data = nullptr;
  std::size_t item_size = 0;
  int ndim = 0;
  const std::ptrdiff_t* shape = nullptr;
  const std::ptrdiff_t* strides = nullptr;
};

inline Layout layout_of(const ArrayView& view) {
  return {view.data, view.item_size(), view.ndim, view.shape, view.strides};
}

// The set of bytes that a layout covers, in its simplest form: strides positive and falling, axes
// that repeat or continue one another joined. A contiguous array is one run without axes.
struct Footprint {
  struct Axis {
    std::int64_t stride;
    std::int64_t steps;  // positions after the first, at least one
  };

  std::uintptr_t low = 0;   // first byte
  std::uintptr_t high = 0;  // one past the last byte; equal to `low` when there are no bytes
  std::int64_t run = 0;     // bytes at each position
  int ndim = 0;
  bool exact = true;  // false: the strides leave the address space, so every address may be meant
  std::array<Axis, kMaxDimensions> axes;  // the first `ndim` are set

  bool empty() const noexcept { return low == high; }

  // Copies the axes that are set, not the room for all that could be.
  Footprint() noexcept {}  // NOLINT: `axes` stays unset on purpose
  Footprint(const Footprint& other) noexcept;
  Footprint& operator=(const Footprint& other) noexcept;
};

enum class Overlap : std::uint8_t { disjoint, overlapping, undecided };

// Positions looked at before the answer is `undecided`: below a millisecond.
inline constexpr std::uint64_t kOverlapWork = std::uint64_t{1} << 15;

// Any layout, also one whose strides leave the address space. Does not allocate or throw.
Footprint footprint(const Layout& layout) noexcept;

// Do the two sets have a byte in common? Does not allocate or throw.
Overlap overlap(const Footprint& a, const Footprint& b, std::uint64_t work = kOverlapWork) noexcept;
Overlap overlap(const Layout& a, const Layout& b, std::uint64_t work = kOverlapWork) noexcept;

// Do two different elements of the layout share a byte? Does not allocate or throw.
Overlap overlap_within(const Layout& layout, std::uint64_t work = kOverlapWork) noexcept;

// The answers as one who protects memory reads them.
inline bool overlaps(const Layout& a, const Layout& b) noexcept {
  return overlap(a, b) != Overlap::disjoint;
}
inline bool overlaps_itself(const Layout& layout) noexcept {
  return overlap_within(layout) != Overlap::disjoint;
}

}  // namespace fastlane::kernels
