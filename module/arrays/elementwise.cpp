// Arrays to arrays, element by element: scale, scale_inplace, normalize_u8_inplace.
#include "kernels/arrays/scale.hpp"
#include "kernels/arrays/subtract_saturating.hpp"
#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/output_array.hpp"
#include "module/boundary/thread_count.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

constexpr const char* kScaleDoc =
    "scale(x, factor, /, *, out=None, arena=None, threads=None)\n--\n\n"
    "Every element of x times factor, as a new array of the same shape and type.\n\n"
    "x is float32 or float64 of any shape and strides; factor is rounded to its type. out is an\n"
    "array of that shape and type that does not overlap x; arena is a fastlane.Arena. threads is\n"
    "how many threads share the work from 2 MiB on, at most; None is get_threads().\n\n"
    "Raises ArgumentTypeError for other element types, ArgumentValueError for an out of another\n"
    "shape or fewer threads than 1 and BorrowError for an out that is read-only or overlaps x.\n\n"
    "**Memory:** borrows x, moves the result out (or writes into out, or into the arena's "
    "memory);\n"
    "the GIL is released from 64 KiB on.";

struct Scale {
  static constexpr const char* kName = "scale";
  BorrowedArray x;
  double factor = 0;
  ThreadCount threads;
  OutputArray result;

  bool begin(Arguments& args) {
    PyObject* x_arg = nullptr;  // borrowed from args
    PyObject* out_arg = nullptr;
    PyObject* arena_arg = nullptr;
    return args.read(required("x", x_arg), required("factor", factor), keyword("out", out_arg),
                     keyword("arena", arena_arg), keyword("threads", threads.asked)) &&
           threads.check(args) && x.acquire(args, "x", x_arg, kFloats) &&  // exporter locked
           result.prepare(args, out_arg, arena_arg, x.dtype(), x.view().ndim, x.view().shape);
  }
  std::size_t work() const { return 2 * x.bytes(); }
  void run(Checkpoint& checkpoint) {
    kernels::scale(result.view(), x.view(), factor, checkpoint, threads.count());
  }
  PyObject* finish() {
    x.release();  // exporter unlocked
    return result.finish();
  }
};

constexpr const char* kScaleInplaceDoc =
    "scale_inplace(x, factor, /)\n--\n\n"
    "Multiply every element of x by factor, where it is.\n\n"
    "x is a writable float32 or float64 array of any shape and strides whose elements do not\n"
    "overlap each other; factor is rounded to its type.\n\n"
    "Raises ArgumentTypeError for other element types and BorrowError for read-only memory.\n\n"
    "**Memory:** borrows x for writing, copies nothing; the GIL is released from 64 KiB on.";

struct ScaleInplace {
  static constexpr const char* kName = "scale_inplace";
  BorrowedArray x;
  double factor = 0;

  bool begin(Arguments& args) {
    PyObject* x_arg = nullptr;  // borrowed from args
    return args.read(required("x", x_arg), required("factor", factor)) &&
           x.acquire(args, "x", x_arg, kFloats, Access::write);  // exporter locked
  }
  std::size_t work() const { return 2 * x.bytes(); }
  void run(Checkpoint& checkpoint) { kernels::scale_inplace(x.view(), factor, checkpoint); }
  PyObject* finish() {
    x.release();  // exporter unlocked
    return Py_NewRef(Py_None);
  }
};

constexpr const char* kNormalizeDoc =
    "normalize_u8_inplace(x, amount=8, /)\n--\n\n"
    "Subtract amount from every byte of x, where it is; what would fall below 0 becomes 0.\n\n"
    "x is any writable buffer of unsigned bytes (bytearray, memoryview, ndarray, mmap) of any\n"
    "shape and strides; amount is 0 to 255.\n\n"
    "Raises ArgumentTypeError for other element types, ArgumentValueError for another amount and\n"
    "BorrowError for read-only memory.\n\n"
    "**Memory:** borrows x for writing, copies nothing; the GIL is released from 64 KiB on.";

struct NormalizeU8Inplace {
  static constexpr const char* kName = "normalize_u8_inplace";
  BorrowedArray x;
  std::uint8_t amount = 8;

  bool begin(Arguments& args) {
    PyObject* x_arg = nullptr;  // borrowed from args
    return args.read(required("x", x_arg), optional("amount", amount)) &&
           x.acquire(args, "x", x_arg, kUInt8, Access::write);  // exporter locked
  }
  std::size_t work() const { return 2 * x.bytes(); }
  void run(Checkpoint& checkpoint) { kernels::subtract_saturating(x.view(), amount, checkpoint); }
  PyObject* finish() {
    x.release();  // exporter unlocked
    return Py_NewRef(Py_None);
  }
};

}  // namespace

PyMethodDef elementwise_methods[] = {
    row_of<Scale>(kScaleDoc),
    row_of<ScaleInplace>(kScaleInplaceDoc),
    row_of<NormalizeU8Inplace>(kNormalizeDoc),
    kEndOfTable,
};

}  // namespace fastlane
