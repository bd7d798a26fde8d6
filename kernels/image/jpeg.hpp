// JPEG pictures through libjpeg-turbo: the head, and the pixels strip by strip. What the library
// only warns of (a file that ends too early, wrong codes) is damage here: a picture is whole or it
// is refused.
#pragma once

#include <cstddef>

#include "kernels/arena.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/image/png.hpp"
#include "kernels/image/strips.hpp"

namespace fastlane::kernels::image {

bool is_jpeg(Bytes file);

struct Jpeg {
  Bytes file;
  PictureShape shape;  // grey or RGB, eight bits
  bool is_progressive = false;
};

// Contract: throws DecodeError (its chunk is "JPEG") and bad_alloc.
Jpeg read_jpeg_head(Bytes file, const PngLimits& limits);

// Gives the sink all rows in order.
// Contract: as decode_png; the library's own memory is bounded by the size of the picture.
void decode_jpeg(const Jpeg& jpeg, StripSink& sink, Checkpoint& checkpoint);

}  // namespace fastlane::kernels::image
