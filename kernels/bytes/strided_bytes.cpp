// Walks a view in C order, whole runs at a time.
#include "kernels/bytes/strided_bytes.hpp"

#include <algorithm>
#include <cstring>

namespace fastlane::kernels {
namespace {

// The common element sizes are copied by single moves.
template <std::size_t kBytes>
void gather(const std::byte* from, std::ptrdiff_t stride, std::size_t count,
            std::byte* to) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    std::memcpy(to, from, kBytes);
    to += kBytes;
    from += stride;
  }
}

void gather_runs(const std::byte* from, std::ptrdiff_t stride, std::size_t count, std::size_t run,
                 std::byte* to) noexcept {
  switch (run) {
    case 1:
      return gather<1>(from, stride, count, to);
    case 2:
      return gather<2>(from, stride, count, to);
    case 4:
      return gather<4>(from, stride, count, to);
    case 8:
      return gather<8>(from, stride, count, to);
    default:
      for (std::size_t i = 0; i < count; ++i) {
        std::memcpy(to, from, run);
        to += run;
        from += stride;
      }
  }
}

}  // namespace

// Axes beyond ndim_ stay unset: they are never read.  NOLINTNEXTLINE(*-member-init)
StridedBytes::StridedBytes(const ArrayView& view, std::size_t item_size) noexcept
    : data_(view.data), run_(item_size) {
  size_ = view.size() * item_size;
  if (size_ == 0) return;
  for (int axis = 0; axis < view.ndim; ++axis) {
    if (view.shape[axis] == 1) continue;
    const Axis inner = {static_cast<std::size_t>(view.shape[axis]), view.strides[axis]};
    const bool continues =
        ndim_ > 0 &&
        axes_[ndim_ - 1].stride == inner.stride * static_cast<std::ptrdiff_t>(inner.length);
    if (continues) {
      axes_[ndim_ - 1] = {axes_[ndim_ - 1].length * inner.length, inner.stride};
    } else {
      axes_[ndim_++] = inner;
    }
  }
  if (ndim_ > 0 && axes_[ndim_ - 1].stride == static_cast<std::ptrdiff_t>(run_)) {
    run_ *= axes_[--ndim_].length;
  }
  if (ndim_ == 0) axes_[ndim_++] = {1, 0};
}

void StridedBytes::copy(std::size_t offset, std::span<std::byte> out) const noexcept {
  if (out.empty()) return;
  std::byte* to = out.data();
  std::size_t left = out.size();
  std::size_t within = offset % run_;
  std::array<std::size_t, kMaxDimensions> index;
  const std::byte* at = data_;
  std::size_t run_index = offset / run_;
  for (std::size_t axis = ndim_; axis-- > 0;) {
    index[axis] = run_index % axes_[axis].length;
    run_index /= axes_[axis].length;
    at += static_cast<std::ptrdiff_t>(index[axis]) * axes_[axis].stride;
  }

  const Axis last = axes_[ndim_ - 1];
  while (true) {
    // What is left of the innermost axis: a broken run, whole runs, a broken run.
    if (within != 0 || left < run_) {
      const std::size_t part = std::min(run_ - within, left);
      std::memcpy(to, at + within, part);
      to += part;
      left -= part;
      within += part;
      if (left == 0) return;
      within = 0;
      at += last.stride;
      ++index[ndim_ - 1];
    }
    const std::size_t whole = std::min(left / run_, last.length - index[ndim_ - 1]);
    gather_runs(at, last.stride, whole, run_, to);
    to += whole * run_;
    left -= whole * run_;
    if (left == 0) return;
    at += static_cast<std::ptrdiff_t>(whole) * last.stride;
    index[ndim_ - 1] += whole;
    for (std::size_t axis = ndim_ - 1; axis > 0 && index[axis] == axes_[axis].length; --axis) {
      at += axes_[axis - 1].stride -
            static_cast<std::ptrdiff_t>(axes_[axis].length) * axes_[axis].stride;
      index[axis] = 0;
      ++index[axis - 1];
    }
  }
}

}  // namespace fastlane::kernels
