// The lesson of the boundary's price: a call that does next to nothing, to be made a million times.
#include "module/boundary/method_table.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

constexpr const char* kProcessOneDoc =
    "process_one(x, /)\n--\n\n"
    "x * x + 1 of one number, as a float.\n\n"
    "process_batch does the same for a whole array in one call.\n\n"
    "**Memory:** touches none; the GIL is held.";

struct ProcessOne {
  static constexpr const char* kName = "process_one";
  double x = 0;

  bool begin(Arguments& args) { return args.read(required("x", x)); }
  void run(Checkpoint&) { x = x * x + 1; }
  PyObject* finish() { return PyFloat_FromDouble(x); }
};

}  // namespace

PyMethodDef process_one_methods[] = {
    row_of<ProcessOne>(kProcessOneDoc),
    kEndOfTable,
};

}  // namespace fastlane
