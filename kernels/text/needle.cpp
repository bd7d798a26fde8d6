// Chooses anchors by counting them in a sample: frequencies of letters are not assumed, they are
// asked.
#include "kernels/text/needle.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>

namespace fastlane::kernels::text {
namespace {

constexpr std::size_t kWorthSampling = std::size_t{64} << 10;  // bytes of text
constexpr std::size_t kSlices = 8;
constexpr std::size_t kSliceLength = 128;
constexpr std::size_t kMostCandidates = 16;
constexpr std::size_t kWalkShare = 256;
constexpr std::size_t kSlots = 256;
constexpr std::size_t kRarest = 4;
constexpr std::size_t kMostDistance = 1024;  // both anchors are to be in the cache together

template <class T>
Anchors<T> anchors_at(std::span<const T> needle, std::size_t left, std::size_t right) {
  if (left > right) std::swap(left, right);
  return {left, right - left, needle[left], needle[right]};
}

// The last code point, and the first one that differs from it.
template <class T>
Anchors<T> anchors_at_ends(std::span<const T> needle) {
  const std::size_t last = needle.size() - 1;
  const std::size_t reach = std::min(last, kMostDistance);
  std::size_t left = last - reach;
  while (left < last && needle[left] == needle[last]) ++left;
  return anchors_at(needle, left == last ? last - reach : left, last);
}

template <class T>
class Sample {
 public:
  Sample(const Scan<T>& scan, std::span<const T> text) : scan_(scan), text_(text) {}

  std::size_t count(T value) const {
    std::size_t found = 0;
    for (std::size_t slice = 0; slice < kSlices; ++slice) {
      found += scan_.count_equal(start(slice, kSliceLength), kSliceLength, value);
    }
    return found;
  }

  std::size_t count(const Anchors<T>& anchors) const {
    const std::size_t reach = kSliceLength + anchors.distance;
    std::array<std::uint64_t, words_for(kSliceLength)> marks;
    std::size_t found = 0;
    for (std::size_t slice = 0; slice < kSlices; ++slice) {
      scan_.mark_pairs(start(slice, reach), kSliceLength, anchors.distance, anchors.first,
                       anchors.second, marks.data());
      for (std::uint64_t word : marks) found += static_cast<std::size_t>(std::popcount(word));
    }
    return found;
  }

 private:
  const T* start(std::size_t slice, std::size_t reach) const {
    return text_.data() + (text_.size() - reach) / (kSlices - 1) * slice;
  }

  const Scan<T>& scan_;
  std::span<const T> text_;
};

template <class T>
struct Candidate {
  std::size_t place;
  std::size_t count;
};

}  // namespace

template <class T>
Anchors<T> choose_anchors(const Scan<T>& scan, std::span<const T> text, std::span<const T> needle) {
  if (needle.size() == 2) return anchors_at(needle, 0, 1);
  if (text.size_bytes() < kWorthSampling) return anchors_at_ends(needle);
  const Sample<T> sample(scan, text);

  // The needle's different code points, the rarest first. Code points of one slot count as one, and
  // the walk may take a small part of the time that reading the text takes.
  std::array<Candidate<T>, kMostCandidates> candidates;
  std::size_t known = 0;
  std::bitset<kSlots> seen;
  const std::size_t walked = std::min(needle.size(), text.size_bytes() / kWalkShare);
  for (std::size_t place = 0; place < walked && known < kMostCandidates; ++place) {
    const std::size_t slot = needle[place] % kSlots;
    if (seen[slot]) continue;
    seen[slot] = true;
    candidates[known++] = {place, sample.count(needle[place])};
  }
  const std::size_t kept = std::min(known, kRarest);
  std::partial_sort(candidates.begin(), candidates.begin() + kept, candidates.begin() + known,
                    [](const auto& left, const auto& right) { return left.count < right.count; });

  // The pair that occurs least; beside the rarest ones, their neighbours count too.
  const std::size_t rarest = candidates[0].place;
  Anchors<T> best = anchors_at(needle, rarest, rarest == 0 ? 1 : rarest - 1);
  std::size_t least = sample.count(best);
  for (std::size_t left = 0; left < kept; ++left) {
    for (std::size_t right = left + 1; right < kept; ++right) {
      const Anchors<T> pair = anchors_at(needle, candidates[left].place, candidates[right].place);
      if (pair.distance > kMostDistance) continue;
      const std::size_t count = sample.count(pair);
      if (count >= least) continue;
      best = pair;
      least = count;
    }
  }
  return best;
}

template Anchors<std::uint8_t> choose_anchors(const Scan<std::uint8_t>&,
                                              std::span<const std::uint8_t>,
                                              std::span<const std::uint8_t>);
template Anchors<std::uint16_t> choose_anchors(const Scan<std::uint16_t>&,
                                               std::span<const std::uint16_t>,
                                               std::span<const std::uint16_t>);
template Anchors<std::uint32_t> choose_anchors(const Scan<std::uint32_t>&,
                                               std::span<const std::uint32_t>,
                                               std::span<const std::uint32_t>);

}  // namespace fastlane::kernels::text
