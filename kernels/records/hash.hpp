// Hashes of short texts and of tuples of words, seeded at random per process, so that no input can
// be written that makes a table slow. The seed never shows in a result: tables keep order of
// arrival.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/records/program.hpp"
#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {

using Seeds = std::array<std::uint64_t, 4>;

// Drawn when the library is loaded, so that a fork beside a first use cannot catch them half made.
extern const Seeds process_seeds;
inline const Seeds& hash_seeds() { return process_seeds; }

// Of hashes that are compared between processes and guard no table.
inline constexpr Seeds kFixedSeeds = {0xA0761D6478BD642F, 0xE7037ED1A0B428DB, 0x8EBC6AF09C88C6E3,
                                      0x589965CC75374CC3};

inline std::uint64_t fold(std::uint64_t left, std::uint64_t right) {
  const Natural product = Natural{left} * right;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Precondition: sixteen readable bytes from `text` on, whatever the size.
inline std::uint64_t hash_text(const char* text, std::size_t size, const Seeds& seeds) {
  std::uint64_t state = seeds[0] + size * seeds[3];
  std::size_t left = size;
  for (; left > 16; left -= 16, text += 16) {
    state = fold(load_word(text) ^ state, load_word(text + 8) ^ seeds[1]);
  }
  const std::uint64_t low = load_word(text) & byte_mask(left);
  const std::uint64_t high = left > 8 ? load_word(text + 8) & byte_mask(left - 8) : 0;
  return fold(fold(low ^ state, high ^ seeds[1]), seeds[2]);
}

inline std::uint64_t hash_words(const std::uint64_t* words, std::size_t count, const Seeds& seeds) {
  std::uint64_t state = seeds[0];
  for (std::size_t word = 0; word < count; ++word) state = fold(words[word] ^ state, seeds[1]);
  return fold(state, seeds[2]);
}

}  // namespace fastlane::kernels::records
