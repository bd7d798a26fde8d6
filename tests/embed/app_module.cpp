// A module of the program's own, for Python code that it runs: a kernel on any buffer, through the
// C functions and without NumPy, and memory of C++ that Python sees and changes.
#include "tests/embed/app_module.hpp"

#include "module/fastlane/include/fastlane_kernels.h"

namespace fastlane::embed {
namespace {

std::array<double, 1000> shared_samples;

PyObject* total(PyObject*, PyObject* samples) {
  Py_buffer view;
  if (PyObject_GetBuffer(samples, &view, PyBUF_FULL_RO) < 0) return nullptr;  // exporter locked
  const fln_array x = {view.buf, FLN_FLOAT64, view.ndim, view.shape, view.strides};
  double sum = 0;
  fln_error error;
  const int status = fln_sum(&x, &sum, &error);
  PyBuffer_Release(&view);  // exporter unlocked
  if (status != FLN_OK) return PyErr_Format(PyExc_ValueError, "%s", error.message);
  return PyFloat_FromDouble(sum);
}

PyObject* samples(PyObject*, PyObject*) {
  PyObject* bytes = PyMemoryView_FromMemory(reinterpret_cast<char*>(shared_samples.data()),
                                            sizeof(shared_samples), PyBUF_WRITE);  // new
  if (bytes == nullptr) return nullptr;
  PyObject* doubles = PyObject_CallMethod(bytes, "cast", "s", "d");  // new
  Py_DECREF(bytes);
  return doubles;
}

PyMethodDef methods[] = {
    {"total", total, METH_O, "The sum of a buffer of doubles, by fastlane's kernel."},
    {"samples", samples, METH_NOARGS, "The program's own samples, to read and to write."},
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "app",
    .m_doc = nullptr,
    .m_size = 0,
    .m_methods = methods,
    .m_slots = nullptr,
    .m_traverse = nullptr,
    .m_clear = nullptr,
    .m_free = nullptr,
};

}  // namespace

std::span<double> app_samples() { return shared_samples; }

}  // namespace fastlane::embed

PyMODINIT_FUNC PyInit_app() { return PyModuleDef_Init(&fastlane::embed::definition); }
