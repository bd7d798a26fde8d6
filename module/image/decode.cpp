// info, decode and to_tensor: from a picture's file to what it says, its pixels, or a tensor.
#include <Python.h>

#include "kernels/image/picture.hpp"
#include "kernels/image/sinks.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/numbers.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/boundary/thread_count.hpp"
#include "module/families.hpp"
#include "module/image/options.hpp"
#include "module/image/output.hpp"
#include "module/image/source.hpp"

namespace fastlane {
namespace {

namespace image = kernels::image;

constexpr const char* kInfoDoc =
    "info(data, /)\n--\n\n"
    "What the head of a picture's file says, as an ImageInfo; nothing is decompressed.\n\n"
    "data is a PNG or JPEG file as bytes-like, or its path. Width and height are in pixels, "
    "channels and\n"
    "bit_depth are those of the file, except that a palette and a transparent colour count as the\n"
    "channels that decode gives. Raises DecodeError for a damaged head, OSError for a file that\n"
    "cannot be read.\n\n"
    "**Memory:** borrows data, maps files; bytes with strides are brought together in a copy; the\n"
    "GIL is released.";

struct Info {
  static constexpr const char* kName = "info";
  PictureSource source;
  PyTypeObject* type = nullptr;  // borrowed from the module's state
  image::PictureInfo found;

  bool begin(Arguments& args) {
    PyObject* data_arg = nullptr;  // borrowed from args
    type = reinterpret_cast<PyTypeObject*>(args.state().image_info_type);
    return args.read(required("data", data_arg)) &&
           source.acquire(args, "data", data_arg);  // exporter locked
  }
  std::size_t work() const { return kWorthReleasing; }
  std::size_t copied() const noexcept { return source.copied(); }
  void run(Checkpoint& checkpoint) {
    const image::Bytes file = source.open(kernels::default_arena(), checkpoint);
    found = image::info(file, {~std::uint64_t{0}}, checkpoint);
  }
  PyObject* finish() {
    source.release();  // exporter unlocked
    return struct_from_fields(
        type, {PyLong_FromSize_t(found.shape.width), PyLong_FromSize_t(found.shape.height),
               PyLong_FromSize_t(found.shape.channels), PyLong_FromUnsignedLong(found.bit_depth),
               PyBool_FromLong(found.interlaced), PyLong_FromUnsignedLong(found.colour_type),
               found.gamma ? PyFloat_FromDouble(*found.gamma) : Py_NewRef(Py_None),
               PyUnicode_FromString(name_of(found.format))});
  }
};

constexpr const char* kDecodeDoc =
    "decode(data, /, *, out=None, arena=None, threads=None, max_pixels=268435456)\n--\n\n"
    "The pixels of a picture as an array of shape (H, W, C): uint8, or uint16 for 16-bit files.\n\n"
    "data is a PNG or JPEG file as bytes-like, or its path. Palettes and transparent colours are\n"
    "expanded, greys of 1, 2 and 4 bits scaled to 0..255; C is 1, 2, 3 or 4. out is an array of\n"
    "that shape and type; arena is a fastlane.Arena. One picture is decoded by one thread,\n"
    "whatever threads says.\n\n"
    "Raises DecodeError, with chunk and offset, for a file that is damaged in any way or has more\n"
    "than max_pixels pixels, ArgumentValueError for an out of another shape or type (its content\n"
    "is undefined after a DecodeError), OSError for a file that cannot be read.\n\n"
    "**Memory:** borrows data, maps files; the pixels are decoded into out, or into memory of the\n"
    "arena (without one, of the default arena) that is moved out; workspace of about 1 MiB, or\n"
    "the size of the picture where libdeflate inflates it, is recycled by the same arena; bytes\n"
    "with strides are brought together in a copy; the GIL is released.";

struct Decode {
  static constexpr const char* kName = "decode";
  PictureSource source;
  PictureOutput output;
  ThreadCount threads;
  PixelLimit limit;
  PyObject* module = nullptr;  // borrowed

  bool begin(Arguments& args) {
    module = args.module();
    PyObject* data_arg = nullptr;   // borrowed from args
    PyObject* out_arg = nullptr;    // borrowed from args
    PyObject* arena_arg = nullptr;  // borrowed from args
    return args.read(required("data", data_arg), keyword("out", out_arg),
                     keyword("arena", arena_arg), keyword("threads", threads.asked),
                     keyword("max_pixels", limit.most)) &&
           threads.check(args) && limit.check(args) &&
           source.acquire(args, "data", data_arg) &&  // exporter locked
           output.begin(args, out_arg, arena_arg, {DType::uint8, DType::uint16});
  }
  std::size_t work() const { return kWorthReleasing; }
  std::size_t copied() const noexcept { return source.copied(); }
  void run(Checkpoint& checkpoint) {
    kernels::Arena& arena = output.arena();
    const image::Picture picture(source.open(arena, checkpoint), limit.limits(), checkpoint);
    const image::PictureShape shape = picture.shape();
    const DType dtype = shape.sample_bytes == 2 ? DType::uint16 : DType::uint8;
    if (!output.prepare(dtype, {static_cast<std::ptrdiff_t>(shape.height),
                                static_cast<std::ptrdiff_t>(shape.width),
                                static_cast<std::ptrdiff_t>(shape.channels)})) {
      return;
    }
    image::PixelSink sink(shape, output.view(), arena);
    picture.decode(sink, arena, checkpoint);
  }
  PyObject* finish() {
    source.release();  // exporter unlocked
    return output.finish(module, kName);
  }
};

constexpr const char* kToTensorDoc =
    "to_tensor(data, /, *, mean=0.0, std=1.0, scale=None, layout=\"CHW\", channels=\"RGB\", "
    "dtype=\"float32\", out=None, arena=None, threads=None, max_pixels=268435456)\n--\n\n"
    "A picture as a tensor: (x * scale - mean) / std of its pixels, in one pass over the file.\n\n"
    "data is a PNG or JPEG file as bytes-like, or its path. scale=None is 1/255, or 1/65535 for "
    "16-bit\n"
    "files, and 1 for dtype=\"uint8\", which rounds to the nearest and keeps to 0..255. mean and\n"
    "std are numbers, or sequences with one for each channel. channels is \"RGB\", \"RGBA\" (an\n"
    "alpha that is missing is opaque), \"L\" (ITU-R 601 luma) or None for those of the file;\n"
    "layout is \"CHW\" or \"HWC\", dtype \"float32\", \"float16\" or \"uint8\". out, arena, "
    "threads\n"
    "and max_pixels are those of decode.\n\n"
    "Raises what decode raises, ArgumentTypeError and ArgumentValueError for keywords that mean\n"
    "nothing.\n\n"
    "**Memory:** borrows data, maps files; each element is written once, into out, or into memory\n"
    "of the arena (without one, of the default arena) that is moved out; workspace of about\n"
    "1 MiB, or the size of the pixels where libdeflate inflates them, is recycled by the same\n"
    "arena; bytes with strides are brought together in a copy; the GIL is released.";

struct ToTensor {
  static constexpr const char* kName = "to_tensor";
  PictureSource source;
  TensorOptions options;
  PictureOutput output;
  ThreadCount threads;
  PixelLimit limit;
  std::size_t unfit_channels = 0;  // of a picture that mean and std do not fit
  PyObject* module = nullptr;      // borrowed

  bool begin(Arguments& args) {
    module = args.module();
    PyObject* data_arg = nullptr;   // borrowed from args
    PyObject* out_arg = nullptr;    // borrowed from args
    PyObject* arena_arg = nullptr;  // borrowed from args
    return args.read(required("data", data_arg), keyword("mean", options.mean_arg),
                     keyword("std", options.std_arg), keyword("scale", options.scale_arg),
                     keyword("layout", options.layout_arg),
                     keyword("channels", options.channels_arg), keyword("dtype", options.dtype_arg),
                     keyword("out", out_arg), keyword("arena", arena_arg),
                     keyword("threads", threads.asked), keyword("max_pixels", limit.most)) &&
           options.read(args) && threads.check(args) && limit.check(args) &&
           source.acquire(args, "data", data_arg) &&  // exporter locked
           output.begin(args, out_arg, arena_arg, {options.dtype()});
  }
  std::size_t work() const { return kWorthReleasing; }
  std::size_t copied() const noexcept { return source.copied(); }
  void run(Checkpoint& checkpoint) {
    kernels::Arena& arena = output.arena();
    const image::Picture picture(source.open(arena, checkpoint), limit.limits(), checkpoint);
    const image::PictureShape shape = picture.shape();
    const std::size_t channels = channels_of(options.channels(), shape.channels);
    if (!options.fits(channels)) {
      unfit_channels = channels;
      return;
    }
    const image::TensorPlan plan = options.plan(shape.channels, shape.sample_bytes);
    if (!output.prepare(plan.dtype, options.shape(plan, shape.height, shape.width))) return;
    image::TensorSink sink(shape, plan, output.view(), arena);
    picture.decode(sink, arena, checkpoint);
  }
  PyObject* finish() {
    source.release();  // exporter unlocked
    if (unfit_channels == 0) return output.finish(module, kName);
    output.release();  // exporter unlocked
    return options.refuse_count(module, kName, unfit_channels);
  }
};

PyStructSequence_Field image_info_fields[] = {
    {"width", "pixels in a row"},
    {"height", "rows"},
    {"channels", "channels of the decoded picture"},
    {"bit_depth", "bits of a sample in the file"},
    {"interlaced", "whether the file comes in passes"},
    {"colour_type", "as PNG numbers them: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA"},
    {"gamma", "of the gAMA chunk, or None"},
    {"format", "the format of the file"},
    {nullptr, nullptr},
};

PyStructSequence_Desc image_info_desc = {
    "fastlane.image.ImageInfo", "What the head of a picture's file says.", image_info_fields, 8};

}  // namespace

int add_image_info_type(PyObject* module) {
  ModuleState& state = state_of(module);
  state.image_info_type =
      reinterpret_cast<PyObject*>(PyStructSequence_NewType(&image_info_desc));  // new
  if (state.image_info_type == nullptr) return -1;
  return PyModule_AddObjectRef(module, "ImageInfo", state.image_info_type);
}

PyMethodDef image_decode_methods[] = {
    row_of<Info>(kInfoDoc),
    row_of<Decode>(kDecodeDoc),
    row_of<ToTensor>(kToTensorDoc),
    kEndOfTable,
};

}  // namespace fastlane
