// One function as the house writes it. scaled_copy_raw.cpp is the same function with every C call
// written out; tests/test_lessons.py holds the two equal. Read them side by side.
#include <cstring>
#include <utility>
#include <vector>

#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/moved_array.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

constexpr const char* kScaledCopyDoc =
    "scaled_copy(values, factor, /)\n--\n\n"
    "Every element of a one-dimensional float64 array times factor, as a new array.\n\n"
    "Raises ArgumentTypeError for another element type and ArgumentValueError for another rank.\n\n"
    "**Memory:** borrows values, moves the result out; the GIL is released from 64 KiB on.";

struct ScaledCopy {
  static constexpr const char* kName = "scaled_copy";
  PyObject* module = nullptr;
  BorrowedArray values;
  double factor = 0;
  std::vector<double> scaled;

  bool begin(Arguments& args) {
    module = args.module();
    PyObject* values_arg = nullptr;  // borrowed from args
    if (!args.read(required("values", values_arg), required("factor", factor))) return false;
    if (!values.acquire(args, "values", values_arg, kFloat64)) return false;  // exporter locked
    if (values.view().ndim == 1) return true;
    return args.wrong_value("values", "one-dimensional", describe_object(values_arg),
                            "values.ravel()");
  }

  std::size_t work() const { return 2 * values.bytes(); }

  void run(Checkpoint&) {
    const kernels::ArrayView& view = values.view();
    scaled.reserve(view.size());
    const std::byte* element = view.data;
    for (std::ptrdiff_t index = 0; index < view.shape[0]; ++index, element += view.strides[0]) {
      double value;
      std::memcpy(&value, element, sizeof value);  // strides may leave elements unaligned
      scaled.push_back(value * factor);
    }
  }

  PyObject* finish() {
    values.release();                                     // exporter unlocked
    return array_from_vector(module, std::move(scaled));  // new reference to the caller
  }
};

}  // namespace

PyMethodDef scaled_copy_methods[] = {
    row_of<ScaledCopy>(kScaledCopyDoc),
    kEndOfTable,
};

}  // namespace fastlane
