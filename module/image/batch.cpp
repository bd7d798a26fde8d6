// load_batch: many pictures into one array, each into its place; the function in image.py is the
// way to call it. A picture that fails is reported and does not keep the others from being loaded.
#include <Python.h>

#include <atomic>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/file_error.hpp"
#include "kernels/image/decode_error.hpp"
#include "kernels/image/picture.hpp"
#include "kernels/image/sinks.hpp"
#include "kernels/pool.hpp"
#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/boundary/thread_count.hpp"
#include "module/families.hpp"
#include "module/image/options.hpp"
#include "module/image/source.hpp"

namespace fastlane {
namespace {

namespace image = kernels::image;

constexpr const char* kLoadBatchDoc =
    "load_batch(sources, out, /, *, mean=0.0, std=1.0, scale=None, layout=\"CHW\", "
    "channels=\"RGB\", dtype=\"float32\", threads=None, max_pixels=268435456, stop=False)\n--\n\n"
    "Writes a list of pictures into the places of an array of four axes; see image.py.\n\n"
    "Returns a list with None, or the exception, for each picture. With stop, pictures that have\n"
    "not begun when one fails are left out; their entry is False.\n\n"
    "**Memory:** borrows bytes-like sources and out, maps files; each element is written once;\n"
    "workspace comes from the default arena; the GIL is released.";

// The exception in flight as an object. New reference, or null with an exception set.
PyObject* exception_as_object(PyObject* module, const char* function) noexcept {
  raise_current_exception(module, function);
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  Py_XDECREF(type);
  Py_XDECREF(traceback);
  return value;
}

struct LoadBatch {
  static constexpr const char* kName = "load_batch";
  std::vector<std::unique_ptr<PictureSource>> sources;
  std::vector<std::exception_ptr> failures;
  std::vector<char> done;  // not bool: threads write to neighbours
  BorrowedArray out;
  TensorOptions options;
  ThreadCount threads;
  PixelLimit limit;
  bool stop = false;
  PyObject* module = nullptr;  // borrowed

  bool begin(Arguments& args) {
    module = args.module();
    PyObject* sources_arg = nullptr;  // borrowed from args
    PyObject* out_arg = nullptr;      // borrowed from args
    if (!args.read(required("sources", sources_arg), required("out", out_arg),
                   keyword("mean", options.mean_arg), keyword("std", options.std_arg),
                   keyword("scale", options.scale_arg), keyword("layout", options.layout_arg),
                   keyword("channels", options.channels_arg), keyword("dtype", options.dtype_arg),
                   keyword("threads", threads.asked), keyword("max_pixels", limit.most),
                   keyword("stop", stop)) ||
        !options.read(args) || !threads.check(args) || !limit.check(args)) {
      return false;
    }
    if (!PyList_CheckExact(sources_arg)) {
      return args.wrong_type("sources", "a list of pictures", describe_object(sources_arg));
    }
    if (!out.acquire(args, "out", out_arg, {options.dtype()}, Access::write)) {  // exporter locked
      return false;
    }
    for (Py_ssize_t index = 0; index < PyList_GET_SIZE(sources_arg); ++index) {
      OwnedRef item = OwnedRef::incref(PyList_GET_ITEM(sources_arg, index));  // owned
      sources.push_back(std::make_unique<PictureSource>());
      const bool held = sources.back()->acquire(args, "sources", item.borrow());
      item.decref();
      if (!held) return false;
    }
    if (out.view().ndim != 4 || static_cast<std::size_t>(out.view().shape[0]) != sources.size()) {
      return args.wrong_value(
          "out", "of shape (" + std::to_string(sources.size()) + ", C, H, W) or (.., H, W, C)",
          describe_object(out_arg));
    }
    failures.resize(sources.size());
    done.resize(sources.size());
    return true;
  }

  std::size_t work() const { return kWorthReleasing; }

  void run(Checkpoint& checkpoint) {
    std::atomic<bool> stopped = false;
    kernels::pool().parallel_for(
        sources.size(),
        [&](std::size_t index, Checkpoint& mine) {
          if (stopped.load(std::memory_order_relaxed)) return;
          try {
            load(index, mine);
          } catch (const image::DecodeError&) {
            failures[index] = std::current_exception();
          } catch (const kernels::FileError&) {
            failures[index] = std::current_exception();
          } catch (const std::invalid_argument&) {
            failures[index] = std::current_exception();
          }
          done[index] = 1;
          if (failures[index] && stop) stopped.store(true, std::memory_order_relaxed);
        },
        checkpoint, threads.count());
  }

  void load(std::size_t index, Checkpoint& checkpoint) {
    kernels::Arena& arena = kernels::default_arena();
    const image::Picture picture(sources[index]->open(arena, checkpoint), limit.limits(),
                                 checkpoint);
    const image::PictureShape shape = picture.shape();
    if (!options.fits(channels_of(options.channels(), shape.channels))) {
      throw std::invalid_argument("mean or std does not fit a picture of " +
                                  std::to_string(shape.channels) + " channels");
    }
    const image::TensorPlan plan = options.plan(shape.channels, shape.sample_bytes);
    const auto wanted = options.shape(plan, shape.height, shape.width);
    const kernels::ArrayView& all = out.view();
    for (std::size_t axis = 0; axis < 3; ++axis) {
      if (all.shape[axis + 1] != wanted[axis]) {
        throw std::invalid_argument(
            "a picture of " + std::to_string(shape.width) + " x " + std::to_string(shape.height) +
            " with " + std::to_string(shape.channels) + " channels does not fit the others");
      }
    }
    const kernels::ArrayView place{all.data + static_cast<std::ptrdiff_t>(index) * all.strides[0],
                                   plan.dtype, 3, all.shape + 1, all.strides + 1};
    image::TensorSink sink(shape, plan, place, arena);
    picture.decode(sink, arena, checkpoint);
  }

  PyObject* finish() {
    for (const auto& source : sources) source->release();  // exporter unlocked
    out.release();                                         // exporter unlocked
    OwnedRef list = OwnedRef::from_new(PyList_New(static_cast<Py_ssize_t>(sources.size())));
    if (!list) return nullptr;
    for (std::size_t index = 0; index < sources.size(); ++index) {
      PyObject* entry = entry_of(index);  // new
      if (entry == nullptr) return nullptr;
      PyList_SET_ITEM(list.borrow(), static_cast<Py_ssize_t>(index), entry);  // stolen
    }
    return list.transfer();
  }

  PyObject* entry_of(std::size_t index) {
    if (!failures[index]) return Py_NewRef(done[index] != 0 ? Py_None : Py_False);
    try {
      std::rethrow_exception(failures[index]);
    } catch (...) {
      return exception_as_object(module, kName);
    }
  }
};

}  // namespace

PyMethodDef image_batch_methods[] = {
    row_of<LoadBatch>(kLoadBatchDoc),
    kEndOfTable,
};

}  // namespace fastlane
