/* wavestats: statistics of sampled signals.
 *
 * Written in 2012 for Python 2.7, brought to Python 3 in 2015, and left alone since: the kind of
 * extension that docs/legacy.md brings to fastlane.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <string.h>

static unsigned long crc_table[256];

static void make_crc_table(void) {
  unsigned long n, c;
  int k;
  for (n = 0; n < 256; n++) {
    c = n;
    for (k = 0; k < 8; k++) c = c & 1 ? 0xedb88320UL ^ (c >> 1) : c >> 1;
    crc_table[n] = c;
  }
}

/* The samples as doubles; the caller releases the view. */
static double *samples_of(PyObject *args, Py_buffer *view, Py_ssize_t *count) {
  if (!PyArg_ParseTuple(args, "y*", view)) return NULL;
  if (view->len == 0 || view->len % sizeof(double) != 0) {
    PyErr_SetString(PyExc_ValueError, "expected a buffer of doubles");
    PyBuffer_Release(view);
    return NULL;
  }
  *count = view->len / sizeof(double);
  return (double *)view->buf;
}

static PyObject *wavestats_average(PyObject *self, PyObject *args) {
  Py_buffer view;
  Py_ssize_t i, count;
  double sum = 0.0;
  double *samples = samples_of(args, &view, &count);
  if (samples == NULL) return NULL;
  for (i = 0; i < count; i++) sum += samples[i];
  PyBuffer_Release(&view);
  return PyFloat_FromDouble(sum / count);
}

static PyObject *wavestats_spread(PyObject *self, PyObject *args) {
  Py_buffer view;
  Py_ssize_t i, count;
  double low, high, mean = 0.0, squares = 0.0;
  double *samples = samples_of(args, &view, &count);
  if (samples == NULL) return NULL;
  low = high = samples[0];
  for (i = 0; i < count; i++) {
    if (samples[i] < low) low = samples[i];
    if (samples[i] > high) high = samples[i];
    mean += samples[i] / count;
  }
  for (i = 0; i < count; i++) squares += (samples[i] - mean) * (samples[i] - mean);
  PyBuffer_Release(&view);
  return Py_BuildValue("ddd", low, high, sqrt(squares / count));
}

static PyObject *wavestats_checksum(PyObject *self, PyObject *args) {
  const char *data;
  Py_ssize_t i, size;
  unsigned long crc = 0xffffffffUL;
  if (!PyArg_ParseTuple(args, "y#", &data, &size)) return NULL;
  for (i = 0; i < size; i++) crc = crc_table[(crc ^ data[i]) & 0xff] ^ (crc >> 8);
  return PyLong_FromUnsignedLong(crc ^ 0xffffffffUL);
}

static PyObject *wavestats_occurrences(PyObject *self, PyObject *args) {
  const char *data, *word;
  Py_ssize_t i = 0, size, word_size, found = 0;
  if (!PyArg_ParseTuple(args, "y#y#", &data, &size, &word, &word_size)) return NULL;
  while (word_size > 0 && i + word_size <= size) {
    if (memcmp(data + i, word, word_size) == 0) {
      found++;
      i += word_size;
    } else {
      i++;
    }
  }
  return PyLong_FromSsize_t(found);
}

static PyMethodDef wavestats_methods[] = {
    {"average", wavestats_average, METH_VARARGS, "average(samples) -> float"},
    {"spread", wavestats_spread, METH_VARARGS, "spread(samples) -> (low, high, deviation)"},
    {"checksum", wavestats_checksum, METH_VARARGS, "checksum(data) -> int"},
    {"occurrences", wavestats_occurrences, METH_VARARGS, "occurrences(data, word) -> int"},
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef wavestats_module = {PyModuleDef_HEAD_INIT, "wavestats", NULL, -1,
                                              wavestats_methods};

PyMODINIT_FUNC PyInit_wavestats(void) {
  make_crc_table();
  return PyModule_Create(&wavestats_module);
}
