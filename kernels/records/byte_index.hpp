// Where certain bytes stand in a piece of text: one bit a byte for each class, made in one pass, so
// that a tokeniser finds the next separator with a shift and a count instead of a scan. A class is
// one byte or a range of bytes. Says nothing about what the bytes mean.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/cpu.hpp"
#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {

inline constexpr std::size_t kMostByteClasses = 16;

struct ByteRange {
  unsigned char first, last;
};

using Pattern = std::array<char, 64>;

// Marks blocks of 64 bytes: row `which` of `words` has one word a block. The row behind the last
// class marks the bytes that are not ASCII.
struct MarkJob {
  const char* text;
  std::size_t blocks;
  // 64-byte aligned: the byte of each class; of a range its first byte and how many follow that.
  const Pattern* patterns;
  std::size_t bytes;   // classes of one byte, which come first
  std::size_t ranges;  // classes behind them
  std::uint64_t* words;
  std::size_t stride;
};

// One CPU row; `mark` returns whether there is a byte that is not ASCII.
struct MarkRow {
  cpu::Level level;
  bool (*mark)(const MarkJob&);
};

std::span<const MarkRow> mark_rows();

// Writes the places of the bits of `word`, `kAtOnce` or a multiple of that many, and returns how
// many of them are bits: without a branch for texts whose words have few. Room for 64 + kAtOnce is
// there.
template <std::size_t kAtOnce>
[[gnu::always_inline]] inline std::size_t write_places(std::uint64_t word, std::uint32_t base,
                                                       std::uint32_t* to) {
  const auto count = static_cast<std::size_t>(std::popcount(word));
  std::size_t done = 0;
  do {
    for (std::size_t one = 0; one < kAtOnce; ++one) {
      to[done + one] = base + static_cast<std::uint32_t>(std::countr_zero(word));
      word &= word - 1;
    }
    done += kAtOnce;
  } while (done < count);
  return count;
}

class ByteIndex {
 public:
  // One class for each of the bytes, then one for each of the ranges. Throws std::length_error for
  // more than kMostByteClasses, where a range counts as two, and std::invalid_argument when
  // FASTLANE_CPU names no level of this CPU.
  explicit ByteIndex(std::string_view classes, std::span<const ByteRange> ranges = {},
                     const MarkRow& row = cpu::choose(mark_rows()));

  // Indexes `size` bytes. Precondition: kPadding readable bytes behind them. Throws std::bad_alloc.
  void build(const char* text, std::size_t size);

  // The first place of the class at or behind `from`, or at least size() when there is none.
  // Precondition: from <= size().
  std::size_t next(std::size_t which, std::size_t from) const {
    return first_one(words(which), 0, from);
  }
  // The same, for places that are often some dozens of bytes away.
  std::size_t next_far(std::size_t which, std::size_t from) const {
    const std::uint64_t* row = words(which);
    const char* bytes = reinterpret_cast<const char*>(row) + from / 8;
    const std::uint64_t near = load_word(bytes) >> (from % 8);
    const std::uint64_t far = load_word(bytes + 7) >> (from % 8);
    const std::uint64_t word = near != 0 ? near : far;
    const std::size_t skipped = near != 0 ? 0 : 56;
    if (word == 0) [[unlikely]]
      return first_one(row, 0, from);
    return from + skipped + static_cast<std::size_t>(std::countr_zero(word));
  }
  // The first place that is not of the class. Precondition: there is one at or behind `from`.
  std::size_t next_outside(std::size_t which, std::size_t from) const {
    return first_one(words(which), ~std::uint64_t{0}, from);
  }
  // Makes `which` a class of what belongs to it or to another one, until the next `build`.
  void unite(std::size_t which, std::size_t other);

  // Whether a byte of [from, to) is not ASCII. Precondition: from < to <= size().
  bool has_high(std::size_t from, std::size_t to) const;
  bool is_ascii() const { return !any_high_; }
  // A bit a byte, 64 in a word; what stands behind the text is not defined.
  const std::uint64_t* words(std::size_t which) const { return words_.data() + which * stride_; }
  std::size_t size() const { return size_; }

 private:
  static std::size_t first_one(const std::uint64_t* words, std::uint64_t flip, std::size_t from) {
    // At least 57 places from `from` on, in one load: most searches end here, which is predictable.
    const char* bytes = reinterpret_cast<const char*>(words) + from / 8;
    std::uint64_t word = (load_word(bytes) ^ flip) >> (from % 8);
    if (word != 0) return from + static_cast<std::size_t>(std::countr_zero(word));
    std::size_t at = from / 64;
    do {
      word = words[++at] ^ flip;
    } while (word == 0);
    return at * 64 + static_cast<std::size_t>(std::countr_zero(word));
  }

  const MarkRow& row_;
  std::size_t bytes_;   // classes of one byte
  std::size_t ranges_;  // classes behind them
  std::size_t count_;   // of both
  std::size_t stride_ = 0;
  std::size_t size_ = 0;
  bool any_high_ = false;
  alignas(64) std::array<Pattern, kMostByteClasses> patterns_{};
  std::vector<std::uint64_t> words_;  // by class; the last class marks the bytes that are not ASCII
};

}  // namespace fastlane::kernels::records
