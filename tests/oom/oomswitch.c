/* The switch of oomshim.c for Python: arm(first, past_last, all_threads), disarm() -> (count,
 * hits), live() -> blocks in use. A call between the first two sees its allocations number
 * first..past_last-1 fail; a past_last of 0 means all from `first` on. It is a module of its own,
 * because ctypes allocates in every call.
 */
#define _GNU_SOURCE
#include <Python.h>
#include <dlfcn.h>

static void (*shim_arm)(long, long, int);
static void (*shim_disarm)(void);
static long (*shim_count)(void);
static long (*shim_hits)(void);
static long (*shim_live)(void);

static PyObject* arm(PyObject* module, PyObject* const* args, Py_ssize_t nargs) {
  (void)module;
  if (nargs != 3) {
    PyErr_SetString(PyExc_TypeError, "arm(first, past_last, all_threads)");
    return NULL;
  }
  const long first = PyLong_AsLong(args[0]);
  const long past_last = PyLong_AsLong(args[1]);
  const int all_threads = PyObject_IsTrue(args[2]);
  if (PyErr_Occurred()) return NULL;
  shim_arm(first, past_last, all_threads);
  Py_RETURN_NONE;
}

static PyObject* disarm(PyObject* module, PyObject* ignored) {
  (void)module;
  (void)ignored;
  shim_disarm();
  return Py_BuildValue("ll", shim_count(), shim_hits());
}

static PyObject* live(PyObject* module, PyObject* ignored) {
  (void)module;
  (void)ignored;
  return PyLong_FromLong(shim_live());
}

static PyMethodDef methods[] = {
    {"arm", (PyCFunction)(void (*)(void))arm, METH_FASTCALL, "arm(first, past_last, all_threads)"},
    {"disarm", disarm, METH_NOARGS, "disarm() -> (allocations seen, allocations failed)"},
    {"live", live, METH_NOARGS, "live() -> blocks of malloc that are in use"},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    "oomswitch",
    "Arms the allocation faults of oomshim.c.",
    0,
    methods,
    NULL,
    NULL,
    NULL,
    NULL,
};

PyMODINIT_FUNC PyInit_oomswitch(void) {
  *(void**)&shim_arm = dlsym(RTLD_DEFAULT, "oom_arm");
  *(void**)&shim_disarm = dlsym(RTLD_DEFAULT, "oom_disarm");
  *(void**)&shim_count = dlsym(RTLD_DEFAULT, "oom_count");
  *(void**)&shim_hits = dlsym(RTLD_DEFAULT, "oom_hits");
  *(void**)&shim_live = dlsym(RTLD_DEFAULT, "oom_live");
  if (!shim_arm || !shim_disarm || !shim_count || !shim_hits || !shim_live) {
    PyErr_SetString(PyExc_ImportError, "liboomshim.so is not preloaded: start with tools/oom");
    return NULL;
  }
  return PyModule_Create(&definition);
}
