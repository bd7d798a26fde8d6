// Reads rows of Python numbers. Turning a number into a double may run Python, so what is read are
// tuples of our own, which nobody can change meanwhile.
#include "module/types/matrix_rows.hpp"

#include <string>

#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/numbers.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/numpy_api.hpp"
#include "module/types/matrix.hpp"

namespace fastlane {
namespace {

bool not_rows(Arguments& args, PyObject* object) {
  return args.wrong_type("rows", "a sequence of sequences of numbers, or a float64 array",
                         describe_object(object));
}

bool is_sequence(PyObject* object) noexcept {
  return PySequence_Check(object) != 0 && !PyUnicode_Check(object) && !PyDict_Check(object) &&
         PyObject_CheckBuffer(object) == 0;
}

// The sequences of `rows` as tuples in a tuple. Null with an exception set.
OwnedRef snapshot(Arguments& args, PyObject* rows) {
  OwnedRef outer = OwnedRef::from_new(PySequence_Tuple(rows));  // may run Python
  if (!outer) return OwnedRef();
  const Py_ssize_t count = PyTuple_GET_SIZE(outer.borrow());
  OwnedRef inner = OwnedRef::from_new(PyTuple_New(count));
  if (!inner) return OwnedRef();
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* row = PyTuple_GET_ITEM(outer.borrow(), i);  // borrowed
    if (!is_sequence(row)) {
      not_rows(args, row);
      return OwnedRef();
    }
    PyObject* numbers = PySequence_Tuple(row);  // new; may run Python
    if (numbers == nullptr) return OwnedRef();
    PyTuple_SET_ITEM(inner.borrow(), i, numbers);  // steals
  }
  outer.decref();
  return inner;
}

PyObject* from_sequences(Arguments& args, PyObject* object) {
  OwnedRef rows = snapshot(args, object);
  if (!rows) return nullptr;
  const Py_ssize_t count = PyTuple_GET_SIZE(rows.borrow());
  const Py_ssize_t length = count == 0 ? 0 : PyTuple_GET_SIZE(PyTuple_GET_ITEM(rows.borrow(), 0));
  for (Py_ssize_t i = 0; i < count; ++i) {
    const Py_ssize_t other = PyTuple_GET_SIZE(PyTuple_GET_ITEM(rows.borrow(), i));
    if (other == length) continue;
    args.wrong_value("rows", "rows of one length",
                     "rows of " + std::to_string(length) + " and " + std::to_string(other));
    return nullptr;
  }
  OwnedRef matrix = OwnedRef::from_new(new_matrix(args.state(), count, length));
  if (!matrix) return nullptr;
  double* next = matrix_in(matrix.borrow()).elements;
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* row = PyTuple_GET_ITEM(rows.borrow(), i);  // borrowed
    for (Py_ssize_t j = 0; j < length; ++j) {
      if (!read_element(args, "rows", "rows of numbers", PyTuple_GET_ITEM(row, j), *next++)) {
        return nullptr;
      }
    }
  }
  rows.decref();
  return matrix.transfer();
}

PyObject* from_array(Arguments& args, PyObject* object) {
  BorrowedArray elements;
  if (!elements.acquire(args, "rows", object, kFloat64)) return nullptr;  // exporter locked
  if (elements.view().ndim != 2) {
    args.wrong_value("rows", "of 2 dimensions", describe_object(object));
    return nullptr;
  }
  const std::ptrdiff_t* shape = elements.view().shape;
  OwnedRef matrix = OwnedRef::from_new(new_matrix(args.state(), shape[0], shape[1]));
  if (!matrix) return nullptr;
  OwnedRef source = OwnedRef::from_new(array_over(object));
  if (!source) return nullptr;
  OwnedRef target = OwnedRef::from_new(array_over(matrix.borrow()));
  if (!target) return nullptr;
  const int copied = PyArray_CopyInto(reinterpret_cast<PyArrayObject*>(target.borrow()),
                                      reinterpret_cast<PyArrayObject*>(source.borrow()));
  if (copied < 0) return nullptr;
  target.decref();
  source.decref();
  elements.release();  // exporter unlocked
  return matrix.transfer();
}

}  // namespace

PyObject* array_over(PyObject* object) {
  if (PyObject_CheckBuffer(object) != 0) {
    return PyArray_FromAny(object, nullptr, 0, 0, 0, nullptr);  // an array around the buffer
  }
  OwnedRef numpy = OwnedRef::from_new(PyImport_ImportModule("numpy"));
  if (!numpy) return nullptr;
  PyObject* array = PyObject_CallMethod(numpy.borrow(), "from_dlpack", "O", object);  // new
  numpy.decref();
  return array;
}

PyObject* matrix_from_rows(Arguments& args, PyObject* rows) {
  if (is_sequence(rows)) return from_sequences(args, rows);
  return from_array(args, rows);
}

}  // namespace fastlane
