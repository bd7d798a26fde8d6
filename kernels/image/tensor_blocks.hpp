// One block of a row of pixels, from its channels side by side to a tensor: channels apart, those
// that are wanted, through their maps, to their places.
#pragma once

#include <cstddef>

#include "kernels/image/tensor.hpp"
#include "kernels/image/tensor_steps.hpp"

namespace fastlane::kernels::image {

struct BlockJob {
  const TensorPlan* plan = nullptr;
  const std::byte* pixels = nullptr;
  std::ptrdiff_t pixel_stride = 0;
  std::ptrdiff_t channel_stride = 0;
  std::size_t count = 0;  // of pixels, at most kPixelsOfBlock
  std::byte* out = nullptr;
  std::ptrdiff_t out_stride = 0;  // from pixel to pixel
  std::ptrdiff_t out_channel_stride = 0;
  bool streams = false;  // past the caches; needs elements side by side
};

// Contract: 16 KiB of stack, no allocation, no exceptions.
void write_block(const BlockJob& job) noexcept;

}  // namespace fastlane::kernels::image
