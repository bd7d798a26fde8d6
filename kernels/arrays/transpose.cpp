// Walks an array in blocks that fit the nearest cache and hands whole tiles to the rows of
// kernels/arrays/transpose_tiles.cpp; edges and unusual strides are copied item by item.
#include "kernels/arrays/transpose.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "kernels/lanes.hpp"
#include "kernels/runs.hpp"
#include "kernels/streaming.hpp"

namespace fastlane::kernels {
namespace {

// Bytes of a source row in a block. A block has few rows, so that few pages are open at a time.
constexpr std::ptrdiff_t kBlockBytes = 512;
constexpr std::ptrdiff_t kBlockLines = 4;  // cache lines of a target row in a block

// Every line of the target is written once, whole, and far from the one before it: streaming pays
// as soon as the arrays do not stay in the second cache.
bool streams_lines(std::size_t bytes_touched) {
  static const long level2 = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return bytes_touched >= 4 * static_cast<std::size_t>(std::max(level2, 1L << 20));
}

struct Plane {
  std::byte* target;
  const std::byte* source;
  std::ptrdiff_t rows;     // of the source
  std::ptrdiff_t columns;  // of the source
  std::ptrdiff_t target_strides[2];
  std::ptrdiff_t source_strides[2];

  std::byte* to(std::ptrdiff_t i, std::ptrdiff_t j) const {
    return target + j * target_strides[0] + i * target_strides[1];
  }
  const std::byte* from(std::ptrdiff_t i, std::ptrdiff_t j) const {
    return source + i * source_strides[0] + j * source_strides[1];
  }

  // For the checkpoint. The first rows touch every page of the target, which may be fresh: this
  // takes as long as if all that lies between were written.
  std::size_t work(std::ptrdiff_t first_row, std::ptrdiff_t end_row, std::ptrdiff_t first_column,
                   std::ptrdiff_t end_column, std::size_t item) const {
    const auto lines = static_cast<std::size_t>(end_column - first_column);
    const auto items = static_cast<std::size_t>(end_row - first_row) * lines;
    if (first_row != 0) return items * item;
    return lines * static_cast<std::size_t>(std::abs(target_strides[0]));
  }
};

template <class T>
void copy_items(const Plane& plane, std::ptrdiff_t first_row, std::ptrdiff_t end_row,
                std::ptrdiff_t first_column, std::ptrdiff_t end_column) {
  for (std::ptrdiff_t j = first_column; j < end_column; ++j) {
    for (std::ptrdiff_t i = first_row; i < end_row; ++i) {
      store<T>(plane.to(i, j), load<T>(plane.from(i, j)));
    }
  }
}

// The same in small squares.
template <class T>
void copy_squares(const Plane& plane, std::ptrdiff_t first_row, std::ptrdiff_t first_column,
                  Checkpoint& checkpoint) {
  constexpr std::ptrdiff_t kSquare = 32;
  for (std::ptrdiff_t i = first_row; i < plane.rows; i += kSquare) {
    const std::ptrdiff_t end_row = std::min(plane.rows, i + kSquare);
    for (std::ptrdiff_t j = first_column; j < plane.columns; j += kSquare) {
      const std::ptrdiff_t end_column = std::min(plane.columns, j + kSquare);
      copy_items<T>(plane, i, end_row, j, end_column);
      checkpoint.spend(plane.work(i, end_row, j, end_column, sizeof(T)));
    }
  }
}

// Contract: source rows and target rows have no gaps between their items.
template <class T>
void transpose_tiled(const Plane& plane, Checkpoint& checkpoint, const TransposeTiles& tiles) {
  constexpr std::ptrdiff_t kItem = sizeof(T);
  constexpr std::ptrdiff_t kTileRows = kCacheLine / sizeof(T);
  constexpr std::ptrdiff_t kBlockRows = kBlockLines * kTileRows;
  constexpr std::ptrdiff_t kBlockColumns = kBlockBytes / kItem;
  const auto tile_columns = static_cast<std::ptrdiff_t>(tiles.columns);
  const std::ptrdiff_t rows = plane.rows - plane.rows % kTileRows;
  const std::ptrdiff_t columns = plane.columns - plane.columns % tile_columns;
  const bool streams =
      is_line_aligned(plane.target) &&
      plane.target_strides[0] % static_cast<std::ptrdiff_t>(kCacheLine) == 0 &&
      streams_lines(2 * static_cast<std::size_t>(plane.rows * plane.columns * kItem));
  const TransposeTile tile = streams ? tiles.streaming : tiles.plain;
  for (std::ptrdiff_t first_row = 0; first_row < rows; first_row += kBlockRows) {
    const std::ptrdiff_t end_row = std::min(rows, first_row + kBlockRows);
    for (std::ptrdiff_t first = 0; first < columns; first += kBlockColumns) {
      const std::ptrdiff_t end = std::min(columns, first + kBlockColumns);
      for (std::ptrdiff_t j = first; j < end; j += tile_columns) {
        for (std::ptrdiff_t i = first_row; i < end_row; i += kTileRows) {
          tile(plane.to(i, j), plane.target_strides[0], plane.from(i, j), plane.source_strides[0]);
        }
      }
      checkpoint.spend(plane.work(first_row, end_row, first, end, sizeof(T)));
    }
    copy_items<T>(plane, first_row, end_row, columns, plane.columns);
  }
  copy_squares<T>(plane, rows, 0, checkpoint);
  if (streams) finish_streaming();
}

// The source lies in memory as the target shall: row j of the target is copied from column j.
void copy_rows(const Plane& plane, std::size_t row_bytes, Checkpoint& checkpoint) {
  for (std::ptrdiff_t j = 0; j < plane.columns; ++j) {
    std::memcpy(plane.to(0, j), plane.from(0, j), row_bytes);
    checkpoint.spend(row_bytes);
  }
}

template <class T>
void transpose_items(const Plane& plane, Checkpoint& checkpoint, const TransposeTiles& tiles) {
  constexpr std::ptrdiff_t kItem = sizeof(T);
  if (plane.target_strides[1] == kItem && plane.source_strides[1] == kItem) {
    transpose_tiled<T>(plane, checkpoint, tiles);
  } else if (plane.target_strides[1] == kItem && plane.source_strides[0] == kItem) {
    copy_rows(plane, static_cast<std::size_t>(plane.rows * kItem), checkpoint);
  } else {
    copy_squares<T>(plane, 0, 0, checkpoint);
  }
}

}  // namespace

const TransposeRow& transpose_row() {
  static const TransposeRow& row = cpu::choose(transpose_rows());
  return row;
}

void transpose(const ArrayView& target, const ArrayView& source, Checkpoint& checkpoint,
               const TransposeRow& row) {
  if (source.shape[0] == 0 || source.shape[1] == 0) return;
  const Plane plane = {target.data,
                       source.data,
                       source.shape[0],
                       source.shape[1],
                       {target.strides[0], target.strides[1]},
                       {source.strides[0], source.strides[1]}};
  switch (source.item_size()) {
    case 1:
      transpose_items<std::uint8_t>(plane, checkpoint, row.bytes1);
      break;
    case 2:
      transpose_items<std::uint16_t>(plane, checkpoint, row.bytes2);
      break;
    case 4:
      transpose_items<std::uint32_t>(plane, checkpoint, row.bytes4);
      break;
    default:
      transpose_items<std::uint64_t>(plane, checkpoint, row.bytes8);
      break;
  }
}

}  // namespace fastlane::kernels
