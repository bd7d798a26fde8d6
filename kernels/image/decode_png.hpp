// From the compressed data of a PNG picture to rows of pixels, strip by strip, so that what one
// step writes is still in the cache when the next one reads it.
#pragma once

#include "kernels/arena.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/image/png.hpp"
#include "kernels/image/strips.hpp"

namespace fastlane::kernels::image {

PictureShape shape_of(const Png& png);

// Gives the sink all rows in order; an interlaced picture in one strip.
// Contract: the workspace comes from `arena` and goes back to it; throws DecodeError, bad_alloc and
// what the checkpoint and the sink throw. What the sink has got by then is no picture.
void decode_png(const Png& png, StripSink& sink, Arena& arena, Checkpoint& checkpoint);

}  // namespace fastlane::kernels::image
