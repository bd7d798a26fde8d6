// The searches over bytes that do not lie in one piece: read through one block, stretch by stretch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/bytes/strided_bytes.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/text/offsets.hpp"

namespace fastlane::kernels::text {

// The bytes [begin, end) of a content that has no address of its own.
struct StridedText {
  const StridedBytes& bytes;
  std::size_t begin;
  std::size_t end;
};

using Bytes = std::span<const std::uint8_t>;

// As search.hpp has them; offsets are from `begin` on.
// Contract: begin <= end <= bytes.size(); allocate one block of 64 KiB or of four needles
// (bad_alloc); throw what the checkpoint throws.
std::size_t find(const StridedText& text, Bytes needle, Checkpoint& checkpoint);
std::size_t rfind(const StridedText& text, Bytes needle, Checkpoint& checkpoint);
std::size_t count(const StridedText& text, Bytes needle, Checkpoint& checkpoint);
// Contract: the needle is not empty.
void find_all(const StridedText& text, Bytes needle, std::size_t origin, Offsets& offsets,
              Checkpoint& checkpoint);
void line_offsets(const StridedText& text, Offsets& offsets, Checkpoint& checkpoint);

}  // namespace fastlane::kernels::text
