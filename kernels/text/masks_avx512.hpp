// Comparing 64 code points with a value at once: one bit a code point, by AVX-512.
// Every function is compiled for that instruction set and takes and gives only scalars, so that a
// loop that is written once can be inlined, together with these, into the row functions of
// scan.cpp. All read exactly 64 code points, at any alignment.
#pragma once

#include <immintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace fastlane::kernels::text {

class Avx512Masks {
 public:
  // Bit i: points[i] == value.
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")]] static inline std::uint64_t
  equal(const T* points, T value) noexcept {
    if constexpr (sizeof(T) == 1) {
      return equal_part(points, value);
    } else if constexpr (sizeof(T) == 2) {
      return joined(equal_part(points, value), equal_part(points + 32, value));
    } else {
      return joined(equal_part(points, value), equal_part(points + 16, value),
                    equal_part(points + 32, value), equal_part(points + 48, value));
    }
  }

  // Bit i: left[i] == first and right[i] == second.
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")]] static inline std::uint64_t
  pair(const T* left, const T* right, T first, T second) noexcept {
    if constexpr (sizeof(T) == 1) {
      return pair_part(left, right, first, second);
    } else if constexpr (sizeof(T) == 2) {
      return joined(pair_part(left, right, first, second),
                    pair_part(left + 32, right + 32, first, second));
    } else {
      return joined(pair_part(left, right, first, second),
                    pair_part(left + 16, right + 16, first, second),
                    pair_part(left + 32, right + 32, first, second),
                    pair_part(left + 48, right + 48, first, second));
    }
  }

  // Whether `value` is among 256 code points: their masks are never joined.
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")]] static inline bool
  any_equal_256(const T* points, T value) noexcept {
    constexpr std::size_t kPart = 64 / sizeof(T);
    auto any = equal_part(points, value);
    for (std::size_t at = kPart; at < 256; at += kPart) {
      any = static_cast<decltype(any)>(any | equal_part(points + at, value));
    }
    return any != 0;
  }

  // How many bytes 64 code points of four bytes take in UTF-8 beyond one each. Two registers packed
  // to one, in whatever order, keep what is below 0x10000 and stay above what is not.
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")]] static inline std::size_t
  tail_bytes(const std::uint32_t* points) noexcept {
    int tails = 0;
    for (std::size_t at = 0; at < 64; at += 32) {
      const __m512i a = _mm512_loadu_si512(points + at);
      const __m512i b = _mm512_loadu_si512(points + at + 16);
      const __m512i both = _mm512_packus_epi32(a, b);
      const __m512i most = _mm512_set1_epi32(0xFFFF);
      tails += std::popcount(_mm512_cmpge_epu16_mask(both, _mm512_set1_epi16(0x80)));
      tails += std::popcount(_mm512_cmpge_epu16_mask(both, _mm512_set1_epi16(0x800)));
      tails += std::popcount(static_cast<std::uint32_t>(
          _mm512_kunpackw(_mm512_cmpgt_epu32_mask(b, most), _mm512_cmpgt_epu32_mask(a, most))));
    }
    return static_cast<std::size_t>(tails);
  }

  // Bit i: points[i] >= bound.
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")]] static inline std::uint64_t
  at_least(const T* points, T bound) noexcept {
    if constexpr (sizeof(T) == 1) {
      return at_least_part(points, bound);
    } else if constexpr (sizeof(T) == 2) {
      return joined(at_least_part(points, bound), at_least_part(points + 32, bound));
    } else {
      return joined(at_least_part(points, bound), at_least_part(points + 16, bound),
                    at_least_part(points + 32, bound), at_least_part(points + 48, bound));
    }
  }

  // Code points beyond `count` are not touched; their bits are 0.
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")]] static inline std::uint64_t
  equal_some(const T* points, std::size_t count, T value) noexcept {
    const std::uint64_t present = _bzhi_u64(~0ull, static_cast<unsigned>(count));
    if constexpr (sizeof(T) == 1) {
      return equal_present(points, present, value);
    } else if constexpr (sizeof(T) == 2) {
      return joined(equal_present(points, present, value),
                    equal_present(points + 32, present >> 32, value));
    } else {
      return joined(equal_present(points, present, value),
                    equal_present(points + 16, present >> 16, value),
                    equal_present(points + 32, present >> 32, value),
                    equal_present(points + 48, present >> 48, value));
    }
  }

 private:
  // Masks are joined as masks: g++ 12 may spill half of one and read it back whole.
  [[gnu::always_inline,
    gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")]] static inline std::uint64_t
  joined(__mmask32 a, __mmask32 b) noexcept {
    return _mm512_kunpackd(b, a);
  }
  [[gnu::always_inline,
    gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")]] static inline std::uint64_t
  joined(__mmask16 a, __mmask16 b, __mmask16 c, __mmask16 d) noexcept {
    return _mm512_kunpackd(_mm512_kunpackw(d, c), _mm512_kunpackw(b, a));
  }

  template <class T>
  [[gnu::always_inline,
    gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")]] static inline auto
  equal_part(const T* points, T value) noexcept {
    const __m512i part = _mm512_loadu_si512(points);
    if constexpr (sizeof(T) == 1) {
      return _mm512_cmpeq_epi8_mask(part, _mm512_set1_epi8(static_cast<char>(value)));
    } else if constexpr (sizeof(T) == 2) {
      return _mm512_cmpeq_epi16_mask(part, _mm512_set1_epi16(static_cast<short>(value)));
    } else {
      return _mm512_cmpeq_epi32_mask(part, _mm512_set1_epi32(static_cast<int>(value)));
    }
  }

  template <class T>
  [[gnu::always_inline,
    gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")]] static inline auto
  pair_part(const T* left, const T* right, T first, T second) noexcept {
    const auto found = equal_part(left, first);
    const __m512i part = _mm512_loadu_si512(right);
    if constexpr (sizeof(T) == 1) {
      return _mm512_mask_cmpeq_epi8_mask(found, part, _mm512_set1_epi8(static_cast<char>(second)));
    } else if constexpr (sizeof(T) == 2) {
      return _mm512_mask_cmpeq_epi16_mask(found, part,
                                          _mm512_set1_epi16(static_cast<short>(second)));
    } else {
      return _mm512_mask_cmpeq_epi32_mask(found, part, _mm512_set1_epi32(static_cast<int>(second)));
    }
  }

  template <class T>
  [[gnu::always_inline,
    gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")]] static inline auto
  equal_present(const T* points, std::uint64_t present, T value) noexcept {
    if constexpr (sizeof(T) == 1) {
      const __m512i part = _mm512_maskz_loadu_epi8(present, points);
      return _mm512_mask_cmpeq_epi8_mask(present, part, _mm512_set1_epi8(static_cast<char>(value)));
    } else if constexpr (sizeof(T) == 2) {
      const auto present_16 = static_cast<__mmask32>(present);
      const __m512i part = _mm512_maskz_loadu_epi16(present_16, points);
      return _mm512_mask_cmpeq_epi16_mask(present_16, part,
                                          _mm512_set1_epi16(static_cast<short>(value)));
    } else {
      const auto present_32 = static_cast<__mmask16>(present);
      const __m512i part = _mm512_maskz_loadu_epi32(present_32, points);
      return _mm512_mask_cmpeq_epi32_mask(present_32, part,
                                          _mm512_set1_epi32(static_cast<int>(value)));
    }
  }

  template <class T>
  [[gnu::always_inline,
    gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt")]] static inline auto
  at_least_part(const T* points, T bound) noexcept {
    const __m512i part = _mm512_loadu_si512(points);
    if constexpr (sizeof(T) == 1) {
      return _mm512_cmpge_epu8_mask(part, _mm512_set1_epi8(static_cast<char>(bound)));
    } else if constexpr (sizeof(T) == 2) {
      return _mm512_cmpge_epu16_mask(part, _mm512_set1_epi16(static_cast<short>(bound)));
    } else {
      return _mm512_cmpge_epu32_mask(part, _mm512_set1_epi32(static_cast<int>(bound)));
    }
  }
};

}  // namespace fastlane::kernels::text
