// CRC-32 of a long stretch: 256 bytes a step by carry-less multiplication of 512-bit registers.
// Leaves short and ragged ends to ISA-L.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastlane::kernels {

inline constexpr std::size_t kLeastFold = 256;

// True when this CPU, at the level that FASTLANE_CPU allows, can run crc32_by_folding.
bool can_fold_crc32() noexcept;

// Contract: size >= kLeastFold and can_fold_crc32(); never allocates, never throws.
std::uint32_t crc32_by_folding(std::uint32_t value, const std::byte* data,
                               std::size_t size) noexcept;

}  // namespace fastlane::kernels
