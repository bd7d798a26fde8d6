// libFuzzer's target for picture files: decodes whatever comes, with the CRCs of PNG chunks made
// right first, so that damage reaches what stands behind them. tools/fuzz builds and runs it.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/arena.hpp"
#include "kernels/bytes/crc32.hpp"
#include "kernels/image/decode_error.hpp"
#include "kernels/image/picture.hpp"
#include "kernels/image/sinks.hpp"

namespace {

using fastlane::kernels::Arena;
using fastlane::kernels::ArrayView;
using fastlane::kernels::Checkpoint;
using fastlane::kernels::DType;
namespace image = fastlane::kernels::image;

void mend_checksums(std::vector<std::byte>& file) {
  Checkpoint checkpoint;
  for (std::size_t at = 8; file.size() >= 12 && at <= file.size() - 12;) {
    const std::size_t length = image::read_u32(file.data() + at);
    if (length > file.size() - at - 12) return;
    const std::uint32_t sum =
        fastlane::kernels::crc32(0, {file.data() + at + 4, length + 4}, checkpoint);
    for (std::size_t i = 0; i < 4; ++i) {
      file[at + 8 + length + i] = static_cast<std::byte>(sum >> (24 - 8 * i));
    }
    at += 12 + length;
  }
}

void decode(image::Bytes file) {
  constexpr image::PngLimits kLimits = {std::uint64_t{1} << 20};
  static Arena arena;
  Checkpoint checkpoint;
  const image::Picture picture(file, kLimits, checkpoint);
  const image::PictureShape shape = picture.shape();
  image::TensorPlan plan;
  plan.from = shape.channels;
  plan.sample_bytes = shape.sample_bytes;
  plan.to = 3;
  plan.channels = image::Channels::rgb;
  for (image::ChannelMap& map : plan.maps) map = image::channel_map(1.0 / 255, 0.5, 0.25);
  const std::ptrdiff_t sizes[3] = {3, static_cast<std::ptrdiff_t>(shape.height),
                                   static_cast<std::ptrdiff_t>(shape.width)};
  const std::ptrdiff_t strides[3] = {sizes[1] * sizes[2] * 4, sizes[2] * 4, 4};
  std::vector<float> tensor(3 * shape.height * shape.width);
  const ArrayView out{reinterpret_cast<std::byte*>(tensor.data()), DType::float32, 3, sizes,
                      strides};
  image::TensorSink sink(shape, plan, out, arena);
  picture.decode(sink, arena, checkpoint);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<std::byte> file(size);
  if (size != 0) std::memcpy(file.data(), data, size);
  mend_checksums(file);
  try {
    decode(file);
  } catch (const image::DecodeError&) {
  }
  return 0;
}
