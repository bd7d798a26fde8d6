// The vector half of every text function: where a code point stands, how often, and where two stand
// at a given distance. Knows nothing of needles, matches or encodings. One table of CPU rows for
// each size of code point: std::uint8_t, std::uint16_t, std::uint32_t.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/cpu.hpp"

namespace fastlane::kernels::text {

// Marks are bits: code point i is bit i % 64 of word i / 64.
inline constexpr std::size_t kBitsPerWord = 64;
constexpr std::size_t words_for(std::size_t count) {
  return (count + kBitsPerWord - 1) / kBitsPerWord;
}

// The code points from `points` on that stand before the next cache line.
template <class T>
std::size_t points_to_line(const T* points) {
  return -reinterpret_cast<std::uintptr_t>(points) % 64 / sizeof(T);
}

// Contract of all: they read points[0, count) and nothing else (mark_pairs: points[0, count +
// distance)), at any alignment; they write words_for(count) words; they never allocate, never
// throw, and leave the vector state clean.
template <class T>
struct Scan {
  cpu::Level level;

  // Marks the places of `value`. Bit w of the result: word w has marks; words without are written
  // all the same. Both kinds of marking take at most 4,096 code points, and are fastest where the
  // points begin on a cache line.
  std::uint64_t (*mark_equal)(const T* points, std::size_t count, T value, std::uint64_t* marks);

  // Marks each i with points[i] == first and points[i + distance] == second.
  std::uint64_t (*mark_pairs)(const T* points, std::size_t count, std::size_t distance, T first,
                              T second, std::uint64_t* marks);

  std::size_t (*count_equal)(const T* points, std::size_t count, T value);

  // The index of the first or last `value`; `count` when there is none.
  std::size_t (*find_equal)(const T* points, std::size_t count, T value);
  std::size_t (*find_last_equal)(const T* points, std::size_t count, T value);

  // How many code points are not below `bound`.
  std::size_t (*count_at_least)(const T* points, std::size_t count, T bound);

  // How many bytes the code points take in UTF-8 beyond one each.
  std::size_t (*count_tail_bytes)(const T* points, std::size_t count);
};

// Best first; the last one is the baseline.
template <class T>
std::span<const Scan<T>> scan_rows();

// The row in force on this CPU.
template <class T>
const Scan<T>& scan();

extern template std::span<const Scan<std::uint8_t>> scan_rows();
extern template std::span<const Scan<std::uint16_t>> scan_rows();
extern template std::span<const Scan<std::uint32_t>> scan_rows();
extern template const Scan<std::uint8_t>& scan();
extern template const Scan<std::uint16_t>& scan();
extern template const Scan<std::uint32_t>& scan();

}  // namespace fastlane::kernels::text
