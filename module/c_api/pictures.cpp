// PNG files, for C: png_info and png_decode.
#include <limits>

#include "kernels/arena.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/image/decode_error.hpp"
#include "kernels/image/decode_png.hpp"
#include "kernels/image/sinks.hpp"
#include "module/c_api/status.hpp"

namespace fastlane::c_api {
namespace {

namespace image = kernels::image;
using kernels::Checkpoint;
using kernels::DType;

constexpr image::PngLimits kAnySize = {std::numeric_limits<std::uint64_t>::max()};

image::Bytes file_of(const void* file, std::size_t size) noexcept {
  return {static_cast<const std::byte*>(file), size};
}

DType dtype_of(const image::PictureShape& shape) noexcept {
  return shape.sample_bytes == 2 ? DType::uint16 : DType::uint8;
}

template <class Work>
int guarded_decoding(fln_error* error, Work&& work) noexcept {
  return guarded(error, [&] {
    try {
      work();
    } catch (const image::DecodeError& damage) {
      throw Refusal{FLN_BAD_DATA, damage.what()};
    }
  });
}

}  // namespace
}  // namespace fastlane::c_api

int fln_png_info(const void* file, size_t size, fln_picture* picture, fln_error* error) {
  return fastlane::c_api::guarded_decoding(error, [&] {
    fastlane::kernels::Checkpoint checkpoint;
    const auto png = fastlane::kernels::image::read_png_header(
        fastlane::c_api::file_of(file, size), fastlane::c_api::kAnySize, checkpoint);
    const auto shape = shape_of(png);
    *picture = {.width = shape.width,
                .height = shape.height,
                .channels = shape.channels,
                .dtype = static_cast<int>(fastlane::c_api::dtype_of(shape)),
                .bit_depth = png.bit_depth,
                .colour_type = static_cast<int>(png.colour),
                .interlaced = png.interlaced ? 1 : 0};
  });
}

int fln_png_decode(const void* file, size_t size, const fln_array* out, fln_error* error) {
  return fastlane::c_api::guarded_decoding(error, [&] {
    const fastlane::c_api::CheckedArray pixels("out", out);
    fastlane::kernels::Checkpoint checkpoint;
    const auto png = fastlane::kernels::image::read_png(fastlane::c_api::file_of(file, size),
                                                        fastlane::c_api::kAnySize, checkpoint);
    const auto shape = shape_of(png);
    pixels.need_dtype(fastlane::c_api::dtype_of(shape));
    pixels.need_shape({shape.height, shape.width, shape.channels});
    pixels.need_separate_elements();
    fastlane::kernels::Arena& arena = fastlane::kernels::default_arena();
    fastlane::kernels::image::PixelSink sink(shape, pixels.view(), arena);
    decode_png(png, sink, arena, checkpoint);
  });
}
