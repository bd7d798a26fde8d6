// What is searched for: the needle in the haystack's own code points, and the two of its code
// points that a scan looks for first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <type_traits>
#include <vector>

#include "kernels/text/scan.hpp"

namespace fastlane::kernels::text {

// A needle of another kind is rewritten, not the haystack. One with a code point that the
// haystack's kind cannot hold does not fit: it occurs nowhere. Contract: the original outlives
// this; may throw bad_alloc.
template <class T>
class FittedNeedle {
 public:
  template <class N>
  explicit FittedNeedle(std::span<const N> original) {  // NOLINT(*-member-init): short_ stays open
    if constexpr (std::is_same_v<N, T>) {
      points_ = original;
    } else {
      if constexpr (sizeof(N) > sizeof(T)) {
        for (N point : original) fits_ = fits_ && point <= std::numeric_limits<T>::max();
        if (!fits_) return;
      }
      T* rewritten = short_.data();
      if (original.size() > short_.size()) {
        long_.resize(original.size());
        rewritten = long_.data();
      }
      points_ = {rewritten, original.size()};
      for (N point : original) *rewritten++ = static_cast<T>(point);
    }
  }
  FittedNeedle(const FittedNeedle&) = delete;
  FittedNeedle& operator=(const FittedNeedle&) = delete;

  bool fits() const noexcept { return fits_; }
  std::span<const T> points() const noexcept { return points_; }

 private:
  std::span<const T> points_;
  std::array<T, 32> short_;
  std::vector<T> long_;
  bool fits_ = true;
};

// needle[offset] == first, needle[offset + distance] == second.
template <class T>
struct Anchors {
  std::size_t offset;
  std::size_t distance;
  T first;
  T second;
};

// The pair of code points that lets through the fewest places of this very text, as far as a sample
// of a long one tells; in a short text, the ends of the needle. Contract: needle.size() >= 2; reads
// a few KiB of the text; never allocates, never throws.
template <class T>
Anchors<T> choose_anchors(const Scan<T>& scan, std::span<const T> text, std::span<const T> needle);

}  // namespace fastlane::kernels::text
