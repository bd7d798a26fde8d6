// What a PNG file says about its picture: header, palette, transparency, and where its compressed
// data lies. Everything is checked that the pixels depend on; nothing is decompressed here.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "kernels/checkpoint.hpp"
#include "kernels/image/png_chunks.hpp"

namespace fastlane::kernels::image {

enum class Colour : std::uint8_t { grey = 0, rgb = 2, palette = 3, grey_alpha = 4, rgb_alpha = 6 };

struct Png {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint8_t bit_depth = 0;
  Colour colour = Colour::grey;
  bool interlaced = false;
  std::optional<double> gamma;

  std::size_t palette_size = 0;
  std::array<std::array<std::uint8_t, 4>, 256> palette{};  // RGBA
  bool has_transparency = false;                           // a tRNS chunk
  std::array<std::uint16_t, 3> transparent{};  // the sample or colour that it makes transparent

  // The compressed data in pieces, and the offset of the first IDAT chunk.
  std::vector<Bytes> data;
  std::size_t data_offset = 0;
  std::size_t data_bytes = 0;

  // In the file.
  std::size_t samples() const;
  std::size_t bits_per_pixel() const { return samples() * bit_depth; }
  std::size_t row_bytes(std::size_t pixels) const { return (pixels * bits_per_pixel() + 7) / 8; }
  // Bytes from a pixel to the one that its filter looks at.
  std::size_t filter_distance() const { return bits_per_pixel() < 8 ? 1 : bits_per_pixel() / 8; }
  // What the compressed data must give, filter bytes and all passes included.
  std::size_t filtered_bytes() const;

  // In the decoded picture.
  std::size_t channels() const;
  std::size_t sample_bytes() const { return bit_depth == 16 ? 2 : 1; }
  // True when the rows in the file are those of the decoded picture.
  bool is_plain() const { return bit_depth == 8 && colour != Colour::palette && !has_transparency; }
};

// One pass of an interlaced picture, or all of one that is not.
struct Pass {
  std::uint32_t x_start, y_start, x_step, y_step;
  std::uint32_t width, height;  // of the pass; nothing of it is in the file when one is zero
};
struct Passes {
  std::array<Pass, 7> pass;
  std::size_t count;
};
Passes passes_of(const Png& png);

struct PngLimits {
  std::uint64_t max_pixels = std::uint64_t{1} << 28;
};

// Reads up to the first IDAT chunk.
// Contract: allocates only for messages; throws DecodeError, and what the checkpoint throws.
Png read_png_header(Bytes file, const PngLimits& limits, Checkpoint& checkpoint);

// Reads the whole file, whose memory the result refers to.
// Contract: allocates at most twice the size of the file, for the list of pieces; throws
// DecodeError, bad_alloc, and what the checkpoint throws.
Png read_png(Bytes file, const PngLimits& limits, Checkpoint& checkpoint);

}  // namespace fastlane::kernels::image
