// The loops, once, and a row function of each for every instruction set.
#include "kernels/text/scan.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "kernels/text/masks_avx2.hpp"
#include "kernels/text/masks_avx512.hpp"
#include "kernels/text/masks_baseline.hpp"

namespace fastlane::kernels::text {
namespace {

constexpr std::uint64_t low_bits(std::size_t count) {
  return (std::uint64_t{1} << count) - 1;  // count < 64
}

// Fewer than 64 code points, where they lie, or in a copy that is long enough.
template <class Masks, class T>
[[gnu::always_inline]] inline std::uint64_t equal_some(const T* points, std::size_t count,
                                                       T value) {
  if constexpr (requires { Masks::equal_some(points, count, value); }) {
    return Masks::equal_some(points, count, value);
  } else {
    T copy[kBitsPerWord] = {};
    std::memcpy(copy, points, count * sizeof(T));
    return Masks::equal(static_cast<const T*>(copy), value) & low_bits(count);
  }
}

template <class Masks, class T>
[[gnu::always_inline]] inline bool mark_equal_loop(const T* points, std::size_t count, T value,
                                                   std::uint64_t* marks) {
  std::uint64_t any = 0;
  for (; count >= kBitsPerWord; count -= kBitsPerWord) {
    const std::uint64_t mask = Masks::equal(points, value);
    any |= mask;
    *marks++ = mask;
    points += kBitsPerWord;
  }
  if (count != 0) {
    *marks = equal_some<Masks>(points, count, value);
    any |= *marks;
  }
  return any != 0;
}

template <class Masks, class T>
[[gnu::always_inline]] inline bool mark_pairs_loop(const T* points, std::size_t count,
                                                   std::size_t distance, T first, T second,
                                                   std::uint64_t* marks) {
  std::uint64_t any = 0;
  for (; count >= kBitsPerWord; count -= kBitsPerWord) {
    const std::uint64_t mask = Masks::pair(points, points + distance, first, second);
    any |= mask;
    *marks++ = mask;
    points += kBitsPerWord;
  }
  if (count != 0) {
    *marks = equal_some<Masks>(points, count, first) &
             equal_some<Masks>(points + distance, count, second);
    any |= *marks;
  }
  return any != 0;
}

template <class Masks, class T>
[[gnu::always_inline]] inline std::size_t count_equal_loop(const T* points, std::size_t count,
                                                           T value) {
  std::size_t found = 0;
  for (; count >= 4 * kBitsPerWord; count -= 4 * kBitsPerWord) {
    for (std::size_t part = 0; part < 4; ++part) {
      found += static_cast<std::size_t>(
          std::popcount(Masks::equal(points + part * kBitsPerWord, value)));
    }
    points += 4 * kBitsPerWord;
  }
  for (; count >= kBitsPerWord; count -= kBitsPerWord) {
    found += static_cast<std::size_t>(std::popcount(Masks::equal(points, value)));
    points += kBitsPerWord;
  }
  if (count != 0) {
    found += static_cast<std::size_t>(std::popcount(equal_some<Masks>(points, count, value)));
  }
  return found;
}

template <class Masks, class T>
[[gnu::always_inline]] inline std::size_t find_equal_loop(const T* points, std::size_t count,
                                                          T value) {
  std::size_t at = 0;
  for (; count - at >= 4 * kBitsPerWord; at += 4 * kBitsPerWord) {
    std::uint64_t masks[4];
    std::uint64_t any = 0;
    for (std::size_t part = 0; part < 4; ++part) {
      masks[part] = Masks::equal(points + at + part * kBitsPerWord, value);
      any |= masks[part];
    }
    if (any == 0) continue;
    std::size_t part = 0;
    while (masks[part] == 0) ++part;
    return at + part * kBitsPerWord + static_cast<std::size_t>(std::countr_zero(masks[part]));
  }
  for (; count - at >= kBitsPerWord; at += kBitsPerWord) {
    const std::uint64_t mask = Masks::equal(points + at, value);
    if (mask != 0) return at + static_cast<std::size_t>(std::countr_zero(mask));
  }
  if (count == at) return count;
  const std::uint64_t mask = equal_some<Masks>(points + at, count - at, value);
  return mask == 0 ? count : at + static_cast<std::size_t>(std::countr_zero(mask));
}

template <class Masks, class T>
[[gnu::always_inline]] inline std::size_t find_last_equal_loop(const T* points, std::size_t count,
                                                               T value) {
  std::size_t end = count;
  for (; end >= kBitsPerWord; end -= kBitsPerWord) {
    const std::uint64_t mask = Masks::equal(points + end - kBitsPerWord, value);
    if (mask != 0) return end - 1 - static_cast<std::size_t>(std::countl_zero(mask));
  }
  if (end == 0) return count;
  const std::uint64_t mask = equal_some<Masks>(points, end, value);
  return mask == 0 ? count : 63 - static_cast<std::size_t>(std::countl_zero(mask));
}

template <class Masks, class T>
[[gnu::always_inline]] inline std::size_t count_at_least_loop(const T* points, std::size_t count,
                                                              T bound) {
  std::size_t found = 0;
  for (; count >= kBitsPerWord; count -= kBitsPerWord) {
    found += static_cast<std::size_t>(std::popcount(Masks::at_least(points, bound)));
    points += kBitsPerWord;
  }
  for (; count != 0; --count) found += *points++ >= bound ? 1 : 0;
  return found;
}

struct Avx512Row {
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt,lzcnt")]] static bool
  mark_equal(const T* points, std::size_t count, T value, std::uint64_t* marks) {
    return mark_equal_loop<Avx512Masks>(points, count, value, marks);
  }
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt,lzcnt")]] static bool
  mark_pairs(const T* points, std::size_t count, std::size_t distance, T first, T second,
             std::uint64_t* marks) {
    return mark_pairs_loop<Avx512Masks>(points, count, distance, first, second, marks);
  }
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt,lzcnt")]] static std::size_t
  count_equal(const T* points, std::size_t count, T value) {
    return count_equal_loop<Avx512Masks>(points, count, value);
  }
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt,lzcnt")]] static std::size_t
  find_equal(const T* points, std::size_t count, T value) {
    return find_equal_loop<Avx512Masks>(points, count, value);
  }
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt,lzcnt")]] static std::size_t
  find_last_equal(const T* points, std::size_t count, T value) {
    return find_last_equal_loop<Avx512Masks>(points, count, value);
  }
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt,lzcnt")]] static std::size_t
  count_at_least(const T* points, std::size_t count, T bound) {
    return count_at_least_loop<Avx512Masks>(points, count, bound);
  }
};

struct Avx2Row {
  template <class T>
  [[gnu::target("avx2,bmi,bmi2,popcnt,lzcnt")]] static bool mark_equal(const T* points,
                                                                       std::size_t count, T value,
                                                                       std::uint64_t* marks) {
    return mark_equal_loop<Avx2Masks>(points, count, value, marks);
  }
  template <class T>
  [[gnu::target("avx2,bmi,bmi2,popcnt,lzcnt")]] static bool mark_pairs(const T* points,
                                                                       std::size_t count,
                                                                       std::size_t distance,
                                                                       T first, T second,
                                                                       std::uint64_t* marks) {
    return mark_pairs_loop<Avx2Masks>(points, count, distance, first, second, marks);
  }
  template <class T>
  [[gnu::target("avx2,bmi,bmi2,popcnt,lzcnt")]] static std::size_t count_equal(const T* points,
                                                                               std::size_t count,
                                                                               T value) {
    return count_equal_loop<Avx2Masks>(points, count, value);
  }
  template <class T>
  [[gnu::target("avx2,bmi,bmi2,popcnt,lzcnt")]] static std::size_t find_equal(const T* points,
                                                                              std::size_t count,
                                                                              T value) {
    return find_equal_loop<Avx2Masks>(points, count, value);
  }
  template <class T>
  [[gnu::target("avx2,bmi,bmi2,popcnt,lzcnt")]] static std::size_t find_last_equal(
      const T* points, std::size_t count, T value) {
    return find_last_equal_loop<Avx2Masks>(points, count, value);
  }
  template <class T>
  [[gnu::target("avx2,bmi,bmi2,popcnt,lzcnt")]] static std::size_t count_at_least(const T* points,
                                                                                  std::size_t count,
                                                                                  T bound) {
    return count_at_least_loop<Avx2Masks>(points, count, bound);
  }
};

struct BaselineRow {
  template <class T>
  static bool mark_equal(const T* points, std::size_t count, T value, std::uint64_t* marks) {
    return mark_equal_loop<BaselineMasks>(points, count, value, marks);
  }
  template <class T>
  static bool mark_pairs(const T* points, std::size_t count, std::size_t distance, T first,
                         T second, std::uint64_t* marks) {
    return mark_pairs_loop<BaselineMasks>(points, count, distance, first, second, marks);
  }
  template <class T>
  static std::size_t count_equal(const T* points, std::size_t count, T value) {
    return count_equal_loop<BaselineMasks>(points, count, value);
  }
  template <class T>
  static std::size_t find_equal(const T* points, std::size_t count, T value) {
    return find_equal_loop<BaselineMasks>(points, count, value);
  }
  template <class T>
  static std::size_t find_last_equal(const T* points, std::size_t count, T value) {
    return find_last_equal_loop<BaselineMasks>(points, count, value);
  }
  template <class T>
  static std::size_t count_at_least(const T* points, std::size_t count, T bound) {
    return count_at_least_loop<BaselineMasks>(points, count, bound);
  }
};

template <class T, class Row>
constexpr Scan<T> row_at(cpu::Level level) {
  return {level,
          Row::template mark_equal<T>,
          Row::template mark_pairs<T>,
          Row::template count_equal<T>,
          Row::template find_equal<T>,
          Row::template find_last_equal<T>,
          Row::template count_at_least<T>};
}

template <class T>
constexpr std::array<Scan<T>, 3> kRows = {row_at<T, Avx512Row>(cpu::Level::avx512),
                                          row_at<T, Avx2Row>(cpu::Level::avx2),
                                          row_at<T, BaselineRow>(cpu::Level::baseline)};

}  // namespace

template <class T>
std::span<const Scan<T>> scan_rows() {
  return kRows<T>;
}

template <class T>
const Scan<T>& scan() {
  static const Scan<T>& chosen = cpu::choose(scan_rows<T>());
  return chosen;
}

template std::span<const Scan<std::uint8_t>> scan_rows();
template std::span<const Scan<std::uint16_t>> scan_rows();
template std::span<const Scan<std::uint32_t>> scan_rows();
template const Scan<std::uint8_t>& scan();
template const Scan<std::uint16_t>& scan();
template const Scan<std::uint32_t>& scan();

}  // namespace fastlane::kernels::text
