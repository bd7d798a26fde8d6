// sin(0), sin(1), sin(2) ... as float32: the article's transform. The sine is taken in float64 and
// rounded once.
#pragma once

#include "kernels/array_view.hpp"
#include "kernels/checkpoint.hpp"

namespace fastlane::kernels {

// Contract: `target` is a one-dimensional float32 view; no allocation; throws what `checkpoint`
// throws.
void sines(const ArrayView& target, Checkpoint& checkpoint);

}  // namespace fastlane::kernels
