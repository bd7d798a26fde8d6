// An output whose memory C++ made: the array points at it and an owner object frees it in the end.
// Nothing is copied.
#pragma once

#include <Python.h>

#include <memory>
#include <utility>
#include <vector>

#include "kernels/array_view.hpp"
#include "module/boundary/owner.hpp"

namespace fastlane {

// New reference to an array of `descr` (stolen, also on failure) around `data`, kept alive by
// `owner` (stolen, also on failure). Null with an exception set.
PyObject* array_around(PyObject* owner, PyObject* descr, int ndim, const std::ptrdiff_t* shape,
                       void* data);

// Memory on its way out: `free_memory(memory)` is called once, by the array's owner or on failure
// here.
struct MovedMemory {
  kernels::DType dtype;
  int ndim;
  const std::ptrdiff_t* shape;
  void* data;  // first element, C-contiguous; may be null when there are no elements
  void* memory;
  FreeMemory free_memory;
};

// New reference, or null with an exception set; takes the memory over in either case.
//   capsule = new_owner(memory);  a = PyArray_SimpleNewFromData(shape, type, data);
//   PyArray_SetBaseObject(a, capsule);
PyObject* array_from_memory(PyObject* module, const MovedMemory& moved);

template <class T>
void delete_vector(void* vector) noexcept {
  delete static_cast<std::vector<T>*>(vector);
}

// The vector's heap block becomes the array's memory. May throw bad_alloc.
template <class T>
PyObject* array_from_vector(PyObject* module, std::vector<T>&& values) {
  auto vector = std::make_unique<std::vector<T>>(std::move(values));
  std::vector<T>* storage = vector.release();  // transferred
  const auto length = static_cast<std::ptrdiff_t>(storage->size());
  return array_from_memory(
      module, {kernels::dtype_of<T>(), 1, &length, storage->data(), storage, delete_vector<T>});
}

}  // namespace fastlane
