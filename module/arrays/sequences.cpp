// Arrays from numbers: linspace, transform_with_scratch.
#include "kernels/arrays/linspace.hpp"
#include "kernels/arrays/sines.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/output_array.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

bool read_length(Arguments& args, std::ptrdiff_t n) {
  return n >= 0 || args.wrong_value("n", "at least 0", std::to_string(n));
}

constexpr const char* kLinspaceDoc =
    "linspace(n, start, stop, /, *, out=None, arena=None)\n--\n\n"
    "Evenly spaced float64 values, n of them from start to stop, both included.\n\n"
    "The bits are those of numpy.linspace(start, stop, n).\n"
    "out is a float64 array of shape (n,); arena is a fastlane.Arena.\n\n"
    "Raises ArgumentValueError for a negative n and MemoryError for one that no memory holds.\n\n"
    "**Memory:** moves the result out (or writes into out, or into the arena's memory); the GIL "
    "is\n"
    "released from 64 KiB on.";

struct Linspace {
  static constexpr const char* kName = "linspace";
  std::ptrdiff_t n = 0;
  double start = 0;
  double stop = 0;
  OutputArray result;

  bool begin(Arguments& args) {
    PyObject* out_arg = nullptr;  // borrowed from args
    PyObject* arena_arg = nullptr;
    return args.read(required("n", n), required("start", start), required("stop", stop),
                     keyword("out", out_arg), keyword("arena", arena_arg)) &&
           read_length(args, n) && result.prepare(args, out_arg, arena_arg, DType::float64, 1, &n);
  }
  std::size_t work() const { return static_cast<std::size_t>(n) * sizeof(double); }
  void run(Checkpoint& checkpoint) {
    const kernels::ArrayView& view = result.view();
    kernels::linspace(view.data, view.strides[0], static_cast<std::size_t>(n), start, stop,
                      checkpoint);
  }
  PyObject* finish() { return result.finish(); }
};

constexpr const char* kTransformDoc =
    "transform_with_scratch(n, /, *, arena=None)\n--\n\n"
    "The sines of 0, 1 ... n-1 as float32, computed in arena memory and moved out.\n\n"
    "The sine is taken in float64 and rounded once. arena is a fastlane.Arena; without it the\n"
    "default arena serves results of 4 MiB and more.\n\n"
    "Raises ArgumentValueError for a negative n and MemoryError for one that no memory holds.\n\n"
    "**Memory:** moves the result out, in the arena's memory: it goes back when the last view of "
    "it\n"
    "is gone; the GIL is released from 1,024 elements on.";

struct TransformWithScratch {
  static constexpr const char* kName = "transform_with_scratch";
  std::ptrdiff_t n = 0;
  OutputArray result;

  bool begin(Arguments& args) {
    PyObject* arena_arg = nullptr;  // borrowed from args
    return args.read(required("n", n), keyword("arena", arena_arg)) && read_length(args, n) &&
           result.prepare(args, nullptr, arena_arg, DType::float32, 1, &n);
  }
  // A sine costs about as much as 64 bytes of memory traffic.
  std::size_t work() const { return static_cast<std::size_t>(n) * 64; }
  void run(Checkpoint& checkpoint) { kernels::sines(result.view(), checkpoint); }
  PyObject* finish() { return result.finish(); }
};

}  // namespace

PyMethodDef sequence_methods[] = {
    row_of<Linspace>(kLinspaceDoc),
    row_of<TransformWithScratch>(kTransformDoc),
    kEndOfTable,
};

}  // namespace fastlane
