// Undoes the filters of PNG rows. Rows whose filters look at the row above are taken several at
// once, each one pixel behind the one above it, so that a vector holds one pixel of each row and
// the filters may be mixed.
#pragma once

#include <cstddef>
#include <string_view>

namespace fastlane::kernels::image {

// Rows as they come out of the compressed data: a byte that names the filter, then `row_bytes`.
struct FilteredRows {
  const std::byte* data;
  std::size_t count;
  std::size_t row_bytes;
  std::size_t distance;  // from a byte to the one that the filter looks at: 1 to 8
};

inline constexpr std::size_t kAllRows = ~std::size_t{0};

// Writes `count` rows of `row_bytes` each to `out`, `out_stride` apart. `above` is the row above
// the first: zeros for the first row of a picture.
// Contract: rows.row_bytes > 0; `out` overlaps neither the rows nor, unless `above` is the row
// before it, `above`; never allocates, never throws. The index of the first row whose filter does
// not exist, with nothing written; otherwise kAllRows.
std::size_t unfilter(const FilteredRows& rows, const std::byte* above, std::byte* out,
                     std::ptrdiff_t out_stride);

// How many rows are taken at once: strips that are a multiple of it are fastest.
std::size_t rows_at_once();

}  // namespace fastlane::kernels::image
