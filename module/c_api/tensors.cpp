// Pixels to a tensor, for C: normalize.
#include <algorithm>

#include "kernels/checkpoint.hpp"
#include "kernels/image/tensor.hpp"
#include "module/c_api/status.hpp"

namespace fastlane::c_api {
namespace {

namespace image = kernels::image;
using kernels::DType;

image::PixelView pixels_of(const CheckedArray& array) {
  array.need_dimensions(3);
  const kernels::ArrayView& view = array.view();
  if (view.dtype != DType::uint8 && view.dtype != DType::uint16) {
    array.refuse_dtype("uint8 or uint16");
  }
  if (view.shape[2] < 1 || view.shape[2] > static_cast<std::ptrdiff_t>(image::kMostChannels)) {
    array.refuse_value("of 1 to 4 channels", std::to_string(view.shape[2]));
  }
  return {view.data,
          static_cast<std::size_t>(view.shape[0]),
          static_cast<std::size_t>(view.shape[1]),
          view.strides[0],
          view.strides[1],
          view.strides[2]};
}

image::Channels wanted_channels(int channels) {
  switch (channels) {
    case 0:
      return image::Channels::same;
    case 1:
      return image::Channels::luma;
    case 3:
      return image::Channels::rgb;
    case 4:
      return image::Channels::rgb_alpha;
    default:
      throw Refusal{FLN_BAD_VALUE, "'how->channels' must be 0, 1, 3 or 4"};
  }
}

image::TensorPlan plan_of(const CheckedArray& pixels, const fln_normalization& how,
                          const CheckedArray& out) {
  image::TensorPlan plan;
  plan.from = static_cast<std::size_t>(pixels.view().shape[2]);
  plan.sample_bytes = pixels.view().item_size();
  plan.channels = wanted_channels(how.channels);
  plan.to = image::channels_of(plan.channels, plan.from);
  plan.layout = how.channels_last != 0 ? image::TensorLayout::hwc : image::TensorLayout::chw;
  plan.dtype = out.view().dtype;
  if (plan.dtype != DType::float32 && plan.dtype != DType::float16 && plan.dtype != DType::uint8) {
    out.refuse_dtype("float32, float16 or uint8");
  }
  const double scale = how.scale != 0           ? how.scale
                       : plan.sample_bytes == 2 ? 1.0 / 65535
                                                : 1.0 / 255;
  for (std::size_t channel = 0; channel < plan.to; ++channel) {
    if (how.std[channel] == 0) throw Refusal{FLN_BAD_VALUE, "'how->std' must not be 0"};
    plan.maps[channel] = image::channel_map(scale, how.mean[channel], how.std[channel]);
  }
  return plan;
}

void check_output(const CheckedArray& out, const image::PixelView& pixels,
                  const image::TensorPlan& plan) {
  if (plan.layout == image::TensorLayout::chw) {
    out.need_shape({plan.to, pixels.height, pixels.width});
  } else {
    out.need_shape({pixels.height, pixels.width, plan.to});
  }
}

}  // namespace
}  // namespace fastlane::c_api

int fln_normalize(const fln_array* pixels, const fln_normalization* how, const fln_array* out,
                  fln_error* error) {
  using fastlane::c_api::CheckedArray;
  return fastlane::c_api::guarded(error, [&] {
    const CheckedArray source("pixels", pixels);
    const CheckedArray target("out", out);
    const auto view = fastlane::c_api::pixels_of(source);
    const auto plan = fastlane::c_api::plan_of(source, *how, target);
    fastlane::c_api::check_output(target, view, plan);
    target.need_memory_apart_from(source);
    fastlane::kernels::Checkpoint checkpoint;
    fastlane::kernels::image::normalize(plan, view, target.view(), 1, checkpoint);
  });
}
