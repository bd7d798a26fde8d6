// From the pixels of a PNG row to samples of eight or sixteen bits: palettes are looked up, fewer
// bits than eight are spread over 0 to 255, a transparent colour becomes an alpha channel.
#pragma once

#include <cstddef>

#include "kernels/image/png.hpp"

namespace fastlane::kernels::image {

// Writes `pixels` pixels with png.channels() samples each; sixteen bits in the machine's order.
// Contract: `row` is an unfiltered row; `out` does not overlap it; never allocates, never throws.
// False when a palette index has no colour; the pixels are undefined then.
[[nodiscard]] bool expand_row(const Png& png, const std::byte* row, std::size_t pixels,
                              std::byte* out);

}  // namespace fastlane::kernels::image
