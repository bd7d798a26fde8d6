// The keywords that to_tensor, normalize and load_batch have in common.
#pragma once

#include <Python.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "kernels/image/png.hpp"
#include "kernels/image/tensor.hpp"
#include "module/boundary/arguments.hpp"
#include "module/boundary/dtype.hpp"

namespace fastlane {

// One number for all channels, or one for each.
struct PerChannel {
  std::array<double, kernels::image::kMostChannels> values{};
  std::size_t count = 1;

  double of(std::size_t channel) const { return values[count == 1 ? 0 : channel]; }
  bool fits(std::size_t channels) const { return count == 1 || count == channels; }
};

class TensorOptions {
 public:
  // For the list of parameters; borrowed from args.
  PyObject* mean_arg = nullptr;
  PyObject* std_arg = nullptr;
  PyObject* scale_arg = nullptr;
  PyObject* layout_arg = nullptr;
  ObjectOrNone channels_arg;
  PyObject* dtype_arg = nullptr;

  // False with an exception set.
  bool read(Arguments& args);

  DType dtype() const noexcept { return dtype_; }
  kernels::image::Channels channels() const noexcept { return channels_; }

  // Whether mean and std have as many numbers as the tensor has channels.
  bool fits(std::size_t channels) const { return mean_.fits(channels) && std_.fits(channels); }
  // Sets the exception that says so, and returns null.
  PyObject* refuse_count(PyObject* module, const char* function, std::size_t channels) const;

  // Contract: `fits` the channels that come out.
  kernels::image::TensorPlan plan(std::size_t channels, std::size_t sample_bytes) const;
  // Of a picture of that size: (C, H, W) or (H, W, C).
  std::array<std::ptrdiff_t, 3> shape(const kernels::image::TensorPlan& plan, std::size_t height,
                                      std::size_t width) const;

 private:
  bool read_scale(Arguments& args);
  bool read_layout(Arguments& args);
  bool read_channels(Arguments& args);
  bool read_dtype(Arguments& args);

  PerChannel mean_;
  PerChannel std_;
  std::optional<double> scale_;
  kernels::image::TensorLayout layout_ = kernels::image::TensorLayout::chw;
  kernels::image::Channels channels_ = kernels::image::Channels::rgb;
  DType dtype_ = DType::float32;
};

// Keyword max_pixels. False with an exception set.
struct PixelLimit {
  std::int64_t most = std::int64_t{1} << 28;

  bool check(const Arguments& args) const {
    return most >= 1 || args.wrong_value("max_pixels", "1 or more", std::to_string(most));
  }
  kernels::image::PngLimits limits() const { return {static_cast<std::uint64_t>(most)}; }
};

}  // namespace fastlane
