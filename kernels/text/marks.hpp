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
inline constexpr std::size_t kBlockLength = kBitsPerWord * kBitsPerWord;
using BlockMarks = std::array<std::uint64_t, words_for(kBlockLength)>;

// So many bytes of text between two looks at the checkpoint where no marks are made.
inline constexpr std::size_t kStretch = std::size_t{256} << 10;

// Writes the index of every mark plus `base`, in rising order; gives back how many there are.
// `marked` says which words have marks. Contract: `out` has room for all of them and for one more.
inline std::size_t write_places(const std::uint64_t* marks, std::uint64_t marked, std::int64_t base,
                                std::int64_t* out) {
  std::int64_t* at = out;
  for (; marked != 0; marked &= marked - 1) {
    const int word = std::countr_zero(marked);
    const std::int64_t start = base + word * static_cast<std::int64_t>(kBitsPerWord);
    std::uint64_t bits = marks[word];
    // Three without a question: how many bits a word has is what a branch cannot guess.
    for (int i = 0; i < 3; ++i) {
      *at = start + std::countr_zero(bits);
      at += bits != 0 ? 1 : 0;
      bits &= bits - 1;
    }
    for (; bits != 0; bits &= bits - 1) *at++ = start + std::countr_zero(bits);
  }
  return static_cast<std::size_t>(at - out);
}

}  // namespace fastlane::kernels::text
