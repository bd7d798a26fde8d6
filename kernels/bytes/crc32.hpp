// CRC-32 as zlib computes it (IEEE, reflected), through ISA-L.
// ISA-L chooses its own instructions; what it leaves in the vector registers is cleaned here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "kernels/bytes/strided_bytes.hpp"
#include "kernels/checkpoint.hpp"

namespace fastlane::kernels {

// `value` is the CRC of what came before, 0 at the start.
// Contract: never allocates; throws what the checkpoint throws.
std::uint32_t crc32(std::uint32_t value, std::span<const std::byte> bytes, Checkpoint& checkpoint);

// The same for bytes that are not worth a checkpoint.
// Contract: never allocates, never throws.
std::uint32_t crc32(std::uint32_t value, std::span<const std::byte> bytes) noexcept;

// The same for bytes that do not lie in one piece.
// Contract: 16 KiB of stack; never allocates; throws what the checkpoint throws.
std::uint32_t crc32(std::uint32_t value, const StridedBytes& bytes, Checkpoint& checkpoint);

// The same for the content of a file, which is read in blocks: it may shrink or grow meanwhile.
// Contract: allocates one block; throws bad_alloc, FileError, and what the checkpoint throws.
std::uint32_t crc32_of_file(std::uint32_t value, const std::string& path, Checkpoint& checkpoint);

}  // namespace fastlane::kernels
