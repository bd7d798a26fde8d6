// Comparing 64 code points with a value at once: one bit a code point, by AVX-512.
// Every function is compiled for that instruction set and takes and gives only scalars, so that a
// loop that is written once can be inlined, together with these, into the row functions of
// scan.cpp. All read exactly 64 code points, at any alignment.
#pragma once

#include <immintrin.h>

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
    return equal(left, first) & equal(right, second);
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
