// Walks text in blocks of marks: which words of a block have bits, and what stands where.
// Shared by the searches and the line offsets.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "kernels/text/scan.hpp"

namespace fastlane::kernels::text {

// So many code points are marked at a time: their marks take 512 bytes and stay in the first cache.
inline constexpr std::size_t kBlockLength = 4096;
using BlockMarks = std::array<std::uint64_t, words_for(kBlockLength)>;

// So many bytes of text between two looks at the checkpoint where no marks are made.
inline constexpr std::size_t kStretch = std::size_t{256} << 10;

// Writes the index of every set bit plus `base`, in rising order; gives back how many there are.
// Contract: `out` has room for all of them and for three more.
inline std::size_t write_places(const std::uint64_t* marks, std::size_t words, std::int64_t base,
                                std::int64_t* out) {
  std::int64_t* at = out;
  for (std::size_t word = 0; word < words; ++word, base += kBitsPerWord) {
    std::uint64_t bits = marks[word];
    const auto found = static_cast<std::size_t>(std::popcount(bits));
    if (found == 0) continue;
    // Four without a question: how many bits a word has is what a branch cannot guess.
    for (std::size_t i = 0; i < 4; ++i) {
      at[i] = base + std::countr_zero(bits);
      bits &= bits - 1;
    }
    for (std::size_t i = 4; i < found; ++i) {
      at[i] = base + std::countr_zero(bits);
      bits &= bits - 1;
    }
    at += found;
  }
  return static_cast<std::size_t>(at - out);
}

inline std::size_t count_marks(const std::uint64_t* marks, std::size_t words) {
  std::size_t found = 0;
  for (std::size_t word = 0; word < words; ++word) {
    found += static_cast<std::size_t>(std::popcount(marks[word]));
  }
  return found;
}

}  // namespace fastlane::kernels::text
