// The lesson of the hidden copy: slow_sum makes a vector of a list before it adds anything up.
// fastlane.sum, which the lab calls fast_sum, is the same without that: compare their counters.
#include <vector>

#include "kernels/arrays/sum.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/numbers.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

// Reading a number may run Python, which may shorten the list: its length is asked each time.
bool copy_list(Arguments& args, PyObject* list, std::vector<double>& copy) {
  copy.reserve(static_cast<std::size_t>(PyList_GET_SIZE(list)));
  for (Py_ssize_t index = 0; index < PyList_GET_SIZE(list); ++index) {
    OwnedRef item = OwnedRef::incref(PyList_GET_ITEM(list, index));
    double number;
    if (!read_element(args, "values", "a list of numbers", item.borrow(), number)) return false;
    item.decref();
    copy.push_back(number);
  }
  return true;
}

constexpr const char* kSlowSumDoc =
    "slow_sum(values, /)\n--\n\n"
    "Sum of a list of numbers, each of which is first copied into native memory.\n\n"
    "What a native rewrite does when it takes a list; fast_sum and sum_buffer borrow instead.\n\n"
    "Raises ArgumentTypeError for what is no list or holds what is no number.\n\n"
    "**Memory:** copies every number; the GIL is held while that lasts.";

struct SlowSum {
  static constexpr const char* kName = "slow_sum";
  std::vector<double> copy;
  double total = 0;

  bool begin(Arguments& args) {
    PyObject* values_arg = nullptr;  // borrowed from args
    if (!args.read(required("values", values_arg))) return false;
    if (PyList_Check(values_arg)) return copy_list(args, values_arg, copy);
    return args.wrong_type("values", "a list of numbers", describe_object(values_arg),
                           "fast_sum(values) for what has a buffer");
  }
  std::size_t copied() const noexcept { return copy.size() * sizeof(double); }
  std::size_t work() const { return copied(); }
  void run(Checkpoint& checkpoint) {
    const auto length = static_cast<std::ptrdiff_t>(copy.size());
    const std::ptrdiff_t stride = sizeof(double);
    total = kernels::sum_floats(
        {reinterpret_cast<std::byte*>(copy.data()), kernels::DType::float64, 1, &length, &stride},
        checkpoint);
  }
  PyObject* finish() { return PyFloat_FromDouble(total); }
};

}  // namespace

PyMethodDef slow_sum_methods[] = {
    row_of<SlowSum>(kSlowSumDoc),
    kEndOfTable,
};

}  // namespace fastlane
