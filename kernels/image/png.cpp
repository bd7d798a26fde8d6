// Reads the chunks that decide what the pixels are, and refuses what contradicts them.
#include "kernels/image/png.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "kernels/image/decode_error.hpp"

namespace fastlane::kernels::image {
namespace {

constexpr std::uint32_t kIhdr = chunk_type("IHDR");
constexpr std::uint32_t kPlte = chunk_type("PLTE");
constexpr std::uint32_t kIdat = chunk_type("IDAT");
constexpr std::uint32_t kIend = chunk_type("IEND");
constexpr std::uint32_t kTrns = chunk_type("tRNS");
constexpr std::uint32_t kGama = chunk_type("gAMA");

// However many are allowed: more could not be counted in bytes.
constexpr std::uint64_t kMostPixels = std::uint64_t{1} << 48;

// Deflate spends at least two bits on 258 bytes.
constexpr std::size_t kMostInflation = 1032;

bool is_depth_of(Colour colour, unsigned depth) {
  switch (colour) {
    case Colour::grey:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
    case Colour::palette:
      return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case Colour::rgb:
    case Colour::grey_alpha:
    case Colour::rgb_alpha:
      return depth == 8 || depth == 16;
  }
  return false;
}

class Reader {
 public:
  Reader(Bytes file, const PngLimits& limits, Checkpoint& checkpoint)
      : chunks_(file), checkpoint_(checkpoint) {
    const Chunk chunk = chunks_.next(checkpoint_);
    if (chunk.type != kIhdr) chunk.refuse("the first chunk must be IHDR");
    read_header(chunk, limits);
  }

  // Reads what stands before the data and gives the first chunk of it.
  Chunk read_to_data() {
    for (;;) {
      const Chunk chunk = chunks_.next(checkpoint_);
      if (chunk.type == kIdat) {
        if (png_.colour == Colour::palette && png_.palette_size == 0) {
          chunk.refuse("a palette (PLTE) must stand before the data");
        }
        png_.data_offset = chunk.offset;
        return chunk;
      }
      read_before_data(chunk);
    }
  }

  void read_data(Chunk chunk) {
    for (; chunk.type == kIdat; chunk = chunks_.next(checkpoint_)) {
      if (!chunk.data.empty()) png_.data.push_back(chunk.data);
      png_.data_bytes += chunk.data.size();
    }
    for (; chunk.type != kIend; chunk = chunks_.next(checkpoint_)) {
      if (chunk.type == kIdat) chunk.refuse("the data is interrupted by other chunks");
      if (chunk.is_critical()) chunk.refuse("it does not belong behind the data");
    }
    if (!chunk.data.empty()) chunk.refuse("it must be empty");
    if (png_.filtered_bytes() / kMostInflation > png_.data_bytes) {
      throw DecodeError("IDAT", png_.data_offset,
                        std::to_string(png_.data_bytes) + " bytes of data cannot be a picture of " +
                            size_of_picture());
    }
  }

  Png& png() { return png_; }

 private:
  std::string size_of_picture() const {
    return std::to_string(png_.width) + " x " + std::to_string(png_.height);
  }

  void read_header(const Chunk& chunk, const PngLimits& limits) {
    if (chunk.data.size() != 13) chunk.refuse("it must have 13 bytes");
    const std::byte* data = chunk.data.data();
    png_.width = read_u32(data);
    png_.height = read_u32(data + 4);
    const auto number = [&](std::size_t at) { return std::to_integer<unsigned>(data[at]); };
    if (png_.width == 0 || png_.height == 0 || png_.width > 0x7fffffffu ||
        png_.height > 0x7fffffffu) {
      chunk.refuse("a picture of " + size_of_picture() + " is not allowed");
    }
    const unsigned colour = number(9);
    if (colour != 0 && colour != 2 && colour != 3 && colour != 4 && colour != 6) {
      chunk.refuse("there is no colour type " + std::to_string(colour));
    }
    png_.colour = static_cast<Colour>(colour);
    if (!is_depth_of(png_.colour, number(8))) {
      chunk.refuse("bit depth " + std::to_string(number(8)) + " does not go with colour type " +
                   std::to_string(colour));
    }
    png_.bit_depth = static_cast<std::uint8_t>(number(8));
    if (number(10) != 0) chunk.refuse("compression method must be 0");
    if (number(11) != 0) chunk.refuse("filter method must be 0");
    if (number(12) > 1) chunk.refuse("interlace method must be 0 or 1");
    png_.interlaced = number(12) == 1;
    const std::uint64_t pixels = std::uint64_t{png_.width} * png_.height;
    if (pixels > limits.max_pixels) {
      chunk.refuse("a picture of " + size_of_picture() + " has " + std::to_string(pixels) +
                   " pixels, more than max_pixels=" + std::to_string(limits.max_pixels));
    }
  }

  void read_before_data(const Chunk& chunk) {
    switch (chunk.type) {
      case kPlte:
        return read_palette(chunk);
      case kTrns:
        return read_transparency(chunk);
      case kGama:
        return read_gamma(chunk);
      case kIhdr:
        chunk.refuse("it stands twice");
      case kIend:
        throw DecodeError("IDAT", chunk.offset, "the file ends without this chunk");
      default:
        if (chunk.is_critical()) chunk.refuse("this critical chunk is unknown");
    }
  }

  void read_palette(const Chunk& chunk) {
    const std::size_t bytes = chunk.data.size();
    if (png_.palette_size != 0) chunk.refuse("it stands twice");
    if (bytes == 0 || bytes % 3 != 0 || bytes > 3 * 256) {
      chunk.refuse(std::to_string(bytes) + " bytes are no palette");
    }
    png_.palette_size = bytes / 3;
    if (png_.colour != Colour::palette) return;  // a proposal for screens with few colours
    if (png_.palette_size > std::size_t{1} << png_.bit_depth) {
      chunk.refuse("it has more colours than the bit depth can tell apart");
    }
    for (std::size_t i = 0; i < png_.palette_size; ++i) {
      for (std::size_t j = 0; j < 3; ++j) {
        png_.palette[i][j] = std::to_integer<std::uint8_t>(chunk.data[3 * i + j]);
      }
      png_.palette[i][3] = 255;
    }
  }

  void read_transparency(const Chunk& chunk) {
    const std::size_t bytes = chunk.data.size();
    if (png_.has_transparency) chunk.refuse("it stands twice");
    switch (png_.colour) {
      case Colour::palette:
        if (png_.palette_size == 0) chunk.refuse("it must stand behind the palette (PLTE)");
        if (bytes > png_.palette_size) chunk.refuse("it is longer than the palette");
        for (std::size_t i = 0; i < bytes; ++i) {
          png_.palette[i][3] = std::to_integer<std::uint8_t>(chunk.data[i]);
        }
        break;
      case Colour::grey:
      case Colour::rgb:
        if (bytes != 2 * png_.samples()) chunk.refuse("it must hold one sample of each channel");
        for (std::size_t i = 0; i < png_.samples(); ++i) {
          const unsigned sample = read_u16(chunk.data.data() + 2 * i);
          png_.transparent[i] = static_cast<std::uint16_t>(sample & ((1u << png_.bit_depth) - 1));
        }
        break;
      case Colour::grey_alpha:
      case Colour::rgb_alpha:
        chunk.refuse("a picture with an alpha channel has none");
    }
    png_.has_transparency = true;
  }

  void read_gamma(const Chunk& chunk) {
    if (chunk.data.size() != 4) chunk.refuse("it must have 4 bytes");
    const std::uint32_t value = read_u32(chunk.data.data());
    if (value != 0) png_.gamma = value / 100000.0;
  }

  PngChunks chunks_;
  Checkpoint& checkpoint_;
  Png png_;
};

}  // namespace

std::size_t Png::samples() const {
  switch (colour) {
    case Colour::rgb:
      return 3;
    case Colour::grey_alpha:
      return 2;
    case Colour::rgb_alpha:
      return 4;
    case Colour::grey:
    case Colour::palette:
      break;
  }
  return 1;
}

std::size_t Png::channels() const {
  const std::size_t colours = colour == Colour::palette ? 3 : samples();
  return colours + (has_transparency ? 1 : 0);
}

std::size_t Png::filtered_bytes() const {
  const Passes passes = passes_of(*this);
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < passes.count; ++i) {
    const Pass& pass = passes.pass[i];
    if (pass.width != 0) bytes += (1 + row_bytes(pass.width)) * pass.height;
  }
  return bytes;
}

Passes passes_of(const Png& png) {
  if (!png.interlaced) return {{Pass{0, 0, 1, 1, png.width, png.height}}, 1};
  Passes passes{{{{0, 0, 8, 8, 0, 0},
                  {4, 0, 8, 8, 0, 0},
                  {0, 4, 4, 8, 0, 0},
                  {2, 0, 4, 4, 0, 0},
                  {0, 2, 2, 4, 0, 0},
                  {1, 0, 2, 2, 0, 0},
                  {0, 1, 1, 2, 0, 0}}},
                7};
  for (Pass& pass : passes.pass) {
    pass.width = (png.width + pass.x_step - 1 - pass.x_start) / pass.x_step;
    pass.height = (png.height + pass.y_step - 1 - pass.y_start) / pass.y_step;
  }
  return passes;
}

Png read_png_header(Bytes file, const PngLimits& limits, Checkpoint& checkpoint) {
  Reader reader(file, limits, checkpoint);
  static_cast<void>(reader.read_to_data());
  return reader.png();
}

Png read_png(Bytes file, const PngLimits& limits, Checkpoint& checkpoint) {
  Reader reader(file, {std::min(limits.max_pixels, kMostPixels)}, checkpoint);
  reader.read_data(reader.read_to_data());
  return std::move(reader.png());
}

}  // namespace fastlane::kernels::image
