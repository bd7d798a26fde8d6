// Subtracts one number from every byte and stops at zero, in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/array_view.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/cpu.hpp"

namespace fastlane::kernels {

struct SubtractSaturatingRow {
  cpu::Level level;
  void (*uint8)(std::byte* data, std::uint8_t amount, std::size_t count);
};

std::span<const SubtractSaturatingRow> subtract_saturating_rows();  // best first
const SubtractSaturatingRow& subtract_saturating_row();             // the one in use

// Contract: a view of one-byte elements with any strides, none of them repeated; no allocation;
// throws what `checkpoint` throws.
void subtract_saturating(const ArrayView& view, std::uint8_t amount, Checkpoint& checkpoint,
                         const SubtractSaturatingRow& row = subtract_saturating_row());

}  // namespace fastlane::kernels
