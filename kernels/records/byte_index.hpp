// Where certain bytes stand in a piece of text: one bit a byte for each class, made in one pass, so
// that a tokeniser finds the next separator with a shift and a count instead of a scan.
// Says nothing about what the bytes mean.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/cpu.hpp"

namespace fastlane::kernels::records {

inline constexpr std::size_t kMostByteClasses = 16;

// Marks blocks of 64 bytes: row `which` of `words` has one word a block. The row behind the last
// class marks the bytes that are not ASCII.
struct MarkJob {
  const char* text;
  std::size_t blocks;
  const std::array<char, 64>* patterns;  // 64-byte aligned, one a class
  std::size_t count;
  std::uint64_t* words;
  std::size_t stride;
};

// One CPU row; `mark` returns whether there is a byte that is not ASCII.
struct MarkRow {
  cpu::Level level;
  bool (*mark)(const MarkJob&);
};

std::span<const MarkRow> mark_rows();

class ByteIndex {
 public:
  // One class for each of the bytes. Throws std::length_error for more than kMostByteClasses, and
  // std::invalid_argument when FASTLANE_CPU names no level of this CPU.
  explicit ByteIndex(std::string_view classes, const MarkRow& row = cpu::choose(mark_rows()));

  // Indexes `size` bytes. Precondition: kPadding readable bytes behind them. Throws std::bad_alloc.
  void build(const char* text, std::size_t size);

  // The first place of the class at or behind `from`, or at least size() when there is none.
  // Precondition: from <= size().
  std::size_t next(std::size_t which, std::size_t from) const {
    const std::uint64_t* words = words_.data() + which * stride_;
    std::size_t at = from / 64;
    // The 64 places from `from` on, out of two words: most searches end here, which is predictable.
    const std::size_t shift = from % 64;
    std::uint64_t word = (words[at] >> shift) | ((words[at + 1] << 1) << (63 - shift));
    if (word != 0) return from + static_cast<std::size_t>(std::countr_zero(word));
    do {
      word = words[++at];
    } while (word == 0);
    return at * 64 + static_cast<std::size_t>(std::countr_zero(word));
  }

  // Whether a byte of [from, to) is not ASCII. Precondition: from < to <= size().
  bool has_high(std::size_t from, std::size_t to) const;
  bool is_ascii() const { return !any_high_; }
  // A bit a byte, 64 in a word; what stands behind the text is not defined.
  const std::uint64_t* words(std::size_t which) const { return words_.data() + which * stride_; }
  std::size_t size() const { return size_; }

 private:
  const MarkRow& row_;
  std::size_t count_;
  std::size_t stride_ = 0;
  std::size_t size_ = 0;
  bool any_high_ = false;
  alignas(64) std::array<std::array<char, 64>, kMostByteClasses> patterns_{};
  std::vector<std::uint64_t> words_;  // by class; the last class marks the bytes that are not ASCII
};

}  // namespace fastlane::kernels::records
