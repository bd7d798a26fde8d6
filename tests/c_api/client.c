// A client of fastlane.h as somebody else would write it, in C99: one Python function for each
// function of the header. The tests compile it against headers of several versions.
#include "fastlane.h"

static int freed_blocks = 0;

static void free_counted(void *memory) {
  ++freed_blocks;
  PyMem_RawFree(memory);
}

// ---- Reductions ---------------------------------------------------------------------------------
static PyObject *client_sum(PyObject *self, PyObject *x_arg) {
  fln_array x;
  fln_error error;
  double sum = 0;
  int status;
  fln_borrow *borrow = fln_borrow_array(x_arg, "client.sum", "x", ~0u, 0, &x);
  (void)self;
  if (borrow == NULL) return NULL;
  Py_BEGIN_ALLOW_THREADS
  status = fln_sum(&x, &sum, &error);
  Py_END_ALLOW_THREADS
  fln_give_back(borrow);
  return status == FLN_OK ? PyFloat_FromDouble(sum) : fln_raise("client.sum", &error);
}

static PyObject *client_sum_exact(PyObject *self, PyObject *x_arg) {
  fln_array x;
  fln_error error;
  int64_t high;
  uint64_t low;
  int status;
  fln_borrow *borrow = fln_borrow_array(x_arg, "client.sum_exact", "x", FLN_NUMBERS, 0, &x);
  (void)self;
  if (borrow == NULL) return NULL;
  status = fln_sum_exact(&x, &high, &low, &error);
  fln_give_back(borrow);
  if (status != FLN_OK) return fln_raise("client.sum_exact", &error);
  return Py_BuildValue("LK", (long long)high, (unsigned long long)low);
}

static PyObject *client_describe(PyObject *self, PyObject *x_arg) {
  fln_array x;
  fln_error error;
  fln_description found;
  int status;
  fln_borrow *borrow = fln_borrow_array(x_arg, "client.describe", "x", FLN_NUMBERS, 0, &x);
  (void)self;
  if (borrow == NULL) return NULL;
  status = fln_describe(&x, &found, &error);
  fln_give_back(borrow);
  if (status != FLN_OK) return fln_raise("client.describe", &error);
  return Py_BuildValue("Kddddd", (unsigned long long)found.count, found.min, found.max, found.mean,
                       found.std, found.sum);
}

// ---- Layout and tensors -------------------------------------------------------------------------
static PyObject *client_transpose(PyObject *self, PyObject *x_arg) {
  fln_array x, out;
  fln_error error;
  int status = FLN_OK;
  PyObject *result = NULL;
  fln_borrow *borrow = fln_borrow_array(x_arg, "client.transpose", "x", FLN_NUMBERS, 0, &x);
  (void)self;
  if (borrow == NULL) return NULL;
  if (x.ndim == 2) {
    const ptrdiff_t shape[2] = {x.shape[1], x.shape[0]};
    result = fln_new_array(x.dtype, 2, shape, &out);
    if (result != NULL) status = fln_transpose(&x, &out, &error);
  } else {
    status = fln_transpose(&x, &x, &error);
  }
  fln_give_back(borrow);
  if (status == FLN_OK) return result;
  Py_XDECREF(result);
  return fln_raise("client.transpose", &error);
}

static PyObject *client_normalize_u8(PyObject *self, PyObject *args) {
  PyObject *x_arg;
  unsigned char amount;
  fln_array x;
  fln_error error;
  int status;
  fln_borrow *borrow;
  (void)self;
  if (!PyArg_ParseTuple(args, "Ob", &x_arg, &amount)) return NULL;
  borrow = fln_borrow_array(x_arg, "client.normalize_u8", "x", 1u << FLN_UINT8, 1, &x);
  if (borrow == NULL) return NULL;
  status = fln_normalize_u8(&x, amount, &error);
  fln_give_back(borrow);
  if (status != FLN_OK) return fln_raise("client.normalize_u8", &error);
  Py_RETURN_NONE;
}

static PyObject *client_normalize(PyObject *self, PyObject *args) {
  PyObject *pixels_arg, *out_arg;
  fln_normalization how = {0, {0, 0, 0, 0}, {1, 1, 1, 1}, 0, 0};
  fln_array pixels, out;
  fln_error error;
  int status;
  fln_borrow *reading, *writing;
  (void)self;
  if (!PyArg_ParseTuple(args, "OOddii", &pixels_arg, &out_arg, &how.mean[0], &how.std[0],
                        &how.channels, &how.channels_last)) {
    return NULL;
  }
  reading = fln_borrow_array(pixels_arg, "client.normalize", "pixels", FLN_NUMBERS, 0, &pixels);
  if (reading == NULL) return NULL;
  writing = fln_borrow_array(out_arg, "client.normalize", "out", FLN_NUMBERS, 1, &out);
  if (writing == NULL) {
    fln_give_back(reading);
    return NULL;
  }
  status = fln_normalize(&pixels, &how, &out, &error);
  fln_give_back(writing);
  fln_give_back(reading);
  if (status != FLN_OK) return fln_raise("client.normalize", &error);
  Py_RETURN_NONE;
}

// ---- Bytes, text, pictures ----------------------------------------------------------------------
static PyObject *client_crc32(PyObject *self, PyObject *data_arg) {
  const void *data;
  size_t size;
  uint32_t crc;
  fln_error error;
  int status;
  fln_borrow *borrow = fln_borrow_bytes(data_arg, "client.crc32", "data", &data, &size);
  (void)self;
  if (borrow == NULL) return NULL;
  status = fln_crc32(0, data, size, &crc, &error);
  fln_give_back(borrow);
  return status == FLN_OK ? PyLong_FromUnsignedLong(crc) : fln_raise("client.crc32", &error);
}

static PyObject *client_search(PyObject *self, PyObject *args) {
  Py_buffer text, needle;
  ptrdiff_t offset = 0;
  size_t count = 0;
  int status;
  (void)self;
  if (!PyArg_ParseTuple(args, "y*y*", &text, &needle)) return NULL;
  status = fln_find(text.buf, (size_t)text.len, needle.buf, (size_t)needle.len, &offset, NULL);
  if (status == FLN_OK) {
    status = fln_count(text.buf, (size_t)text.len, needle.buf, (size_t)needle.len, &count, NULL);
  }
  PyBuffer_Release(&needle);
  PyBuffer_Release(&text);
  return Py_BuildValue("inn", status, (Py_ssize_t)offset, (Py_ssize_t)count);
}

static PyObject *client_decode(PyObject *self, PyObject *data_arg) {
  const void *data;
  size_t size;
  fln_picture picture;
  fln_array out;
  fln_error error;
  PyObject *result = NULL;
  int status;
  fln_borrow *borrow = fln_borrow_bytes(data_arg, "client.decode", "data", &data, &size);
  (void)self;
  if (borrow == NULL) return NULL;
  status = fln_png_info(data, size, &picture, &error);
  if (status == FLN_OK) {
    const ptrdiff_t shape[3] = {(ptrdiff_t)picture.height, (ptrdiff_t)picture.width,
                                (ptrdiff_t)picture.channels};
    result = fln_new_array(picture.dtype, 3, shape, &out);
    if (result != NULL) status = fln_png_decode(data, size, &out, &error);
  }
  fln_give_back(borrow);
  if (status == FLN_OK) return result;
  Py_XDECREF(result);
  return fln_raise("client.decode", &error);
}

// ---- Borrows and moves --------------------------------------------------------------------------
static PyObject *client_hold(PyObject *self, PyObject *args) {
  PyObject *x_arg;
  int writable;
  fln_array x;
  fln_borrow *borrow;
  (void)self;
  if (!PyArg_ParseTuple(args, "Oi", &x_arg, &writable)) return NULL;
  borrow = fln_borrow_array(x_arg, "client.hold", "x", FLN_NUMBERS, writable, &x);
  return borrow == NULL ? NULL : PyLong_FromVoidPtr(borrow);
}

static PyObject *client_let_go(PyObject *self, PyObject *held) {
  (void)self;
  fln_give_back((fln_borrow *)PyLong_AsVoidPtr(held));
  Py_RETURN_NONE;
}

static PyObject *client_moved(PyObject *self, PyObject *args) {
  Py_ssize_t length, step;
  ptrdiff_t shape[1], strides[1];
  double *memory;
  fln_array contents = {NULL, FLN_FLOAT64, 1, shape, strides};
  (void)self;
  if (!PyArg_ParseTuple(args, "nn", &length, &step)) return NULL;
  memory = (double *)PyMem_RawMalloc((size_t)length * sizeof(double));
  if (memory == NULL) return PyErr_NoMemory();
  for (Py_ssize_t i = 0; i < length; ++i) memory[i] = (double)i;
  shape[0] = length;
  strides[0] = step;
  contents.data = memory;
  return fln_move_array(&contents, memory, free_counted);
}

static PyObject *client_facts(PyObject *self, PyObject *unused) {
  (void)self;
  (void)unused;
  return Py_BuildValue("{sIsIsnszsisi}", "major", (unsigned)FLN_TABLE->abi_major, "minor",
                       (unsigned)FLN_TABLE->abi_minor, "size",
                       (Py_ssize_t)FLN_TABLE->struct_size, "version", FLN_TABLE->version, "freed",
                       freed_blocks, "offers_the_last",
                       fln_offers(sizeof(fln_api) - sizeof(void (*)(void))));
}

// ---- Module -------------------------------------------------------------------------------------
static PyMethodDef client_methods[] = {
    {"sum", client_sum, METH_O, NULL},
    {"sum_exact", client_sum_exact, METH_O, NULL},
    {"describe", client_describe, METH_O, NULL},
    {"transpose", client_transpose, METH_O, NULL},
    {"normalize_u8", client_normalize_u8, METH_VARARGS, NULL},
    {"normalize", client_normalize, METH_VARARGS, NULL},
    {"crc32", client_crc32, METH_O, NULL},
    {"search", client_search, METH_VARARGS, NULL},
    {"decode", client_decode, METH_O, NULL},
    {"hold", client_hold, METH_VARARGS, NULL},
    {"let_go", client_let_go, METH_O, NULL},
    {"moved", client_moved, METH_VARARGS, NULL},
    {"facts", client_facts, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef client_module = {
    PyModuleDef_HEAD_INIT, "client", NULL, -1, client_methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_client(void) {
#ifndef CLIENT_WITHOUT_IMPORT
  if (fln_import() < 0) return NULL;
#endif
  return PyModule_Create(&client_module);
}
