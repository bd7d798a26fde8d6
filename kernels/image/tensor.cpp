// Takes pixels block by block: the channels apart, then each channel through its map, then to its
// place. A block stays in the first-level cache, so memory is read once and written once.
#include "kernels/image/tensor.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "kernels/image/tensor_blocks.hpp"
#include "kernels/pool.hpp"
#include "kernels/shares.hpp"
#include "kernels/streaming.hpp"

namespace fastlane::kernels::image {
namespace {

// Beyond this, x - zero would have nothing left of x.
constexpr double kFarZero = 16777216.0;

// How the three axes of the tensor lie in memory.
struct TensorStrides {
  std::ptrdiff_t row, column, channel;
};

TensorStrides strides_of(const TensorPlan& plan, const ArrayView& out) {
  if (plan.layout == TensorLayout::chw) return {out.strides[1], out.strides[2], out.strides[0]};
  return {out.strides[0], out.strides[1], out.strides[2]};
}

}  // namespace

ChannelMap channel_map(double scale, double mean, double std) noexcept {
  const double zero = mean / scale;
  ChannelMap map;
  map.slope = static_cast<float>(scale / std);
  if (std::abs(zero) < kFarZero) {
    map.zero = static_cast<float>(zero);
    map.zero_rest = static_cast<float>(zero - static_cast<double>(map.zero));
  } else {
    map.constant = static_cast<float>(-mean / std);
  }
  return map;
}

std::size_t channels_of(Channels channels, std::size_t from) {
  switch (channels) {
    case Channels::luma:
      return 1;
    case Channels::rgb:
      return 3;
    case Channels::rgb_alpha:
      return 4;
    case Channels::same:
      break;
  }
  return from;
}

void write_tensor(const TensorPlan& plan, const PixelView& pixels, const ArrayView& out,
                  std::size_t first, Checkpoint& checkpoint) {
  const TensorStrides strides = strides_of(plan, out);
  const std::size_t pixel_bytes = plan.from * plan.sample_bytes + plan.to * size_of(plan.dtype);
  BlockJob job;
  job.plan = &plan;
  job.pixel_stride = pixels.pixel_stride;
  job.channel_stride = pixels.channel_stride;
  job.out_stride = strides.column;
  job.out_channel_stride = strides.channel;
  const std::size_t all_pixels = out.size() / plan.to;
  job.streams = strides.column == static_cast<std::ptrdiff_t>(size_of(plan.dtype)) &&
                pays_to_stream(all_pixels * pixel_bytes);
  for (std::size_t row = 0; row < pixels.height; ++row) {
    const std::byte* from = pixels.data + static_cast<std::ptrdiff_t>(row) * pixels.row_stride;
    std::byte* to = out.data + static_cast<std::ptrdiff_t>(first + row) * strides.row;
    for (std::size_t column = 0; column < pixels.width; column += job.count) {
      const auto at = static_cast<std::ptrdiff_t>(column);
      job.pixels = from + at * pixels.pixel_stride;
      job.out = to + at * strides.column;
      // Blocks that are streamed end where a cache line does.
      const std::size_t into_line =
          job.streams ? reinterpret_cast<std::uintptr_t>(job.out) % kCacheLine : 0;
      job.count = std::min(kPixelsOfBlock - into_line / size_of(plan.dtype), pixels.width - column);
      write_block(job);
    }
    checkpoint.spend(pixels.width * pixel_bytes);
  }
  if (job.streams) finish_streaming();
}

void normalize(const TensorPlan& plan, const PixelView& pixels, const ArrayView& out,
               std::size_t threads, Checkpoint& checkpoint) {
  const std::size_t workers = threads_for(out.size() * size_of(plan.dtype), threads);
  if (workers == 1) return write_tensor(plan, pixels, out, 0, checkpoint);
  const std::size_t shares = std::min(pixels.height, kMostShares);
  pool().parallel_for(
      shares,
      [&](std::size_t share, Checkpoint& mine) {
        const std::size_t first = pixels.height * share / shares;
        PixelView part = pixels;
        part.data += static_cast<std::ptrdiff_t>(first) * pixels.row_stride;
        part.height = pixels.height * (share + 1) / shares - first;
        write_tensor(plan, part, out, first, mine);
      },
      checkpoint, workers);
}

}  // namespace fastlane::kernels::image
