// One block of a row of pixels, from its channels side by side to a tensor. The loops stand once;
// there is a function for each CPU row, sample type and element type.
#pragma once

#include <cstddef>

#include "kernels/image/tensor.hpp"

namespace fastlane::kernels::image {

inline constexpr std::size_t kPixelsOfBlock = 1024;

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

using WriteBlock = void (*)(const BlockJob& job);

// The function for samples of so many bytes and elements of that type, for this CPU.
WriteBlock block_writer(std::size_t sample_bytes, DType dtype);

}  // namespace fastlane::kernels::image
