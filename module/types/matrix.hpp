// fastlane.Matrix: float64 rows that C++ owns and that the buffer protocol and DLPack show to
// others. What is exported is locked: the elements stay where they are until nobody looks.
#pragma once

#include <Python.h>

#include <cstddef>

#include "kernels/array_view.hpp"
#include "module/state.hpp"

namespace fastlane {

struct MatrixObject {
  PyObject_HEAD
  double* elements;  // owned, from malloc; row after row
  std::ptrdiff_t shape[2];
  std::ptrdiff_t strides[2];
  Py_ssize_t exports;
};

inline MatrixObject& matrix_in(PyObject* self) noexcept {
  return *reinterpret_cast<MatrixObject*>(self);
}
inline kernels::ArrayView view_of(const MatrixObject& matrix) noexcept {
  return {reinterpret_cast<std::byte*>(matrix.elements), kernels::DType::float64, 2, matrix.shape,
          matrix.strides};
}
inline std::size_t size_of(const MatrixObject& matrix) noexcept {
  return static_cast<std::size_t>(matrix.shape[0]) * static_cast<std::size_t>(matrix.shape[1]);
}

bool is_matrix(const ModuleState& state, PyObject* object) noexcept;

// A matrix of zeros; shapes that no memory holds are MemoryError. New reference, or null with an
// exception set. Needs lengths that are not negative.
PyObject* new_matrix(ModuleState& state, std::ptrdiff_t rows, std::ptrdiff_t columns);

// An ndarray that shows the elements of a matrix, or of anything else that has a buffer or DLPack.
// New reference, or null with an exception set.
PyObject* array_over(PyObject* object);

// The slots and methods that other files define: module/types/matrix_{buffer,dlpack,product}.cpp.
int matrix_getbuffer(PyObject* self, Py_buffer* buffer, int flags) noexcept;
void matrix_releasebuffer(PyObject* self, Py_buffer* buffer) noexcept;
PyObject* matrix_product(PyObject* left, PyObject* right) noexcept;
PyObject* matrix_dlpack(PyObject* self, PyObject* args, PyObject* kwargs) noexcept;
PyObject* matrix_dlpack_device(PyObject* self, PyObject*) noexcept;

// Creates the heap type and adds it to the module. -1 with an exception on failure.
int add_matrix_type(PyObject* module);

}  // namespace fastlane
