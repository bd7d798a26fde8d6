// From pixels to numbers for a model: (x * scale - mean) / std in each channel, the channels that
// are wanted, in the layout that is wanted, in one pass that writes every output byte once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/array_view.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/image/strips.hpp"

namespace fastlane::kernels::image {

enum class Channels : std::uint8_t { same, luma, rgb, rgb_alpha };
enum class TensorLayout : std::uint8_t { chw, hwc };

inline constexpr std::size_t kMostChannels = 4;

// (x * scale - mean) / std for one channel, as ((x - zero - zero_rest) * slope) + constant: where x
// comes near the value that gives zero, nothing cancels. All roundings are those of float32, the
// same in every CPU row.
struct ChannelMap {
  float zero = 0;
  float zero_rest = 0;
  float slope = 1;
  float constant = 0;

  bool is_identity() const { return zero == 0 && zero_rest == 0 && slope == 1 && constant == 0; }
};

// Contract: std is not zero; never allocates, never throws.
ChannelMap channel_map(double scale, double mean, double std) noexcept;

// How pixels of `from` channels of `sample_bytes` bytes become `to` channels.
struct TensorPlan {
  std::size_t from = 0;
  std::size_t sample_bytes = 1;
  std::size_t to = 0;
  Channels channels = Channels::same;
  TensorLayout layout = TensorLayout::chw;
  DType dtype = DType::float32;  // float32, float16 or uint8
  std::array<ChannelMap, kMostChannels> maps{};
};

std::size_t channels_of(Channels channels, std::size_t from);

// (H, W, C) pixels anywhere in memory, uint8 or uint16.
struct PixelView {
  const std::byte* data;
  std::size_t height;
  std::size_t width;
  std::ptrdiff_t row_stride;
  std::ptrdiff_t pixel_stride;
  std::ptrdiff_t channel_stride;
};

// Writes rows `first` and following of the tensor `out`, which has three axes in the plan's layout.
// Contract: the shapes agree; `pixels` and `out` do not overlap; no allocation, 16 KiB of stack;
// throws what the checkpoint throws.
void write_tensor(const TensorPlan& plan, const PixelView& pixels, const ArrayView& out,
                  std::size_t first, Checkpoint& checkpoint);

// All of `pixels` on at most `threads` threads, 0 being the pool's size.
// Contract: as write_tensor; throws what the pool throws, too.
void normalize(const TensorPlan& plan, const PixelView& pixels, const ArrayView& out,
               std::size_t threads, Checkpoint& checkpoint);

}  // namespace fastlane::kernels::image
