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

// From this many code points on, loops go on from the start of a cache line: a load that spans two
// lines costs as much as two.
constexpr std::size_t kWorthAligning = 4 * kBitsPerWord;

// Beyond the first cache a loop waits for memory; a line that is asked for this early has arrived.
constexpr std::size_t kPrefetchDistance = 4096;

template <class T>
[[gnu::always_inline]] inline void prefetch_word(const T* points) {
  for (std::size_t line = 0; line < sizeof(T); ++line) {
    __builtin_prefetch(reinterpret_cast<const char*>(points) + kPrefetchDistance + 64 * line);
  }
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
[[gnu::always_inline]] inline std::uint64_t mark_equal_loop(const T* points, std::size_t count,
                                                            T value, std::uint64_t* marks) {
  std::uint64_t marked = 0;
  std::size_t word = 0;
  for (; count >= kBitsPerWord; count -= kBitsPerWord) {
    prefetch_word(points);
    marks[word] = Masks::equal(points, value);
    marked |= std::uint64_t{marks[word] != 0} << word;
    ++word;
    points += kBitsPerWord;
  }
  if (count != 0) {
    marks[word] = equal_some<Masks>(points, count, value);
    marked |= std::uint64_t{marks[word] != 0} << word;
  }
  return marked;
}

template <class Masks, class T>
[[gnu::always_inline]] inline std::uint64_t mark_pairs_loop(const T* points, std::size_t count,
                                                            std::size_t distance, T first, T second,
                                                            std::uint64_t* marks) {
  std::uint64_t marked = 0;
  std::size_t word = 0;
  for (; count >= kBitsPerWord; count -= kBitsPerWord) {
    prefetch_word(points);
    marks[word] = Masks::pair(points, points + distance, first, second);
    marked |= std::uint64_t{marks[word] != 0} << word;
    ++word;
    points += kBitsPerWord;
  }
  if (count != 0) {
    marks[word] = equal_some<Masks>(points, count, first) &
                  equal_some<Masks>(points + distance, count, second);
    marked |= std::uint64_t{marks[word] != 0} << word;
  }
  return marked;
}

template <class Masks, class T>
[[gnu::always_inline]] inline std::size_t count_equal_loop(const T* points, std::size_t count,
                                                           T value) {
  std::size_t found = 0;
  if (count >= kWorthAligning) {
    const std::size_t head = points_to_line(points);
    found += static_cast<std::size_t>(std::popcount(Masks::equal(points, value) & low_bits(head)));
    points += head;
    count -= head;
  }
  for (; count >= 4 * kBitsPerWord; count -= 4 * kBitsPerWord) {
    for (std::size_t part = 0; part < 4; ++part) {
      prefetch_word(points);
      found += static_cast<std::size_t>(std::popcount(Masks::equal(points, value)));
      points += kBitsPerWord;
    }
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
[[gnu::always_inline]] inline bool any_equal_256(const T* points, T value) {
  if constexpr (requires { Masks::any_equal_256(points, value); }) {
    return Masks::any_equal_256(points, value);
  } else {
    return (Masks::equal(points, value) | Masks::equal(points + 64, value) |
            Masks::equal(points + 128, value) | Masks::equal(points + 192, value)) != 0;
  }
}

template <class Masks, class T>
[[gnu::always_inline]] inline std::size_t find_equal_loop(const T* points, std::size_t count,
                                                          T value) {
  std::size_t at = 0;
  if (count >= kWorthAligning) {
    const std::uint64_t mask = Masks::equal(points, value);
    if (mask != 0) return static_cast<std::size_t>(std::countr_zero(mask));
    at = points_to_line(points);
  }
  for (; count - at >= 4 * kBitsPerWord; at += 4 * kBitsPerWord) {
    for (std::size_t part = 0; part < 4; ++part) prefetch_word(points + at + part * kBitsPerWord);
    if (any_equal_256<Masks>(points + at, value)) break;
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

// What UTF-8 needs beyond one byte for each of 64 code points.
template <class Masks, class T>
[[gnu::always_inline]] inline std::size_t tail_bytes_of_word(const T* points) {
  if constexpr (requires { Masks::tail_bytes(points); }) {
    return Masks::tail_bytes(points);
  } else {
    int tails = std::popcount(Masks::at_least(points, T{0x80}));
    if constexpr (sizeof(T) > 1) tails += std::popcount(Masks::at_least(points, T{0x800}));
    if constexpr (sizeof(T) > 2) tails += std::popcount(Masks::at_least(points, T{0x10000}));
    return static_cast<std::size_t>(tails);
  }
}

// The same for fewer code points, in a copy that is long enough.
template <class Masks, class T>
[[gnu::always_inline]] inline std::size_t tail_bytes_of_some(const T* points, std::size_t count) {
  T copy[kBitsPerWord] = {};
  std::memcpy(copy, points, count * sizeof(T));
  return tail_bytes_of_word<Masks>(static_cast<const T*>(copy));
}

template <class Masks, class T>
[[gnu::always_inline]] inline std::size_t count_tail_bytes_loop(const T* points,
                                                                std::size_t count) {
  std::size_t tails = 0;
  if (count >= kWorthAligning) {
    const std::size_t head = points_to_line(points);
    tails += tail_bytes_of_some<Masks>(points, head);
    points += head;
    count -= head;
  }
  for (; count >= kBitsPerWord; count -= kBitsPerWord) {
    prefetch_word(points);
    tails += tail_bytes_of_word<Masks>(points);
    points += kBitsPerWord;
  }
  return tails + tail_bytes_of_some<Masks>(points, count);
}

struct Avx512Row {
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt,lzcnt")]] static std::uint64_t
  mark_equal(const T* points, std::size_t count, T value, std::uint64_t* marks) {
    return mark_equal_loop<Avx512Masks>(points, count, value, marks);
  }
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt,lzcnt")]] static std::uint64_t
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
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2,popcnt,lzcnt")]] static std::size_t
  count_tail_bytes(const T* points, std::size_t count) {
    return count_tail_bytes_loop<Avx512Masks>(points, count);
  }
};

struct Avx2Row {
  template <class T>
  [[gnu::target("avx2,bmi,bmi2,popcnt,lzcnt")]] static std::uint64_t mark_equal(
      const T* points, std::size_t count, T value, std::uint64_t* marks) {
    return mark_equal_loop<Avx2Masks>(points, count, value, marks);
  }
  template <class T>
  [[gnu::target("avx2,bmi,bmi2,popcnt,lzcnt")]] static std::uint64_t mark_pairs(
      const T* points, std::size_t count, std::size_t distance, T first, T second,
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
  template <class T>
  [[gnu::target("avx2,bmi,bmi2,popcnt,lzcnt")]] static std::size_t count_tail_bytes(
      const T* points, std::size_t count) {
    return count_tail_bytes_loop<Avx2Masks>(points, count);
  }
};

struct BaselineRow {
  template <class T>
  static std::uint64_t mark_equal(const T* points, std::size_t count, T value,
                                  std::uint64_t* marks) {
    return mark_equal_loop<BaselineMasks>(points, count, value, marks);
  }
  template <class T>
  static std::uint64_t mark_pairs(const T* points, std::size_t count, std::size_t distance, T first,
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
  template <class T>
  static std::size_t count_tail_bytes(const T* points, std::size_t count) {
    return count_tail_bytes_loop<BaselineMasks>(points, count);
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
          Row::template count_at_least<T>,
          Row::template count_tail_bytes<T>};
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
