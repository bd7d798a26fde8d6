// One loop for each kind of row.
#include "kernels/image/expand.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "kernels/lanes.hpp"

namespace fastlane::kernels::image {
namespace {

constexpr std::size_t kBlock = 512;

// Samples of less than eight bits stand in a byte from its highest bit down.
template <unsigned kDepth>
void unpack(const std::byte* row, std::size_t first, std::size_t count, std::uint8_t* out) {
  constexpr unsigned kPerByte = 8 / kDepth;
  constexpr unsigned kMask = (1u << kDepth) - 1;
  for (std::size_t i = 0; i < count; ++i) {
    const auto at = first + i;
    const unsigned shift = 8 - kDepth * static_cast<unsigned>(at % kPerByte + 1);
    out[i] =
        static_cast<std::uint8_t>(std::to_integer<unsigned>(row[at / kPerByte]) >> shift & kMask);
  }
}

// The samples [first, first + count) of a row with one sample in each pixel.
const std::uint8_t* samples_of(const Png& png, const std::byte* row, std::size_t first,
                               std::size_t count, std::uint8_t* block) {
  switch (png.bit_depth) {
    case 1:
      unpack<1>(row, first, count, block);
      return block;
    case 2:
      unpack<2>(row, first, count, block);
      return block;
    case 4:
      unpack<4>(row, first, count, block);
      return block;
    default:
      return reinterpret_cast<const std::uint8_t*>(row) + first;
  }
}

template <class Visit>
void for_each_block(const Png& png, const std::byte* row, std::size_t pixels, Visit visit) {
  std::uint8_t block[kBlock];
  for (std::size_t first = 0; first < pixels; first += kBlock) {
    const std::size_t count = std::min(kBlock, pixels - first);
    visit(first, count, samples_of(png, row, first, count, block));
  }
}

bool expand_palette(const Png& png, const std::byte* row, std::size_t pixels, std::uint8_t* out) {
  const std::size_t channels = png.channels();
  unsigned most = 0;
  for_each_block(png, row, pixels,
                 [&](std::size_t, std::size_t count, const std::uint8_t* indices) {
                   for (std::size_t i = 0; i < count; ++i) {
                     most = std::max<unsigned>(most, indices[i]);
                     const auto& colour = png.palette[indices[i]];
                     std::memcpy(out, colour.data(), channels);
                     out += channels;
                   }
                 });
  return most < png.palette_size;
}

void expand_grey(const Png& png, const std::byte* row, std::size_t pixels, std::uint8_t* out) {
  const unsigned factor = 255u / ((1u << png.bit_depth) - 1);
  for_each_block(png, row, pixels,
                 [&](std::size_t, std::size_t count, const std::uint8_t* samples) {
                   for (std::size_t i = 0; i < count; ++i) {
                     *out++ = static_cast<std::uint8_t>(samples[i] * factor);
                     if (png.has_transparency) *out++ = samples[i] == png.transparent[0] ? 0 : 255;
                   }
                 });
}

void expand_rgb_with_key(const Png& png, const std::byte* row, std::size_t pixels,
                         std::uint8_t* out) {
  const auto* samples = reinterpret_cast<const std::uint8_t*>(row);
  for (std::size_t i = 0; i < pixels; ++i, samples += 3, out += 4) {
    std::memcpy(out, samples, 3);
    const bool is_key = samples[0] == png.transparent[0] && samples[1] == png.transparent[1] &&
                        samples[2] == png.transparent[2];
    out[3] = is_key ? 0 : 255;
  }
}

std::uint16_t native(std::uint16_t big_endian) {
  if constexpr (std::endian::native == std::endian::big) return big_endian;
  return static_cast<std::uint16_t>(big_endian << 8 | big_endian >> 8);
}

void swap_16(const std::byte* row, std::size_t samples, std::byte* out) {
  for (std::size_t i = 0; i < samples; ++i) {
    store(out + 2 * i, native(load<std::uint16_t>(row + 2 * i)));
  }
}

void expand_16_with_key(const Png& png, const std::byte* row, std::size_t pixels, std::byte* out) {
  const std::size_t samples = png.samples();
  for (std::size_t i = 0; i < pixels; ++i) {
    bool is_key = true;
    for (std::size_t j = 0; j < samples; ++j) {
      const std::uint16_t sample = native(load<std::uint16_t>(row));
      is_key = is_key && sample == png.transparent[j];
      store(out, sample);
      row += 2;
      out += 2;
    }
    store(out, static_cast<std::uint16_t>(is_key ? 0 : 0xffff));
    out += 2;
  }
}

}  // namespace

bool expand_row(const Png& png, const std::byte* row, std::size_t pixels, std::byte* out) {
  auto* bytes = reinterpret_cast<std::uint8_t*>(out);
  if (png.colour == Colour::palette) return expand_palette(png, row, pixels, bytes);
  if (png.bit_depth == 16) {
    if (png.has_transparency) {
      expand_16_with_key(png, row, pixels, out);
    } else {
      swap_16(row, pixels * png.samples(), out);
    }
  } else if (png.is_plain()) {
    std::memcpy(out, row, pixels * png.samples());
  } else if (png.colour == Colour::rgb) {
    expand_rgb_with_key(png, row, pixels, bytes);
  } else {
    expand_grey(png, row, pixels, bytes);
  }
  return true;
}

}  // namespace fastlane::kernels::image
