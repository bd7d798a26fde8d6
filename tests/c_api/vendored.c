// Two vendored copies of the kernels in one extension, each under a prefix of its own.
#include <Python.h>

#include "acme.h"
#include "zeta.h"

static PyObject *vendored_sums(PyObject *self, PyObject *x_arg) {
  Py_buffer view;
  acme_array first;
  zeta_array second;
  acme_error error;
  double one = 0, other = 0;
  int status;
  (void)self;
  if (PyObject_GetBuffer(x_arg, &view, PyBUF_FULL_RO) < 0) return NULL;
  first.data = second.data = view.buf;
  first.dtype = ACME_FLOAT64;
  second.dtype = ZETA_FLOAT64;
  first.ndim = second.ndim = view.ndim;
  first.shape = second.shape = view.shape;
  first.strides = second.strides = view.strides;
  status = acme_sum(&first, &one, &error);
  if (status == ACME_OK) status = zeta_sum(&second, &other, NULL);
  PyBuffer_Release(&view);
  if (status != ACME_OK) return PyErr_Format(PyExc_ValueError, "%s", error.message);
  return Py_BuildValue("dd", one, other);
}

static PyObject *vendored_find(PyObject *self, PyObject *args) {
  Py_buffer text, needle;
  ptrdiff_t first = 0, second = 0;
  (void)self;
  if (!PyArg_ParseTuple(args, "y*y*", &text, &needle)) return NULL;
  acme_find(text.buf, (size_t)text.len, needle.buf, (size_t)needle.len, &first, NULL);
  zeta_find(text.buf, (size_t)text.len, needle.buf, (size_t)needle.len, &second, NULL);
  PyBuffer_Release(&needle);
  PyBuffer_Release(&text);
  return Py_BuildValue("nn", (Py_ssize_t)first, (Py_ssize_t)second);
}

static PyMethodDef vendored_methods[] = {
    {"sums", vendored_sums, METH_O, NULL},
    {"find", vendored_find, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef vendored_module = {
    PyModuleDef_HEAD_INIT, "vendored", NULL, -1, vendored_methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_vendored(void) { return PyModule_Create(&vendored_module); }
