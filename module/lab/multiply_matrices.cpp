// The lesson of calling Python from native code: NumPy's dot, found by its name and called as
// Python would call it. Any library is called like this: import, attribute, call, one check after
// each. module/types/matrix_product.cpp calls the same product through NumPy's C table instead.
#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"
#include "module/types/matrix.hpp"

namespace fastlane {
namespace {

constexpr const char* kMultiplyMatricesDoc =
    "multiply_matrices(a, b, /)\n--\n\n"
    "The matrix product of two arrays, for which native code calls numpy.dot.\n\n"
    "a and b are arrays of numbers with two dimensions and any strides; a has as many columns as\n"
    "b has rows. Raises ArgumentTypeError for other element types, ArgumentValueError for other\n"
    "shapes, and whatever NumPy raises.\n\n"
    "**Memory:** borrows a and b, hands NumPy's result on; the GIL is held, as far as fastlane "
    "goes.";

// New reference, or null with an exception set.
PyObject* call_dot(PyObject* left, PyObject* right) {
  OwnedRef numpy = OwnedRef::from_new(PyImport_ImportModule("numpy"));  // new
  if (!numpy) return nullptr;
  OwnedRef dot = OwnedRef::from_new(PyObject_GetAttrString(numpy.borrow(), "dot"));  // new
  numpy.decref();
  if (!dot) return nullptr;
  PyObject* operands[] = {left, right};                                         // borrowed
  PyObject* product = PyObject_Vectorcall(dot.borrow(), operands, 2, nullptr);  // new
  dot.decref();
  return product;
}

struct MultiplyMatrices {
  static constexpr const char* kName = "multiply_matrices";
  static constexpr bool kRunsOnCallersThread = true;
  PyObject* a_arg = nullptr;  // borrowed from args
  PyObject* b_arg = nullptr;  // borrowed from args
  BorrowedArray a;
  BorrowedArray b;

  bool begin(Arguments& args) {
    if (!args.read(required("a", a_arg), required("b", b_arg)) ||
        !a.acquire(args, "a", a_arg, kNumbers) ||  // exporter locked
        !b.acquire(args, "b", b_arg, kNumbers)) {  // exporter locked
      return false;
    }
    if (a.view().ndim != 2) {
      return args.wrong_value("a", "an array of 2 dimensions", describe_object(a_arg));
    }
    const std::ptrdiff_t inner = a.view().shape[1];
    return (b.view().ndim == 2 && b.view().shape[0] == inner) ||
           args.wrong_value("b", "an array of 2 dimensions and " + std::to_string(inner) + " rows",
                            describe_object(b_arg));
  }
  void run(Checkpoint&) {}
  // Python may do anything: all that it is given was checked, and is held, before.
  PyObject* finish() {
    OwnedRef left = OwnedRef::from_new(array_over(a_arg));  // new
    if (!left) return nullptr;
    OwnedRef right = OwnedRef::from_new(array_over(b_arg));  // new
    if (!right) return nullptr;
    PyObject* product = call_dot(left.borrow(), right.borrow());  // new
    right.decref();
    left.decref();
    b.release();  // exporter unlocked
    a.release();  // exporter unlocked
    return product;
  }
};

}  // namespace

PyMethodDef multiply_matrices_methods[] = {
    row_of<MultiplyMatrices>(kMultiplyMatricesDoc),
    kEndOfTable,
};

}  // namespace fastlane
