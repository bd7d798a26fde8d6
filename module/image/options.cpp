// Reads the keywords, and says what is wrong with them.
#include "module/image/options.hpp"

#include <cmath>
#include <string>
#include <string_view>

#include "module/boundary/dtype.hpp"
#include "module/boundary/errors.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/numpy_api.hpp"

namespace fastlane {
namespace {

namespace image = kernels::image;

// A number as a double; false with an exception set.
bool read_number(Arguments& args, const char* argument, PyObject* object, double& number) {
  if (!PyFloat_Check(object) && !PyIndex_Check(object) && PyNumber_Check(object) == 0) {
    return args.wrong_type(argument, "a number or a sequence of numbers", describe_object(object));
  }
  number = PyFloat_AsDouble(object);  // may run Python
  if (number == -1.0 && PyErr_Occurred() != nullptr) {
    if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
      PyErr_Clear();
      return args.wrong_value(argument, "a number within float64", "one beyond it");
    }
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) return false;
    PyErr_Clear();
    return args.wrong_type(argument, "a number or a sequence of numbers", describe_object(object));
  }
  if (std::isfinite(number)) return true;
  return args.wrong_value(argument, "finite", "nan or inf");
}

bool is_sequence(PyObject* object) {
  return PyTuple_Check(object) || PyList_Check(object) ||
         (PyArray_Check(object) && PyArray_NDIM(reinterpret_cast<PyArrayObject*>(object)) > 0);
}

bool read_per_channel(Arguments& args, const char* argument, PyObject* object, PerChannel& read) {
  if (object == nullptr) return true;
  if (!is_sequence(object)) return read_number(args, argument, object, read.values[0]);
  OwnedRef numbers = OwnedRef::from_new(PySequence_Tuple(object));  // new: stays as it is
  if (!numbers) return false;
  const Py_ssize_t count = PyTuple_GET_SIZE(numbers.borrow());
  bool done = count >= 1 && count <= static_cast<Py_ssize_t>(image::kMostChannels);
  if (!done) {
    args.wrong_value(argument, "one number, or one for each channel",
                     std::to_string(count) + " numbers");
  }
  read.count = static_cast<std::size_t>(count);
  for (Py_ssize_t i = 0; done && i < count; ++i) {
    done = read_number(args, argument, PyTuple_GET_ITEM(numbers.borrow(), i),
                       read.values[static_cast<std::size_t>(i)]);
  }
  numbers.decref();
  return done;
}

// The text of a str, or nothing. What cannot be UTF-8 is no name of ours.
std::optional<std::string_view> text_of(PyObject* object) {
  if (!PyUnicode_Check(object)) return std::nullopt;
  if (PyUnicode_IS_ASCII(object) == 0) return "";
  return std::string_view(static_cast<const char*>(PyUnicode_DATA(object)),
                          static_cast<std::size_t>(PyUnicode_GET_LENGTH(object)));
}

std::string quoted(std::string_view text) { return "'" + std::string(text) + "'"; }

}  // namespace

bool TensorOptions::read(Arguments& args) {
  std_.values[0] = 1.0;
  if (!read_per_channel(args, "mean", mean_arg, mean_) ||
      !read_per_channel(args, "std", std_arg, std_) || !read_scale(args) || !read_layout(args) ||
      !read_channels(args) || !read_dtype(args)) {
    return false;
  }
  for (std::size_t i = 0; i < std_.count; ++i) {
    if (std_.values[i] == 0) return args.wrong_value("std", "different from zero", "0");
  }
  const std::size_t channels = channels_of(channels_, 0);
  if (channels == 0 || fits(channels)) return true;
  const bool is_mean = !mean_.fits(channels);
  return args.wrong_value(is_mean ? "mean" : "std",
                          "one number, or " + std::to_string(channels) + " for these channels",
                          std::to_string(is_mean ? mean_.count : std_.count) + " numbers");
}

bool TensorOptions::read_scale(Arguments& args) {
  if (scale_arg == nullptr) return true;
  double scale = 0;
  if (is_sequence(scale_arg)) {
    return args.wrong_type("scale", "a number or None", describe_object(scale_arg));
  }
  if (!read_number(args, "scale", scale_arg, scale)) return false;
  scale_ = scale;
  return true;
}

bool TensorOptions::read_layout(Arguments& args) {
  if (layout_arg == nullptr) return true;
  constexpr const char* kExpected = "'CHW' or 'HWC'";
  const auto text = text_of(layout_arg);
  if (!text) return args.wrong_type("layout", kExpected, describe_object(layout_arg));
  if (*text == "CHW") return true;
  if (*text != "HWC") return args.wrong_value("layout", kExpected, quoted(*text));
  layout_ = image::TensorLayout::hwc;
  return true;
}

bool TensorOptions::read_channels(Arguments& args) {
  if (channels_arg.object == nullptr) return true;
  constexpr const char* kExpected = "'RGB', 'RGBA', 'L' or None";
  if (channels_arg.object == Py_None) {
    channels_ = image::Channels::same;
    return true;
  }
  const auto text = text_of(channels_arg.object);
  if (!text) return args.wrong_type("channels", kExpected, describe_object(channels_arg.object));
  if (*text == "RGB") return true;
  if (*text == "RGBA") {
    channels_ = image::Channels::rgb_alpha;
  } else if (*text == "L") {
    channels_ = image::Channels::luma;
  } else {
    return args.wrong_value("channels", kExpected, quoted(*text));
  }
  return true;
}

bool TensorOptions::read_dtype(Arguments& args) {
  if (dtype_arg == nullptr) return true;
  constexpr const char* kExpected = "'float32', 'float16' or 'uint8'";
  int number = NPY_NOTYPE;
  if (const auto text = text_of(dtype_arg)) {
    for (const DType dtype : {DType::float32, DType::float16, DType::uint8}) {
      if (*text != kernels::name_of(dtype)) continue;
      dtype_ = dtype;
      return true;
    }
    return args.wrong_value("dtype", kExpected, quoted(*text));
  }
  if (PyArray_DescrCheck(dtype_arg)) {
    const auto* descriptor = reinterpret_cast<PyArray_Descr*>(dtype_arg);
    if (PyArray_ISNBO(descriptor->byteorder)) number = descriptor->type_num;
  } else if (PyType_Check(dtype_arg) &&
             PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(dtype_arg), &PyGenericArrType_Type)) {
    PyArray_Descr* descriptor = PyArray_DescrFromTypeObject(dtype_arg);  // new
    if (descriptor == nullptr) return false;
    number = descriptor->type_num;
    Py_DECREF(descriptor);
  }
  const DType dtype = dtype_of_numpy(number);
  if (dtype != DType::float32 && dtype != DType::float16 && dtype != DType::uint8) {
    return args.wrong_type("dtype", kExpected, describe_object(dtype_arg));
  }
  dtype_ = dtype;
  return true;
}

PyObject* TensorOptions::refuse_count(PyObject* module, const char* function,
                                      std::size_t channels) const {
  const bool is_mean = !mean_.fits(channels);
  raise(state_of(module).argument_value_error,
        {function, is_mean ? "mean" : "std",
         "one number, or " + std::to_string(channels) + " for the channels of this picture",
         std::to_string(is_mean ? mean_.count : std_.count) + " numbers", ""});
  return nullptr;
}

image::TensorPlan TensorOptions::plan(std::size_t channels, std::size_t sample_bytes) const {
  image::TensorPlan plan;
  plan.from = channels;
  plan.sample_bytes = sample_bytes;
  plan.to = channels_of(channels_, channels);
  plan.channels = channels_;
  plan.layout = layout_;
  plan.dtype = dtype_;
  const double full = sample_bytes == 2 ? 65535.0 : 255.0;
  const double scale = scale_.value_or(dtype_ == DType::uint8 ? 1.0 : 1.0 / full);
  for (std::size_t channel = 0; channel < plan.to; ++channel) {
    plan.maps[channel] = image::channel_map(scale, mean_.of(channel), std_.of(channel));
  }
  return plan;
}

std::array<std::ptrdiff_t, 3> TensorOptions::shape(const image::TensorPlan& plan,
                                                   std::size_t height, std::size_t width) const {
  const auto rows = static_cast<std::ptrdiff_t>(height);
  const auto columns = static_cast<std::ptrdiff_t>(width);
  const auto channels = static_cast<std::ptrdiff_t>(plan.to);
  if (layout_ == image::TensorLayout::chw) return {channels, rows, columns};
  return {rows, columns, channels};
}

}  // namespace fastlane
