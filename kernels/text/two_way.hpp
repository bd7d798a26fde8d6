// Crochemore and Perrin's two-way search: linear whatever the needle and the text are made of.
// The scan in search.cpp is faster on text; this takes over where its anchors are everywhere.
// kStep -1 reads needle and text from their ends, for searches that want the last match.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/checkpoint.hpp"

namespace fastlane::kernels::text {

// A span that can be read from either end.
template <class T, int kStep>
class Reading {
 public:
  explicit Reading(std::span<const T> points)
      : start_(kStep > 0 || points.empty() ? points.data() : points.data() + points.size() - 1),
        size_(points.size()) {}
  T operator[](std::size_t index) const {
    return start_[kStep * static_cast<std::ptrdiff_t>(index)];
  }
  std::size_t size() const { return size_; }

 private:
  const T* start_;
  std::size_t size_;
};

template <class T, int kStep>
class TwoWay {
 public:
  static constexpr std::size_t kNone = ~std::size_t{0};

  // Contract: the needle is not empty and outlives this; never allocates; throws what the
  // checkpoint throws.
  TwoWay(std::span<const T> needle, Checkpoint& checkpoint)
      : needle_(needle), checkpoint_(checkpoint) {
    factorize();
    fill_shifts();
  }

  // The first match at `from` or behind it, in the direction of reading; kNone when there is none.
  // Contract: never allocates; throws what the checkpoint throws.
  std::size_t find(std::span<const T> text, std::size_t from) const {
    const Reading<T, kStep> points(text);
    const std::size_t length = needle_.size();
    std::size_t memory = 0;  // how much of the needle's front is known to match
    std::size_t steps = 0;
    for (std::size_t end = from + length; end <= points.size();) {
      if (++steps % kStepsPerCheckpoint == 0) checkpoint_.spend(kStepsPerCheckpoint * 16);
      const std::size_t shift = shifts_[slot_of(points[end - 1])];
      if (shift != 0) {
        // The mismatch stands at the last place, so the front that is known is of no use any more.
        end += std::max(shift, std::max(cut_, memory) - cut_ + 1);
        memory = 0;
        continue;
      }
      const std::size_t start = end - length;
      const std::size_t right = first_difference(points, start, std::max(cut_, memory), length);
      if (right != length) {
        end += std::max(right - cut_ + 1, gap_);
        memory = 0;
        continue;
      }
      if (first_difference(points, start, memory, cut_) == cut_ || memory >= cut_) return start;
      if (is_periodic_) {
        end += period_;
        memory = length - period_;
      } else {
        end += std::max(period_, gap_);
      }
    }
    return kNone;
  }

 private:
  static constexpr std::size_t kStepsPerCheckpoint = 4096;
  static constexpr std::size_t kSlots = 256;
  static std::size_t slot_of(T point) { return static_cast<std::size_t>(point) % kSlots; }

  // The first place in [from, to) where needle and text differ, or `to`.
  std::size_t first_difference(const Reading<T, kStep>& points, std::size_t start, std::size_t from,
                               std::size_t to) const {
    constexpr std::size_t kPiece = std::size_t{64} << 10;
    std::size_t at = from;
    while (at < to) {
      const std::size_t piece_end = std::min(to, at + kPiece);
      while (at < piece_end && needle_[at] == points[start + at]) ++at;
      if (at < piece_end) return at;
      if (piece_end < to) checkpoint_.spend(kPiece * sizeof(T));
    }
    return std::max(at, to);
  }

  struct Suffix {
    std::size_t start;
    std::size_t period;
  };

  // The suffix that comes last in the alphabet's order, or in the reverse order, and its period.
  Suffix maximal_suffix(bool reversed_order) {
    const std::size_t length = needle_.size();
    std::size_t best = 0;
    std::size_t candidate = 1;
    std::size_t offset = 0;
    std::size_t period = 1;
    for (std::size_t steps = 1; candidate + offset < length; ++steps) {
      if (steps % (kStepsPerCheckpoint * 16) == 0) checkpoint_.spend(kStepsPerCheckpoint * 64);
      const T a = needle_[candidate + offset];
      const T b = needle_[best + offset];
      if (reversed_order ? b < a : a < b) {
        candidate += offset + 1;
        offset = 0;
        period = candidate - best;
      } else if (a == b) {
        if (++offset == period) {
          candidate += period;
          offset = 0;
        }
      } else {
        best = candidate++;
        offset = 0;
        period = 1;
      }
    }
    return {best, period};
  }

  void factorize() {
    const Suffix in_order = maximal_suffix(false);
    const Suffix in_reverse = maximal_suffix(true);
    const Suffix critical = in_order.start > in_reverse.start ? in_order : in_reverse;
    const std::size_t length = needle_.size();
    cut_ = critical.start;
    period_ = critical.period;
    is_periodic_ = cut_ + period_ <= length;
    for (std::size_t at = 0; is_periodic_ && at < cut_; ++at) {
      is_periodic_ = needle_[at] == needle_[at + period_];
    }
    if (!is_periodic_) period_ = std::max(cut_, length - cut_) + 1;
  }

  // How far the window may move when a code point stands at its end: to where the needle has one of
  // the same slot. `gap_` is that distance once the needle's last code point has matched.
  void fill_shifts() {
    constexpr std::size_t kMostShift = 0xFFFF;
    const std::size_t length = needle_.size();
    shifts_.fill(static_cast<std::uint16_t>(std::min(length, kMostShift)));
    const std::size_t last_slot = slot_of(needle_[length - 1]);
    gap_ = length;
    for (std::size_t at = length - std::min(length, kMostShift); at + 1 < length; ++at) {
      const std::size_t distance = length - 1 - at;
      const std::size_t slot = slot_of(needle_[at]);
      shifts_[slot] = static_cast<std::uint16_t>(distance);
      if (slot == last_slot) gap_ = distance;
    }
    if (gap_ > kMostShift) gap_ = kMostShift;
    shifts_[last_slot] = 0;
  }

  Reading<T, kStep> needle_;
  Checkpoint& checkpoint_;
  std::size_t cut_ = 0;
  std::size_t period_ = 1;
  std::size_t gap_ = 1;
  bool is_periodic_ = false;
  std::array<std::uint16_t, kSlots> shifts_;
};

}  // namespace fastlane::kernels::text
