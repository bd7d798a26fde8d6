// Copies a two-dimensional array so that rows become columns. Looks at the item size only.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/array_view.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/cpu.hpp"

namespace fastlane::kernels {

// A tile: all items of `columns` neighbouring columns within one cache line's worth of rows. It
// becomes `columns` whole cache lines of the target. Strides are in bytes.
using TransposeTile = void (*)(std::byte* target, std::ptrdiff_t target_stride,
                               const std::byte* source, std::ptrdiff_t source_stride);

struct TransposeTiles {
  std::size_t columns;
  TransposeTile plain;
  TransposeTile streaming;  // contract: target rows lie on cache lines
};

struct TransposeRow {
  cpu::Level level;
  TransposeTiles bytes1;
  TransposeTiles bytes2;
  TransposeTiles bytes4;
  TransposeTiles bytes8;
};

std::span<const TransposeRow> transpose_rows();  // best first
const TransposeRow& transpose_row();             // the one in use

// target[j, i] = source[i, j].
// Contract: both have two dimensions and items of 1, 2, 4 or 8 bytes, target.shape is source.shape
// reversed, they do not overlap, no element of the target is repeated; any strides and alignment;
// no allocation; throws what `checkpoint` throws.
void transpose(const ArrayView& target, const ArrayView& source, Checkpoint& checkpoint,
               const TransposeRow& row = transpose_row());

}  // namespace fastlane::kernels
