// The floor of the `calls` suite: every function as one would write it by hand against the C API.
// METH_FASTCALL everywhere, ndarray fields through the PyArray_* macros, one owner type as the base
// of arrays that are moved out. It checks what the direct road needs and nothing more; it holds
// no abstraction, so that what a binding layer costs can be read off as a difference.

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#define NPY_NO_DEPRECATED_API NPY_1_22_API_VERSION
#include <numpy/arrayobject.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace {

struct Owner {
  PyObject_HEAD
  double* memory;
};

void owner_dealloc(PyObject* self) {
  std::free(reinterpret_cast<Owner*>(self)->memory);
  PyObject_Free(self);
}

PyTypeObject owner_type = [] {
  PyTypeObject type = {PyVarObject_HEAD_INIT(nullptr, 0)};
  type.tp_name = "bench_raw.Owner";
  type.tp_basicsize = sizeof(Owner);
  type.tp_flags = Py_TPFLAGS_DEFAULT;
  type.tp_dealloc = owner_dealloc;
  return type;
}();

PyArray_Descr* float64 = nullptr;

PyObject* refuse(const char* expected) {
  PyErr_SetString(PyExc_TypeError, expected);
  return nullptr;
}

// The macro road first: what a float argument costs by hand.
inline bool read_double(PyObject* number, double& value) {
  value = PyFloat_CheckExact(number) ? PyFloat_AS_DOUBLE(number) : PyFloat_AsDouble(number);
  return value != -1.0 || PyErr_Occurred() == nullptr;
}

PyObject* noop(PyObject*, PyObject* const*, Py_ssize_t nargs) {
  if (nargs != 0) return refuse("noop()");
  Py_RETURN_NONE;
}

PyObject* one(PyObject*, PyObject* const*, Py_ssize_t nargs) {
  if (nargs != 1) return refuse("one(x)");
  Py_RETURN_NONE;
}

PyObject* hypot(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
  if (nargs != 2) return refuse("hypot(x, y)");
  double x = 0.0;
  double y = 0.0;
  if (!read_double(args[0], x) || !read_double(args[1], y)) return nullptr;
  return PyFloat_FromDouble(std::sqrt(x * x + y * y));
}

PyObject* sum64(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
  if (nargs != 1 || !PyArray_CheckExact(args[0])) return refuse("sum64(ndarray)");
  auto* array = reinterpret_cast<PyArrayObject*>(args[0]);
  if (PyArray_TYPE(array) != NPY_DOUBLE || PyArray_NDIM(array) != 1 || !PyArray_ISCARRAY_RO(array))
    return refuse("sum64: one contiguous row of float64");
  const auto* values = static_cast<const double*>(PyArray_DATA(array));
  const npy_intp count = PyArray_DIM(array, 0);
  double total = 0.0;
  for (npy_intp i = 0; i < count; ++i) total += values[i];
  return PyFloat_FromDouble(total);
}

PyObject* linspace(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
  if (nargs != 3) return refuse("linspace(n, start, stop)");
  npy_intp count = PyLong_AsSsize_t(args[0]);
  if (count < 2) return PyErr_Occurred() != nullptr ? nullptr : refuse("linspace: n >= 2");
  double start = 0.0;
  double stop = 0.0;
  if (!read_double(args[1], start) || !read_double(args[2], stop)) return nullptr;

  auto* owner = PyObject_New(Owner, &owner_type);
  if (owner == nullptr) return nullptr;
  owner->memory = static_cast<double*>(std::malloc(static_cast<std::size_t>(count) * 8));
  if (owner->memory == nullptr) {
    Py_DECREF(owner);
    return PyErr_NoMemory();
  }
  const double step = (stop - start) / static_cast<double>(count - 1);
  for (npy_intp i = 0; i < count; ++i) owner->memory[i] = static_cast<double>(i) * step + start;
  owner->memory[count - 1] = stop;

  Py_INCREF(float64);  // stolen by NewFromDescr
  PyObject* array = PyArray_NewFromDescr(&PyArray_Type, float64, 1, &count, nullptr, owner->memory,
                                         NPY_ARRAY_CARRAY, nullptr);
  if (array == nullptr) {
    Py_DECREF(owner);
    return nullptr;
  }
  if (PyArray_SetBaseObject(reinterpret_cast<PyArrayObject*>(array),
                            reinterpret_cast<PyObject*>(owner)) < 0) {  // stolen, also on failure
    Py_DECREF(array);
    return nullptr;
  }
  return array;
}

PyObject* buffer_length(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
  if (nargs != 1) return refuse("buffer_length(x)");
  Py_buffer view;
  if (PyObject_GetBuffer(args[0], &view, PyBUF_SIMPLE) < 0) return nullptr;
  const Py_ssize_t length = view.len;
  PyBuffer_Release(&view);
  return PyLong_FromSsize_t(length);
}

PyObject* bytes_length(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
  if (nargs != 1 || !PyBytes_CheckExact(args[0])) return refuse("bytes_length(bytes)");
  return PyLong_FromSsize_t(PyBytes_GET_SIZE(args[0]));
}

PyObject* text_length(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
  if (nargs != 1 || !PyUnicode_CheckExact(args[0])) return refuse("text_length(str)");
  return PyLong_FromSsize_t(PyUnicode_GET_LENGTH(args[0]));
}

// spin(rounds): arithmetic with the GIL released, for the two-CPU scaling probe.
PyObject* spin(PyObject*, PyObject* const* args, Py_ssize_t nargs) {
  if (nargs != 1) return refuse("spin(rounds)");
  const Py_ssize_t rounds = PyLong_AsSsize_t(args[0]);
  if (rounds < 0) return PyErr_Occurred() != nullptr ? nullptr : refuse("spin: rounds >= 0");
  std::uint64_t state = 1;
  PyThreadState* saved = PyEval_SaveThread();
  for (Py_ssize_t i = 0; i < rounds; ++i)
    state = state * 6364136223846793005U + 1442695040888963407U;
  PyEval_RestoreThread(saved);
  return PyLong_FromUnsignedLongLong(state);
}

template <class Function>
PyMethodDef row(const char* name, Function* function) {
  return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function)),
          METH_FASTCALL, nullptr};
}

PyMethodDef methods[] = {
    row("noop", noop),
    row("one", one),
    row("hypot", hypot),
    row("sum64", sum64),
    row("linspace", linspace),
    row("buffer_length", buffer_length),
    row("bytes_length", bytes_length),
    row("text_length", text_length),
    row("spin", spin),
    {nullptr, nullptr, 0, nullptr},
};

PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "bench_raw", nullptr, -1, methods, nullptr, nullptr, nullptr, nullptr};

}  // namespace

PyMODINIT_FUNC PyInit_bench_raw() {
  import_array();
  if (PyType_Ready(&owner_type) < 0) return nullptr;
  float64 = PyArray_DescrFromType(NPY_DOUBLE);
  return PyModule_Create(&definition);
}
