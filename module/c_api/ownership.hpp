// Arrays for C to fill, memory of C's that Python is to own, and errors of kernels as exceptions.
// Needs the GIL.
#pragma once

#include <Python.h>

#include "module/fastlane/include/fastlane_kernels.h"

namespace fastlane::c_api {

// New reference to a C-contiguous ndarray with undefined elements, described in `array`. Null with
// an exception set.
PyObject* new_array(int dtype, int ndim, const std::ptrdiff_t* shape, fln_array* array) noexcept;

// New reference to an ndarray around `contents`, C-contiguous; `free_memory(memory)` is called
// once, when its last view is gone or at once on failure. Null with an exception set.
PyObject* move_array(const fln_array* contents, void* memory,
                     void (*free_memory)(void* memory)) noexcept;

// The exception for a kernel's error; always null.
PyObject* raise_error(const char* function, const fln_error* error) noexcept;

}  // namespace fastlane::c_api
