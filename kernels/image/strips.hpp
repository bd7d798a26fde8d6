// How decoded rows reach whoever wants them: a decoder asks for a place for the next rows, writes
// them there and says so. The place may be the result itself or memory that is used again.
#pragma once

#include <cstddef>

#include "kernels/checkpoint.hpp"

namespace fastlane::kernels::image {

// Of a decoded picture: rows of pixels, each with its channels side by side.
struct PictureShape {
  std::size_t height = 0;
  std::size_t width = 0;
  std::size_t channels = 0;
  std::size_t sample_bytes = 1;  // 1: uint8, 2: uint16 in the machine's byte order

  std::size_t row_bytes() const { return width * channels * sample_bytes; }
};

struct Place {
  std::byte* rows;
  std::ptrdiff_t stride;  // in bytes, from row to row
};

class StripSink {
 public:
  StripSink() = default;
  StripSink(const StripSink&) = delete;
  StripSink& operator=(const StripSink&) = delete;
  virtual ~StripSink() = default;

  // Where rows `first` to `first + count` are to be written. May throw bad_alloc.
  virtual Place place(std::size_t first, std::size_t count) = 0;
  // They have been written. May throw what the checkpoint throws.
  virtual void done(std::size_t first, std::size_t count, Checkpoint& checkpoint) = 0;
};

}  // namespace fastlane::kernels::image
