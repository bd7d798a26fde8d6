// The loops behind kernels/arrays/sum.hpp that other reductions use too: adding up one block of
// floats in a fixed order of 32 lanes. To be inlined into functions that name an instruction set.
#pragma once

#include <cstddef>
#include <cstring>

#include "kernels/arrays/sum.hpp"
#include "kernels/lanes.hpp"

namespace fastlane::kernels {

inline constexpr std::size_t kSumLanes = 32;

// Memory answers fastest when it is asked evenly, from not too far ahead. A loop of wide loads and
// additions alone fills the processor's window with loads of several pages at once, which its own
// prefetching does not follow: narrower loads with an instruction or two beside each read a sixth
// more in the same time. What stands beside them is the request for what comes this much later;
// from 4096 on it is as slow as none.
inline constexpr std::size_t kFarAhead = 2048;

// Element i goes to lane i mod kSumLanes and the lanes are added in a fixed tree, for every vector
// width.
template <std::size_t kWidth>
struct LaneSums {
  using Vector = Lanes<double, kWidth>;
  static constexpr std::size_t kVectors = kSumLanes / kWidth;

  Vector lanes[kVectors];

  [[gnu::always_inline]] inline void clear() {
    for (std::size_t i = 0; i < kVectors; ++i) lanes[i] = Vector::filled(-0.0);
  }

  template <class T>
  [[gnu::always_inline]] inline void add_group(const std::byte* data) {
    for (std::size_t i = 0; i < kVectors; ++i) {
      const auto loaded = Lanes<T, kWidth>::loaded(data + i * kWidth * sizeof(T));
      lanes[i].v += Vector::converted(loaded).v;
    }
  }

  // Reduces to eight lanes and carries them into `total` with what rounding takes away.
  [[gnu::always_inline]] inline void carry_into(FloatSum& total) {
    for (std::size_t half = kVectors / 2; half * kWidth >= 8; half /= 2) {
      for (std::size_t i = 0; i < half; ++i) lanes[i].v += lanes[i + half].v;
    }
    for (std::size_t i = 0; i < 8 / kWidth; ++i) {
      const auto sum = Vector::loaded(total.sums + i * kWidth);
      auto correction = Vector::loaded(total.corrections + i * kWidth);
      Vector next;
      next.v = sum.v + lanes[i].v;
      const auto shown = next.v - sum.v;
      correction.v += (sum.v - (next.v - shown)) + (lanes[i].v - shown);
      next.stored(total.sums + i * kWidth);
      correction.stored(total.corrections + i * kWidth);
    }
  }
};

// Adds fewer than kSumLanes elements, the missing ones being -0.0.
template <class T, std::size_t kWidth>
[[gnu::always_inline]] inline void add_rest(LaneSums<kWidth>& sums, const std::byte* data,
                                            std::size_t count) {
  if (count == 0) return;
  alignas(64) T rest[kSumLanes];
  for (T& value : rest) value = T{-0.0F};
  std::memcpy(rest, data, count * sizeof(T));
  sums.template add_group<T>(reinterpret_cast<const std::byte*>(rest));
}

// Contract: count <= kFloatSumBlock elements at any address.
template <class T, std::size_t kWidth>
[[gnu::always_inline]] inline void add_float_block(FloatSum& total, const std::byte* data,
                                                   std::size_t count) {
  LaneSums<kWidth> sums;
  sums.clear();
  for (; count >= kSumLanes; count -= kSumLanes, data += kSumLanes * sizeof(T)) {
    sums.template add_group<T>(data);
  }
  add_rest<T>(sums, data, count);
  sums.carry_into(total);
}

}  // namespace fastlane::kernels
