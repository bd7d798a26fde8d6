// Comparing 64 code points with a value at once: one bit a code point, by AVX2.
// Every function is compiled for that instruction set and takes and gives only scalars, so that a
// loop that is written once can be inlined, together with these, into the row functions of
// scan.cpp. All read exactly 64 code points, at any alignment.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace fastlane::kernels::text {

class Avx2Masks {
 public:
  // Bit i: points[i] == value.
  template <class T>
  [[gnu::target("avx2,bmi,bmi2,popcnt")]] static inline std::uint64_t equal(const T* points,
                                                                            T value) noexcept {
    return gather<T>(Equal<T>{points, value});
  }

  // Bit i: left[i] == first and right[i] == second.
  template <class T>
  [[gnu::target("avx2,bmi,bmi2,popcnt")]] static inline std::uint64_t pair(const T* left,
                                                                           const T* right, T first,
                                                                           T second) noexcept {
    return gather<T>(Pair<T>{{left, first}, {right, second}});
  }

  // Bit i: points[i] >= bound.
  template <class T>
  [[gnu::target("avx2,bmi,bmi2,popcnt")]] static inline std::uint64_t at_least(const T* points,
                                                                               T bound) noexcept {
    return gather<T>(AtLeast<T>{points, bound});
  }

 private:
  template <class T>
  struct Vector {
    typedef T Points __attribute__((vector_size(32)));  // NOLINT(modernize-use-using)

    [[gnu::always_inline, gnu::target("avx2,bmi,bmi2,popcnt")]] static inline Points loaded(
        const T* from) noexcept {
      Points points;
      std::memcpy(&points, from, sizeof(points));
      return points;
    }
    [[gnu::always_inline, gnu::target("avx2,bmi,bmi2,popcnt")]] static inline Points filled(
        T value) noexcept {
      return value - Points{};
    }
  };

  // Each gives one vector of booleans for the code points from `from` on.
  template <class T>
  struct Equal {
    const T* points;
    T value;
    [[gnu::always_inline, gnu::target("avx2,bmi,bmi2,popcnt")]] inline __m256i operator()(
        std::size_t from) const noexcept {
      return __m256i(Vector<T>::loaded(points + from) == Vector<T>::filled(value));
    }
  };
  template <class T>
  struct Pair {
    Equal<T> left;
    Equal<T> right;
    [[gnu::always_inline, gnu::target("avx2,bmi,bmi2,popcnt")]] inline __m256i operator()(
        std::size_t from) const noexcept {
      return left(from) & right(from);
    }
  };
  template <class T>
  struct AtLeast {
    const T* points;
    T bound;
    [[gnu::always_inline, gnu::target("avx2,bmi,bmi2,popcnt")]] inline __m256i operator()(
        std::size_t from) const noexcept {
      return __m256i(Vector<T>::loaded(points + from) >= Vector<T>::filled(bound));
    }
  };

  template <class T, class Test>
  [[gnu::always_inline, gnu::target("avx2,bmi,bmi2,popcnt")]] static inline std::uint64_t gather(
      const Test& test) noexcept {
    std::uint64_t mask = 0;
    for (std::size_t part = 0; part < 64; part += 32) {
      if constexpr (sizeof(T) == 1) {
        mask |= bits(test(part)) << part;
      } else if constexpr (sizeof(T) == 2) {
        mask |= bits(narrowed(test(part), test(part + 16))) << part;
      } else {
        mask |= bits(narrowed(test(part), test(part + 8), test(part + 16), test(part + 24)))
                << part;
      }
    }
    return mask;
  }

  [[gnu::always_inline, gnu::target("avx2,bmi,bmi2,popcnt")]] static inline std::uint64_t bits(
      __m256i booleans) noexcept {
    return static_cast<std::uint32_t>(_mm256_movemask_epi8(booleans));
  }

  // Packing works within each half of a register: the permutations put the parts in order again.
  [[gnu::always_inline, gnu::target("avx2,bmi,bmi2,popcnt")]] static inline __m256i narrowed(
      __m256i a, __m256i b) noexcept {
    return _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xD8);
  }
  [[gnu::always_inline, gnu::target("avx2,bmi,bmi2,popcnt")]] static inline __m256i narrowed(
      __m256i a, __m256i b, __m256i c, __m256i d) noexcept {
    const __m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
    return _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  }
};

}  // namespace fastlane::kernels::text
