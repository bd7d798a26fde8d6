// A block stays in the first-level cache between its steps, so memory is read and written once.
#include "kernels/image/tensor_blocks.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "kernels/lanes.hpp"
#include "kernels/streaming.hpp"

namespace fastlane::kernels::image {
namespace {

constexpr std::size_t kLargestSample = sizeof(std::uint16_t);

// The same number of elements of 1, 2 or 4 bytes, at other distances.
template <class Element>
void copy_elements(const std::byte* from, std::ptrdiff_t from_stride, std::byte* to,
                   std::ptrdiff_t to_stride, std::size_t count) {
  for (; count != 0; --count, from += from_stride, to += to_stride) {
    store(to, load<Element>(from));
  }
}

void copy_strided(std::size_t item, const std::byte* from, std::ptrdiff_t from_stride,
                  std::byte* to, std::ptrdiff_t to_stride, std::size_t count) {
  const auto side_by_side = static_cast<std::ptrdiff_t>(item);
  if (from_stride == side_by_side && to_stride == side_by_side) {
    std::memcpy(to, from, count * item);
  } else if (item == 1) {
    copy_elements<std::uint8_t>(from, from_stride, to, to_stride, count);
  } else if (item == 2) {
    copy_elements<std::uint16_t>(from, from_stride, to, to_stride, count);
  } else {
    copy_elements<std::uint32_t>(from, from_stride, to, to_stride, count);
  }
}

// Past the caches, in whole lines; what is left at both ends takes the ordinary way.
void stream(const TensorSteps& steps, const std::byte* from, std::size_t bytes, std::byte* to) {
  const std::size_t before = std::min(bytes, -reinterpret_cast<std::uintptr_t>(to) % kCacheLine);
  std::memcpy(to, from, before);
  const std::size_t lines = (bytes - before) / kCacheLine;
  steps.stream(to + before, from + before, lines);
  const std::size_t done = before + lines * kCacheLine;
  std::memcpy(to + done, from + done, bytes - done);
}

class BlockWriter {
 public:
  explicit BlockWriter(const BlockJob& job)
      : job_(job), plan_(*job.plan), steps_(tensor_steps()), sample_(plan_.sample_bytes) {
    for (std::size_t channel = 0; channel < kMostChannels; ++channel) {
      source_[channel] = planes_ + channel * kPixelsOfBlock * sample_;
    }
  }

  void write() {
    split_channels();
    choose_channels();
    for (std::size_t channel = 0; channel < plan_.to; ++channel) {
      write_channel(source_[channel], plan_.maps[channel],
                    job_.out + static_cast<std::ptrdiff_t>(channel) * job_.out_channel_stride);
    }
  }

 private:
  void split_channels() {
    const auto sample = static_cast<std::ptrdiff_t>(sample_);
    const std::size_t channels = plan_.from;
    const auto width = static_cast<std::ptrdiff_t>(channels) * sample;
    const bool is_backward = job_.channel_stride == -sample;
    if (channels > 1 && job_.pixel_stride == width &&
        (is_backward || job_.channel_stride == sample)) {
      const std::byte* pixels = is_backward ? job_.pixels - width + sample : job_.pixels;
      steps_.split[sample_ - 1][channels - 2](pixels, job_.count, planes_);
      if (is_backward) std::reverse(source_, source_ + channels);
      return;
    }
    for (std::size_t channel = 0; channel < channels; ++channel) {
      const std::byte* from =
          job_.pixels + static_cast<std::ptrdiff_t>(channel) * job_.channel_stride;
      copy_strided(sample_, from, job_.pixel_stride, source_[channel], sample, job_.count);
    }
  }

  // The fourth plane is free wherever something is made here: there is no such channel, or nobody
  // wants it.
  void choose_channels() {
    const std::size_t from = plan_.from;
    const Channels wanted = plan_.channels;
    if (wanted == Channels::same || (wanted == Channels::luma && from <= 2)) return;
    if (wanted == Channels::luma) {
      steps_.luma[sample_ - 1](source_[0], source_[1], source_[2], job_.count, source_[3]);
      source_[0] = source_[3];
      return;
    }
    if (wanted == Channels::rgb_alpha) {
      if (from == 2) source_[3] = source_[1];
      if (from % 2 == 1) std::memset(source_[3], 0xff, job_.count * sample_);
    }
    if (from <= 2) source_[1] = source_[2] = source_[0];
  }

  void write_channel(const std::byte* samples, const ChannelMap& map, std::byte* out) {
    const std::size_t element = size_of(plan_.dtype);
    const auto side_by_side = static_cast<std::ptrdiff_t>(element);
    const bool is_aligned = reinterpret_cast<std::uintptr_t>(out) % element == 0;
    if (job_.streams && map_streams() && is_aligned) {
      map_to_lines(samples, map, reinterpret_cast<float*>(out));
    } else if (job_.streams) {
      convert(samples, map, line_);
      stream(steps_, line_, job_.count * element, out);
    } else if (job_.out_stride == side_by_side && is_aligned) {
      convert(samples, map, out);
    } else {
      convert(samples, map, line_);
      copy_strided(element, line_, side_by_side, out, job_.out_stride, job_.count);
    }
  }

  // True when the map itself can write past the caches.
  bool map_streams() const {
    return steps_.map_streaming != nullptr && sample_ == 1 && plan_.dtype == DType::float32;
  }

  // Whole lines past the caches; what is left at both ends takes the ordinary way.
  void map_to_lines(const std::byte* samples, const ChannelMap& map, float* out) {
    constexpr std::size_t kFloatsOfLine = kCacheLine / sizeof(float);
    const std::size_t before =
        std::min(job_.count, -reinterpret_cast<std::uintptr_t>(out) % kCacheLine / sizeof(float));
    const std::size_t in_lines = (job_.count - before) / kFloatsOfLine * kFloatsOfLine;
    const std::size_t done = before + in_lines;
    steps_.map[0](samples, before, map, out);
    steps_.map_streaming(samples + before, in_lines, map, out + before);
    steps_.map[0](samples + done, job_.count - done, map, out + done);
  }

  // To elements side by side.
  void convert(const std::byte* samples, const ChannelMap& map, std::byte* out) {
    const auto to_numbers = steps_.map[sample_ - 1];
    if (plan_.dtype == DType::float32) {
      to_numbers(samples, job_.count, map, reinterpret_cast<float*>(out));
    } else if (plan_.dtype == DType::float16) {
      to_numbers(samples, job_.count, map, numbers_);
      steps_.halve(numbers_, job_.count, reinterpret_cast<Half*>(out));
    } else if (sample_ == 1 && map.is_identity()) {
      std::memcpy(out, samples, job_.count);
    } else {
      to_numbers(samples, job_.count, map, numbers_);
      steps_.round(numbers_, job_.count, reinterpret_cast<std::uint8_t*>(out));
    }
  }

  const BlockJob& job_;
  const TensorPlan& plan_;
  const TensorSteps& steps_;
  std::size_t sample_;                // in bytes
  std::byte* source_[kMostChannels];  // by channel of the tensor
  alignas(kCacheLine) std::byte planes_[kMostChannels * kPixelsOfBlock * kLargestSample];
  alignas(kCacheLine) float numbers_[kPixelsOfBlock];
  alignas(kCacheLine) std::byte line_[kPixelsOfBlock * sizeof(float)];
};

}  // namespace

void write_block(const BlockJob& job) noexcept { BlockWriter(job).write(); }

}  // namespace fastlane::kernels::image
