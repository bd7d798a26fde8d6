// Multiplies every element by one number, into other memory or in place.
// float64 and float32 only; float32 is multiplied by the factor rounded to float32, as NumPy does.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/array_view.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/cpu.hpp"

namespace fastlane::kernels {

// target[i] = source[i] * factor for `count` adjacent elements; target may be source itself.
template <class T>
struct ScaleLoops {
  void (*plain)(std::byte* target, const std::byte* source, T factor, std::size_t count);
  // Writes past the caches. Contract: target lies on a cache line, count fills whole cache lines.
  void (*streaming)(std::byte* target, const std::byte* source, T factor, std::size_t count);
};

struct ScaleRow {
  cpu::Level level;
  ScaleLoops<double> float64;
  ScaleLoops<float> float32;
};

std::span<const ScaleRow> scale_rows();  // best first
const ScaleRow& scale_row();             // the one in use

// Contract: target and source have one shape and one dtype, float32 or float64, any strides and
// alignment; they do not overlap, or are the same view; no allocation; throws what `checkpoint`
// and, with other than one thread (0: the pool's size), the pool throws.
void scale(const ArrayView& target, const ArrayView& source, double factor, Checkpoint& checkpoint,
           std::size_t threads = 1, const ScaleRow& row = scale_row());

// Contract: no element of the view is repeated; otherwise as above.
void scale_inplace(const ArrayView& view, double factor, Checkpoint& checkpoint,
                   const ScaleRow& row = scale_row());

}  // namespace fastlane::kernels
