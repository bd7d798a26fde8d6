// The two ends of a decoder.
#include "kernels/image/sinks.hpp"

#include <cstring>

namespace fastlane::kernels::image {

Place StripMemory::of(std::size_t count) {
  const std::size_t bytes = count * shape_.row_bytes();
  if (memory_.bytes() < bytes) {
    memory_.give_back();
    memory_ = arena_.allocate(bytes);
  }
  return {memory_.data(), static_cast<std::ptrdiff_t>(shape_.row_bytes())};
}

PixelView StripMemory::view(std::size_t count) const {
  const auto sample = static_cast<std::ptrdiff_t>(shape_.sample_bytes);
  return {memory_.data(),
          count,
          shape_.width,
          static_cast<std::ptrdiff_t>(shape_.row_bytes()),
          static_cast<std::ptrdiff_t>(shape_.channels) * sample,
          sample};
}

PixelSink::PixelSink(const PictureShape& shape, const ArrayView& out, Arena& arena)
    : shape_(shape), out_(out), memory_(shape, arena) {
  const auto sample = static_cast<std::ptrdiff_t>(shape.sample_bytes);
  const auto pixel = static_cast<std::ptrdiff_t>(shape.channels) * sample;
  is_direct_ = (shape.channels == 1 || out.strides[2] == sample) &&
               (shape.width == 1 || out.strides[1] == pixel);
}

Place PixelSink::place(std::size_t first, std::size_t count) {
  if (!is_direct_) return memory_.of(count);
  return {out_.data + static_cast<std::ptrdiff_t>(first) * out_.strides[0], out_.strides[0]};
}

void PixelSink::done(std::size_t first, std::size_t count, Checkpoint& checkpoint) {
  if (is_direct_) return;
  const std::size_t sample = shape_.sample_bytes;
  const std::byte* from = memory_.of(count).rows;
  for (std::size_t row = 0; row < count; ++row) {
    std::byte* pixel = out_.data + static_cast<std::ptrdiff_t>(first + row) * out_.strides[0];
    for (std::size_t column = 0; column < shape_.width; ++column, pixel += out_.strides[1]) {
      std::byte* to = pixel;
      for (std::size_t channel = 0; channel < shape_.channels; ++channel) {
        std::memcpy(to, from, sample);
        from += sample;
        to += out_.strides[2];
      }
    }
    checkpoint.spend(4 * shape_.row_bytes());
  }
}

Place TensorSink::place(std::size_t, std::size_t count) { return memory_.of(count); }

void TensorSink::done(std::size_t first, std::size_t count, Checkpoint& checkpoint) {
  write_tensor(plan_, memory_.view(count), out_, first, checkpoint);
}

}  // namespace fastlane::kernels::image
