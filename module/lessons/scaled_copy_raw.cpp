// scaled_copy.cpp once more, without guards: every acquire and every give-back that they stand for.
// Nothing in the house is written like this, and this is why: each exit has to know what it holds.
#include <cstdlib>
#include <cstring>

#include "module/boundary/method_table.hpp"
#include "module/families.hpp"
#include "module/numpy_api.hpp"

namespace fastlane {
namespace {

constexpr const char* kScaledCopyRawDoc =
    "scaled_copy_raw(values, factor, /)\n--\n\n"
    "The same as scaled_copy, for readers who want to see every call of the C API.\n\n"
    "Raises TypeError and ValueError where the other raises their children.\n\n"
    "**Memory:** borrows values, moves the result out; the GIL is released from 64 KiB on.";

void free_capsule_memory(PyObject* capsule) { std::free(PyCapsule_GetPointer(capsule, nullptr)); }

// Detached: no Python here.
void scale_into(double* scaled, const Py_buffer& values, double factor) {
  const char* element = static_cast<const char*>(values.buf);
  for (Py_ssize_t index = 0; index < values.shape[0]; ++index, element += values.strides[0]) {
    double value;
    std::memcpy(&value, element, sizeof value);
    scaled[index] = value * factor;
  }
}

PyObject* array_around(double* scaled, npy_intp length) {
  PyObject* capsule = PyCapsule_New(scaled, nullptr, free_capsule_memory);  // new
  if (capsule == nullptr) {
    std::free(scaled);
    return nullptr;
  }
  PyObject* array = PyArray_SimpleNewFromData(1, &length, NPY_DOUBLE, scaled);  // new
  if (array == nullptr) {
    Py_DECREF(capsule);  // frees the memory
    return nullptr;
  }
  // Stolen, also on failure: from here on the capsule is the array's.
  if (PyArray_SetBaseObject(reinterpret_cast<PyArrayObject*>(array), capsule) < 0) {
    Py_DECREF(array);
    return nullptr;
  }
  return array;
}

PyObject* scaled_copy_raw(PyObject*, PyObject* const* args, Py_ssize_t nargs,
                          PyObject* kwnames) noexcept {
  if (kwnames != nullptr || nargs != 2) {
    PyErr_SetString(PyExc_TypeError, "scaled_copy_raw(): expected 2 positional arguments");
    return nullptr;
  }
  const double factor = PyFloat_AsDouble(args[1]);
  if (factor == -1.0 && PyErr_Occurred() != nullptr) return nullptr;

  Py_buffer values;
  if (PyObject_GetBuffer(args[0], &values, PyBUF_FULL_RO) < 0) return nullptr;  // exporter locked
  if (values.format == nullptr || std::strcmp(values.format, "d") != 0) {
    PyErr_SetString(PyExc_TypeError, "scaled_copy_raw(): values must be float64");
    PyBuffer_Release(&values);  // exporter unlocked
    return nullptr;
  }
  if (values.ndim != 1 || values.suboffsets != nullptr) {
    PyErr_SetString(PyExc_ValueError, "scaled_copy_raw(): values must be one-dimensional");
    PyBuffer_Release(&values);  // exporter unlocked
    return nullptr;
  }

  const npy_intp length = values.shape[0];
  const std::size_t bytes = static_cast<std::size_t>(length) * sizeof(double);
  auto* scaled = static_cast<double*>(std::malloc(bytes == 0 ? 1 : bytes));  // owned
  if (scaled == nullptr) {
    PyBuffer_Release(&values);  // exporter unlocked
    return PyErr_NoMemory();
  }
  if (2 * bytes >= kWorthReleasing) {
    PyThreadState* saved = PyEval_SaveThread();  // thread detached
    scale_into(scaled, values, factor);
    PyEval_RestoreThread(saved);  // thread attached
  } else {
    scale_into(scaled, values, factor);
  }
  PyBuffer_Release(&values);            // exporter unlocked
  return array_around(scaled, length);  // new reference to the caller
}

}  // namespace

PyMethodDef scaled_copy_raw_methods[] = {
    {"scaled_copy_raw", fastcall(scaled_copy_raw), METH_FASTCALL | METH_KEYWORDS,
     kScaledCopyRawDoc},
    kEndOfTable,
};

}  // namespace fastlane
