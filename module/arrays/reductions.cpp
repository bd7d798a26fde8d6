// Whole arrays to a number or a few: sum, sum64, describe.
#include "kernels/arrays/describe.hpp"
#include "kernels/arrays/sum.hpp"
#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/numbers.hpp"
#include "module/boundary/thread_count.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

// A sum only reads, at several times the pace of the traffic that work is measured in.
constexpr std::size_t kBytesPerWork = 4;

// A few floats in one row of an exact ndarray, which nobody writes meanwhile. False when the array
// is anything else.
bool sum_at_once(PyObject* object, DTypes accepted, PyObject*& result,
                 std::size_t& bytes) noexcept {
  if (!Py_IS_TYPE(object, &PyArray_Type) || !kernels::ledger().empty()) return false;
  auto* array = reinterpret_cast<PyArrayObject*>(object);
  const kernels::ArrayView view = {static_cast<std::byte*>(PyArray_DATA(array)),
                                   dtype_of_numpy(PyArray_TYPE(array)), PyArray_NDIM(array),
                                   PyArray_DIMS(array), PyArray_STRIDES(array)};
  if (!accepted.contains(view.dtype) || PyArray_ISBYTESWAPPED(array) || !kernels::is_short(view)) {
    return false;
  }
  bytes = static_cast<std::size_t>(view.shape[0]) * view.item_size();
  result = PyFloat_FromDouble(kernels::sum_short(view));
  return true;
}

constexpr const char* kSumDoc =
    "sum(x, /, *, threads=None)\n--\n\n"
    "Sum of all elements: a float for float32 and float64, an exact int for integers and bool.\n\n"
    "x is an array of any shape and strides. float32 is accumulated in float64; the error of a\n"
    "float sum is at most 67 * 2**-53 times the sum of absolute values, and one rounding. An "
    "empty\n"
    "array gives 0. threads is how many threads share arrays of 2 MiB and more, at most; None is\n"
    "get_threads(). The sum has the same bits for any number of threads.\n\n"
    "Raises ArgumentTypeError for other element types and byte orders and ArgumentValueError for\n"
    "fewer threads than 1.\n\n"
    "**Memory:** borrows x, copies nothing; the GIL is released from 256 KiB on.";

struct Sum {
  static constexpr const char* kName = "sum";
  BorrowedArray x;
  ThreadCount threads;
  double real = 0;
  kernels::WideInteger whole;

  static bool at_once(PyObject* const* args, Py_ssize_t nargs, PyObject*& result,
                      std::size_t& bytes) noexcept {
    return nargs == 1 && sum_at_once(args[0], kFloats, result, bytes);
  }
  bool begin(Arguments& args) {
    PyObject* x_arg = nullptr;  // borrowed from args
    return args.read(required("x", x_arg), keyword("threads", threads.asked)) &&
           threads.check(args) && x.acquire(args, "x", x_arg, kNumbers);  // exporter locked
  }
  std::size_t work() const { return x.bytes() / kBytesPerWork; }
  void run(Checkpoint& checkpoint) {
    if (kFloats.contains(x.dtype())) {
      real = kernels::sum_floats(x.view(), checkpoint, threads.count());
    } else {
      whole = kernels::sum_integers(x.view(), checkpoint, threads.count());
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
    "**Memory:** borrows x, copies nothing; the GIL is released from 256 KiB on.";

struct Sum64 {
  static constexpr const char* kName = "sum64";
  BorrowedArray x;
  double total = 0;

  static bool at_once(PyObject* const* args, Py_ssize_t nargs, PyObject*& result,
                      std::size_t& bytes) noexcept {
    return nargs == 1 && sum_at_once(args[0], kFloat64, result, bytes);
  }
  bool begin(Arguments& args) {
    PyObject* x_arg = nullptr;  // borrowed from args
    return args.read(required("x", x_arg)) &&
           x.acquire(args, "x", x_arg, kFloat64);  // exporter locked
  }
  std::size_t work() const { return x.bytes() / kBytesPerWork; }
  void run(Checkpoint& checkpoint) { total = kernels::sum_floats(x.view(), checkpoint); }
  PyObject* finish() {
    x.release();  // exporter unlocked
    return PyFloat_FromDouble(total);
  }
};

constexpr const char* kDescribeDoc =
    "describe(x, /, *, threads=None)\n--\n\n"
    "Count, min, max, mean, std and sum of all elements in one pass, as a Description.\n\n"
    "x is an array of any shape and strides; std divides by the count. Integers and bool keep "
    "their\n"
    "kind in min, max and sum. A NaN among the elements makes all but the count NaN. Moments are\n"
    "taken about the mean of each block and joined by Chan's formula, so that a large mean does "
    "not\n"
    "spoil a small deviation. threads is how many threads share arrays of 2 MiB and more, at "
    "most;\n"
    "None is get_threads(). All fields have the same bits for any number of threads.\n\n"
    "Raises ArgumentValueError for an empty array and for fewer threads than 1, ArgumentTypeError\n"
    "for other element types.\n\n"
    "**Memory:** borrows x, copies nothing; the GIL is released from 64 KiB on.";

struct Describe {
  static constexpr const char* kName = "describe";
  BorrowedArray x;
  ThreadCount threads;
  PyTypeObject* type = nullptr;  // borrowed from the module's state
  kernels::Description description;

  bool begin(Arguments& args) {
    PyObject* x_arg = nullptr;  // borrowed from args
    if (!args.read(required("x", x_arg), keyword("threads", threads.asked))) return false;
    if (!threads.check(args)) return false;
    if (!x.acquire(args, "x", x_arg, kNumbers)) return false;  // exporter locked
    type = reinterpret_cast<PyTypeObject*>(args.state().description_type);
    return x.view().size() > 0 || args.wrong_value("x", "an array with elements", "an empty array");
  }
  std::size_t work() const { return x.bytes(); }
  void run(Checkpoint& checkpoint) {
    description = kernels::describe(x.view(), checkpoint, threads.count());
  }
  PyObject* finish() {
    x.release();  // exporter unlocked
    return struct_from_fields(
        type, {PyLong_FromUnsignedLongLong(description.count),
               number(description.min, description.exact_min),
               number(description.max, description.exact_max), PyFloat_FromDouble(description.mean),
               PyFloat_FromDouble(description.standard_deviation),
               number(description.sum, description.exact_sum)});
  }
  PyObject* number(double real, const kernels::WideInteger& exact) const {
    return description.is_exact ? int_from_wide(exact.hi, exact.lo) : PyFloat_FromDouble(real);
  }
};

PyStructSequence_Field description_fields[] = {
    {"count", "number of elements"},
    {"min", "smallest element"},
    {"max", "largest element"},
    {"mean", "sum divided by count"},
    {"std", "root of the mean squared deviation from the mean"},
    {"sum", "sum of all elements"},
    {nullptr, nullptr},
};

PyStructSequence_Desc description_desc = {"fastlane.Description", "What describe found.",
                                          description_fields, 6};

}  // namespace

int add_description_type(PyObject* module) {
  ModuleState& state = state_of(module);
  state.description_type =
      reinterpret_cast<PyObject*>(PyStructSequence_NewType(&description_desc));  // new
  if (state.description_type == nullptr) return -1;
  return PyModule_AddObjectRef(module, "Description", state.description_type);
}

PyMethodDef reduction_methods[] = {
    row_of<Sum>(kSumDoc),
    row_of<Sum64>(kSum64Doc),
    row_of<Describe>(kDescribeDoc),
    kEndOfTable,
};

}  // namespace fastlane
