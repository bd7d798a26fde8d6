// matrix @ other and other @ matrix: NumPy's own product, which is BLAS, called on arrays that show
// the operands and the new matrix. No element is copied by this file.
#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/errors.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/numpy_api.hpp"
#include "module/types/matrix.hpp"

namespace fastlane {
namespace {

constexpr const char* kName = "Matrix.__matmul__";

bool may_be_operand(const ModuleState& state, PyObject* object) noexcept {
  return is_matrix(state, object) || PyObject_CheckBuffer(object) != 0 ||
         PyObject_HasAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), "__dlpack__") != 0;
}

// An ndarray over a float64 operand of two dimensions. Null with an exception set.
OwnedRef operand(Arguments& args, const char* argument, PyObject* object) {
  BorrowedArray elements;
  if (!elements.acquire(args, argument, object, kFloat64)) return OwnedRef();  // exporter locked
  const int dimensions = elements.view().ndim;
  elements.release();  // exporter unlocked: the array below holds it
  if (dimensions != 2) {
    args.wrong_value(argument, "of 2 dimensions", describe_object(object));
    return OwnedRef();
  }
  return OwnedRef::from_new(array_over(object));
}

PyArrayObject* as_array(const OwnedRef& array) noexcept {
  return reinterpret_cast<PyArrayObject*>(array.borrow());
}

PyObject* product(Arguments& args, PyObject* left, PyObject* right) {
  OwnedRef a = operand(args, "left", left);
  if (!a) return nullptr;
  OwnedRef b = operand(args, "right", right);
  if (!b) return nullptr;
  const std::ptrdiff_t inner = PyArray_DIM(as_array(a), 1);
  if (PyArray_DIM(as_array(b), 0) != inner) {
    args.wrong_value("right", "an array of " + std::to_string(inner) + " rows",
                     describe_object(right));
    return nullptr;
  }
  OwnedRef result = OwnedRef::from_new(
      new_matrix(args.state(), PyArray_DIM(as_array(a), 0), PyArray_DIM(as_array(b), 1)));
  if (!result) return nullptr;
  OwnedRef into = OwnedRef::from_new(array_over(result.borrow()));
  if (!into) return nullptr;
  OwnedRef filled = OwnedRef::from_new(
      PyArray_MatrixProduct2(a.borrow(), b.borrow(), as_array(into)));  // may release the GIL
  if (!filled) return nullptr;
  filled.decref();
  into.decref();
  b.decref();
  a.decref();
  return result.transfer();
}

}  // namespace

PyObject* matrix_product(PyObject* left, PyObject* right) noexcept {
  PyObject* module = nullptr;  // borrowed
  for (PyObject* operand : {left, right}) {
    if (module != nullptr) break;
    // Only heap types have a module; the other operand may be anything.
    if ((Py_TYPE(operand)->tp_flags & Py_TPFLAGS_HEAPTYPE) == 0) continue;
    if (Py_TYPE(operand)->tp_as_number == nullptr ||
        Py_TYPE(operand)->tp_as_number->nb_matrix_multiply != matrix_product) {
      continue;
    }
    module = PyType_GetModule(Py_TYPE(operand));
  }
  if (module == nullptr) return nullptr;
  ModuleState& state = state_of(module);
  if (!may_be_operand(state, left) || !may_be_operand(state, right)) {
    return Py_NewRef(Py_NotImplemented);
  }
  try {
    Arguments arguments(kName, module, nullptr, 0, nullptr);
    return product(arguments, left, right);
  } catch (...) {
    return raise_current_exception(module, kName);
  }
}

}  // namespace fastlane
