// fastlane for extensions in C99 or C++: kernels, borrows and moves through the capsule
// fastlane._C_API. Needs no library to link with, only fastlane at run time.
//
//   if (fln_import() < 0) return NULL;      // in the extension's PyInit or exec function
//
//   fln_array x;
//   fln_borrow *borrow = fln_borrow_array(object, "mean", "x", FLN_NUMBERS, 0, &x);
//   if (borrow == NULL) return NULL;        // the exception is set, nothing is held
//   fln_description found;
//   fln_error error;
//   int status = fln_describe(&x, &found, &error);
//   fln_give_back(borrow);
//   if (status != FLN_OK) return fln_raise("mean", &error);
//
// The kernels' functions are in fastlane_kernels.h; they may be called with or without the GIL.
// An extension of several files either calls fln_import() in each, or defines FLN_SHARED_TABLE as a
// name of its own before it includes this, and defines `const fln_api *NAME;` in one file.
#ifndef FLN_FASTLANE_H
#define FLN_FASTLANE_H

#include <Python.h>

#ifndef FLN_KERNELS_ARE_LINKED
#define FLN_FUNCTION static inline
#endif
#include "fastlane_kernels.h"

#define FLN_VERSION "0.1.0"
#define FLN_CAPSULE_NAME "fastlane._C_API"

// Another major version is another table. A greater minor version has more functions at the end of
// the same one: an extension that was compiled for more than there is loads all the same, and may
// ask fln_offers(); one that cannot do without defines FLN_NEEDS_MINOR.
#ifndef FLN_ABI_MAJOR
#define FLN_ABI_MAJOR 1
#endif
#ifndef FLN_ABI_MINOR
#define FLN_ABI_MINOR 0
#endif
#ifndef FLN_NEEDS_MINOR
#define FLN_NEEDS_MINOR 0
#endif

// Sets of element types: bit number FLN_BOOL, FLN_INT8 and so on.
#define FLN_FLOATS (1u << FLN_FLOAT32 | 1u << FLN_FLOAT64)
#define FLN_INTEGERS ((1u << (FLN_UINT64 + 1)) - (1u << FLN_INT8))
#define FLN_NUMBERS (FLN_FLOATS | FLN_INTEGERS | 1u << FLN_BOOL)

typedef struct fln_borrow fln_borrow;

typedef struct fln_api {
  uint32_t abi_major;
  uint32_t abi_minor;
  size_t struct_size;
  const char *version;
  int (*sum)(const fln_array *, double *, fln_error *);
  int (*sum_exact)(const fln_array *, int64_t *, uint64_t *, fln_error *);
  int (*describe)(const fln_array *, fln_description *, fln_error *);
  int (*transpose)(const fln_array *, const fln_array *, fln_error *);
  int (*normalize_u8)(const fln_array *, uint8_t, fln_error *);
  int (*crc32)(uint32_t, const void *, size_t, uint32_t *, fln_error *);
  int (*find)(const void *, size_t, const void *, size_t, ptrdiff_t *, fln_error *);
  int (*count)(const void *, size_t, const void *, size_t, size_t *, fln_error *);
  int (*normalize)(const fln_array *, const fln_normalization *, const fln_array *, fln_error *);
  int (*png_info)(const void *, size_t, fln_picture *, fln_error *);
  int (*png_decode)(const void *, size_t, const fln_array *, fln_error *);
  fln_borrow *(*borrow_array)(PyObject *, const char *, const char *, unsigned, int, fln_array *);
  fln_borrow *(*borrow_bytes)(PyObject *, const char *, const char *, const void **, size_t *);
  void (*give_back)(fln_borrow *);
  PyObject *(*new_array)(int, int, const ptrdiff_t *, fln_array *);
  PyObject *(*move_array)(const fln_array *, void *, void (*)(void *));
  PyObject *(*raise)(const char *, const fln_error *);
} fln_api;

#ifndef FLN_KERNELS_ARE_LINKED

#ifdef FLN_SHARED_TABLE
#define FLN_TABLE FLN_SHARED_TABLE
#ifdef __cplusplus
extern "C"
#else
extern
#endif
__attribute__((visibility("hidden"))) const fln_api *FLN_TABLE;
#else
#define FLN_TABLE fln_table
static const fln_api *FLN_TABLE = NULL;
#endif

// ---- Import -------------------------------------------------------------------------------------
static inline int fln_refuse_major(const fln_api *table) {
  const char *what_to_do =
      table->abi_major > FLN_ABI_MAJOR
          ? "compile the extension again with this fastlane (python -m fastlane config --cflags)"
          : "upgrade fastlane: python -m pip install --upgrade fastlane-native";
  PyErr_Format(PyExc_ImportError,
               "this extension was compiled for version %d of fastlane's C interface, but fastlane "
               "%s offers version %d; %s",
               (int)FLN_ABI_MAJOR, table->version, (int)table->abi_major, what_to_do);
  return -1;
}

static inline int fln_refuse_minor(const fln_api *table) {
  PyErr_Format(PyExc_ImportError,
               "this extension needs version %d.%d of fastlane's C interface, but fastlane %s "
               "offers %d.%d; upgrade fastlane: python -m pip install --upgrade fastlane-native",
               (int)FLN_ABI_MAJOR, (int)FLN_NEEDS_MINOR, table->version, (int)table->abi_major,
               (int)table->abi_minor);
  return -1;
}

static inline int fln_refuse_absence(void) {
  PyObject *kind = NULL, *reason = NULL, *traceback = NULL;
  if (!PyErr_ExceptionMatches(PyExc_ImportError) && !PyErr_ExceptionMatches(PyExc_AttributeError)) {
    return -1;
  }
  PyErr_Fetch(&kind, &reason, &traceback);
  PyErr_NormalizeException(&kind, &reason, &traceback);
  PyErr_Format(PyExc_ImportError,
               "this extension needs fastlane, which could not be imported (%S); install it: "
               "python -m pip install --upgrade fastlane-native",
               reason);
  Py_XDECREF(kind);
  Py_XDECREF(reason);
  Py_XDECREF(traceback);
  return -1;
}

// 0, or -1 with an ImportError that says what to do. Needs the GIL; cheap to call again.
static inline int fln_import(void) {
  const fln_api *table = (const fln_api *)PyCapsule_Import(FLN_CAPSULE_NAME, 0);
  if (table == NULL) return fln_refuse_absence();
  if (table->abi_major != FLN_ABI_MAJOR) return fln_refuse_major(table);
#if FLN_NEEDS_MINOR > 0
  if (table->abi_minor < FLN_NEEDS_MINOR) return fln_refuse_minor(table);
#else
  (void)fln_refuse_minor;
#endif
  FLN_TABLE = table;
  return 0;
}

// Whether the fastlane that is installed has a function that came after minor version 0:
//   if (fln_offers(offsetof(fln_api, name))) status = FLN_TABLE->name(...);
static inline int fln_offers(size_t offset) {
  return FLN_TABLE != NULL && offset + sizeof(void (*)(void)) <= FLN_TABLE->struct_size;
}

// ---- Python's memory: all need the GIL ----------------------------------------------------------
// Borrows an ndarray, or whatever exports a buffer or DLPack, of one of the element types in
// `dtypes`; for writing when `writable` is not 0. `function` and `argument` are named in errors.
// Null with an exception set; otherwise `array` is filled and fln_give_back() must follow. While
// the borrow lasts the GIL may be released; nobody can resize the memory, and fastlane's ledger
// refuses every borrow that would write it, or that would read it while this one writes.
static inline fln_borrow *fln_borrow_array(PyObject *object, const char *function,
                                           const char *argument, unsigned dtypes, int writable,
                                           fln_array *array) {
  if (FLN_TABLE == NULL && fln_import() < 0) return NULL;
  return FLN_TABLE->borrow_array(object, function, argument, dtypes, writable, array);
}

// The same for bytes in one piece, for reading.
static inline fln_borrow *fln_borrow_bytes(PyObject *object, const char *function,
                                           const char *argument, const void **data, size_t *size) {
  if (FLN_TABLE == NULL && fln_import() < 0) return NULL;
  return FLN_TABLE->borrow_bytes(object, function, argument, data, size);
}

// Null is allowed, and so is a pending exception.
static inline void fln_give_back(fln_borrow *borrow) {
  if (borrow != NULL && (FLN_TABLE != NULL || fln_import() == 0)) FLN_TABLE->give_back(borrow);
}

// A new C-contiguous ndarray with undefined elements; `array` describes it for as long as it lives.
static inline PyObject *fln_new_array(int dtype, int ndim, const ptrdiff_t *shape,
                                      fln_array *array) {
  if (FLN_TABLE == NULL && fln_import() < 0) return NULL;
  return FLN_TABLE->new_array(dtype, ndim, shape, array);
}

// Moves memory out: a new ndarray around `contents` (C-contiguous, not copied). `free_memory` is
// called once with `memory`: when the array's last view is gone, or at once when this fails.
static inline PyObject *fln_move_array(const fln_array *contents, void *memory,
                                       void (*free_memory)(void *memory)) {
  if (FLN_TABLE == NULL && fln_import() < 0) {
    if (free_memory != NULL) free_memory(memory);
    return NULL;
  }
  return FLN_TABLE->move_array(contents, memory, free_memory);
}

// Sets the exception for a kernel's error and returns NULL.
static inline PyObject *fln_raise(const char *function, const fln_error *error) {
  if (FLN_TABLE != NULL) return FLN_TABLE->raise(function, error);
  PyErr_Format(PyExc_RuntimeError, "%s(): %s", function, error->message);
  return NULL;
}

#include "fastlane_calls.h"

#endif
#endif
