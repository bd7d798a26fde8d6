// Comparing 64 code points with a value at once: one bit a code point, by SSE2.
// Every x86-64 CPU has it. The loops that use these stand in scan.cpp.
// All read exactly 64 code points, at any alignment.
#pragma once

#include <emmintrin.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace fastlane::kernels::text {

class BaselineMasks {
 public:
  // Bit i: points[i] == value.
  template <class T>
  static inline std::uint64_t equal(const T* points, T value) noexcept {
    return gather<T>(Equal<T>{points, value});
  }

  // Bit i: left[i] == first and right[i] == second.
  template <class T>
  static inline std::uint64_t pair(const T* left, const T* right, T first, T second) noexcept {
    return gather<T>(Pair<T>{{left, first}, {right, second}});
  }

  // Bit i: points[i] >= bound.
  template <class T>
  static inline std::uint64_t at_least(const T* points, T bound) noexcept {
    return gather<T>(AtLeast<T>{points, bound});
  }

 private:
  template <class T>
  struct Vector {
    typedef T Points __attribute__((vector_size(16)));  // NOLINT(modernize-use-using)

    [[gnu::always_inline]] static inline Points loaded(const T* from) noexcept {
      Points points;
      std::memcpy(&points, from, sizeof(points));
      return points;
    }
    [[gnu::always_inline]] static inline Points filled(T value) noexcept {
      return value - Points{};
    }
  };

  // Each gives one vector of booleans for the code points from `from` on.
  template <class T>
  struct Equal {
    const T* points;
    T value;
    [[gnu::always_inline]] inline __m128i operator()(std::size_t from) const noexcept {
      return __m128i(Vector<T>::loaded(points + from) == Vector<T>::filled(value));
    }
  };
  template <class T>
  struct Pair {
    Equal<T> left;
    Equal<T> right;
    [[gnu::always_inline]] inline __m128i operator()(std::size_t from) const noexcept {
      return left(from) & right(from);
    }
  };
  template <class T>
  struct AtLeast {
    const T* points;
    T bound;
    [[gnu::always_inline]] inline __m128i operator()(std::size_t from) const noexcept {
      return __m128i(Vector<T>::loaded(points + from) >= Vector<T>::filled(bound));
    }
  };

  template <class T, class Test>
  [[gnu::always_inline]] static inline std::uint64_t gather(const Test& test) noexcept {
    std::uint64_t mask = 0;
    for (std::size_t part = 0; part < 64; part += 16) {
      if constexpr (sizeof(T) == 1) {
        mask |= bits(test(part)) << part;
      } else if constexpr (sizeof(T) == 2) {
        mask |= bits(narrowed(test(part), test(part + 8))) << part;
      } else {
        mask |= bits(narrowed(test(part), test(part + 4), test(part + 8), test(part + 12))) << part;
      }
    }
    return mask;
  }

  [[gnu::always_inline]] static inline std::uint64_t bits(__m128i booleans) noexcept {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(booleans));
  }

  [[gnu::always_inline]] static inline __m128i narrowed(__m128i a, __m128i b) noexcept {
    return _mm_packs_epi16(a, b);
  }
  [[gnu::always_inline]] static inline __m128i narrowed(__m128i a, __m128i b, __m128i c,
                                                        __m128i d) noexcept {
    return _mm_packs_epi16(_mm_packs_epi32(a, b), _mm_packs_epi32(c, d));
  }
};

}  // namespace fastlane::kernels::text
