// Rows to columns: transpose.
#include "kernels/arrays/transpose.hpp"

#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/output_array.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

constexpr const char* kTransposeDoc =
    "transpose(x, /, *, out=None, arena=None)\n--\n\n"
    "The rows of x as columns, in memory of their own: element [i, j] becomes [j, i].\n\n"
    "x is an array of numbers with two dimensions and any strides. The result is C-contiguous;\n"
    "out is an array of its shape and type that does not overlap x; arena is a fastlane.Arena.\n\n"
    "Raises ArgumentTypeError for other element types, ArgumentValueError for other dimensions or\n"
    "an out of another shape and BorrowError for an out that is read-only or overlaps x.\n\n"
    "**Memory:** borrows x, moves the result out (or writes into out, or into the arena's "
    "memory);\n"
    "the GIL is released from 64 KiB on.";

struct Transpose {
  static constexpr const char* kName = "transpose";
  BorrowedArray x;
  OutputArray result;

  bool begin(Arguments& args) {
    PyObject* x_arg = nullptr;  // borrowed from args
    PyObject* out_arg = nullptr;
    PyObject* arena_arg = nullptr;
    if (!args.read(required("x", x_arg), keyword("out", out_arg), keyword("arena", arena_arg)) ||
        !x.acquire(args, "x", x_arg, kNumbers)) {  // exporter locked
      return false;
    }
    const kernels::ArrayView& view = x.view();
    if (view.ndim != 2) {
      return args.wrong_value("x", "an array of 2 dimensions", describe_object(x_arg));
    }
    const std::ptrdiff_t shape[] = {view.shape[1], view.shape[0]};
    return result.prepare(args, out_arg, arena_arg, x.dtype(), 2, shape);
  }
  std::size_t work() const { return 2 * x.bytes(); }
  void run(Checkpoint& checkpoint) { kernels::transpose(result.view(), x.view(), checkpoint); }
  PyObject* finish() {
    x.release();  // exporter unlocked
    return result.finish();
  }
};

}  // namespace

PyMethodDef transpose_methods[] = {
    row_of<Transpose>(kTransposeDoc),
    kEndOfTable,
};

}  // namespace fastlane
