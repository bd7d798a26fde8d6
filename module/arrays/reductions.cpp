// Whole arrays to a number or a few: sum, sum64, describe.
#include "kernels/arrays/sum.hpp"
#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/call.hpp"
#include "module/boundary/numbers.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

constexpr const char* kSumDoc =
    "sum(x, /)\n--\n\n"
    "Sum of all elements: a float for float32 and float64, an exact int for integers and bool.\n\n"
    "x is an array of any shape and strides. float32 is accumulated in float64; the error of a\n"
    "float sum is at most 35 * 2**-53 times the sum of absolute values, and one rounding. An "
    "empty\n"
    "array gives 0. Raises ArgumentTypeError for other element types and byte orders.\n\n"
    "**Memory:** borrows x, copies nothing; the GIL is released from 64 KiB on.";

struct Sum {
  static constexpr const char* kName = "sum";
  BorrowedArray x;
  double real = 0;
  kernels::WideInteger whole;

  bool begin(Arguments& args) {
    PyObject* x_arg = nullptr;  // borrowed from args
    return args.read(required("x", x_arg)) &&
           x.acquire(args, "x", x_arg, kNumbers);  // exporter locked
  }
  std::size_t work() const { return x.bytes(); }
  void run(Checkpoint& checkpoint) {
    if (kFloats.contains(x.dtype())) {
      real = kernels::sum_floats(x.view(), checkpoint);
    } else {
      whole = kernels::sum_integers(x.view(), checkpoint);
    }
  }
  PyObject* finish() {
    const bool is_real = kFloats.contains(x.dtype());
    x.release();  // exporter unlocked
    return is_real ? PyFloat_FromDouble(real) : int_from_wide(whole.hi, whole.lo);
  }
};

constexpr const char* kSum64Doc =
    "sum64(x, /)\n--\n\n"
    "Sum of all elements of a float64 array, as a float.\n\n"
    "x has any shape and strides; the error bound is that of sum. Raises ArgumentTypeError for\n"
    "every other element type: nothing is converted behind your back.\n\n"
    "**Memory:** borrows x, copies nothing; the GIL is released from 64 KiB on.";

struct Sum64 {
  static constexpr const char* kName = "sum64";
  BorrowedArray x;
  double total = 0;

  bool begin(Arguments& args) {
    PyObject* x_arg = nullptr;  // borrowed from args
    return args.read(required("x", x_arg)) &&
           x.acquire(args, "x", x_arg, kFloat64);  // exporter locked
  }
  std::size_t work() const { return x.bytes(); }
  void run(Checkpoint& checkpoint) { total = kernels::sum_floats(x.view(), checkpoint); }
  PyObject* finish() {
    x.release();  // exporter unlocked
    return PyFloat_FromDouble(total);
  }
};

}  // namespace

PyMethodDef reduction_methods[] = {
    row_of<Sum>(kSumDoc),
    row_of<Sum64>(kSum64Doc),
    kEndOfTable,
};

}  // namespace fastlane
