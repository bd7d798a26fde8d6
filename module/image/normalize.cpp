// normalize: what to_tensor does, for pixels that are decoded already.
#include <Python.h>

#include "kernels/image/tensor.hpp"
#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/output_array.hpp"
#include "module/boundary/thread_count.hpp"
#include "module/families.hpp"
#include "module/image/options.hpp"

namespace fastlane {
namespace {

namespace image = kernels::image;

constexpr const char* kNormalizeDoc =
    "normalize(hwc, /, *, mean=0.0, std=1.0, scale=None, layout=\"CHW\", channels=\"RGB\", "
    "dtype=\"float32\", out=None, arena=None, threads=None)\n--\n\n"
    "Pixels as a tensor: (x * scale - mean) / std of an (H, W, C) array, as to_tensor does it.\n\n"
    "hwc is uint8 or uint16 with one to four channels (grey, grey and alpha, RGB, RGBA), of any\n"
    "strides: rows may be padded, and a negative stride of channels turns BGR into RGB. The\n"
    "keywords are those of to_tensor; threads is how many threads share the rows from 2 MiB on,\n"
    "at most; None is get_threads().\n\n"
    "Raises ArgumentTypeError for other element types, ArgumentValueError for other shapes and\n"
    "for keywords that mean nothing, BorrowError for an out that is read-only or overlaps hwc.\n\n"
    "**Memory:** borrows hwc; each element is written once, into out, into memory of the arena, "
    "or\n"
    "into a new array (from 4 MiB on out of the default arena); the GIL is released from 64 KiB\n"
    "on.";

struct Normalize {
  static constexpr const char* kName = "normalize";
  BorrowedArray hwc;
  TensorOptions options;
  OutputArray output;
  ThreadCount threads;
  image::TensorPlan plan;

  bool begin(Arguments& args) {
    PyObject* hwc_arg = nullptr;    // borrowed from args
    PyObject* out_arg = nullptr;    // borrowed from args
    PyObject* arena_arg = nullptr;  // borrowed from args
    if (!args.read(required("hwc", hwc_arg), keyword("mean", options.mean_arg),
                   keyword("std", options.std_arg), keyword("scale", options.scale_arg),
                   keyword("layout", options.layout_arg), keyword("channels", options.channels_arg),
                   keyword("dtype", options.dtype_arg), keyword("out", out_arg),
                   keyword("arena", arena_arg), keyword("threads", threads.asked)) ||
        !options.read(args) || !threads.check(args) ||
        !hwc.acquire(args, "hwc", hwc_arg, {DType::uint8, DType::uint16})) {  // exporter locked
      return false;
    }
    const kernels::ArrayView& pixels = hwc.view();
    if (pixels.ndim != 3 || pixels.shape[2] < 1 ||
        pixels.shape[2] > static_cast<std::ptrdiff_t>(image::kMostChannels)) {
      return args.wrong_value("hwc", "of shape (H, W, C) with 1 to 4 channels",
                              describe_object(hwc_arg));
    }
    const auto from = static_cast<std::size_t>(pixels.shape[2]);
    const std::size_t channels = channels_of(options.channels(), from);
    if (!options.fits(channels)) {
      return options.refuse_count(args.module(), kName, channels) != nullptr;
    }
    plan = options.plan(from, pixels.item_size());
    const auto shape = options.shape(plan, static_cast<std::size_t>(pixels.shape[0]),
                                     static_cast<std::size_t>(pixels.shape[1]));
    return output.prepare(args, out_arg, arena_arg, plan.dtype, 3, shape.data());
  }
  std::size_t work() const {
    return hwc.bytes() + output.view().size() * kernels::size_of(plan.dtype);
  }
  void run(Checkpoint& checkpoint) {
    const kernels::ArrayView& pixels = hwc.view();
    image::normalize(plan,
                     {pixels.data, static_cast<std::size_t>(pixels.shape[0]),
                      static_cast<std::size_t>(pixels.shape[1]), pixels.strides[0],
                      pixels.strides[1], pixels.strides[2]},
                     output.view(), threads.count(), checkpoint);
  }
  PyObject* finish() {
    hwc.release();  // exporter unlocked
    return output.finish();
  }
};

}  // namespace

PyMethodDef image_normalize_methods[] = {
    row_of<Normalize>(kNormalizeDoc),
    kEndOfTable,
};

}  // namespace fastlane
