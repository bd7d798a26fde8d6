// Asks NumPy for an array.
#include "module/boundary/new_array.hpp"

#include <cstdlib>

#include "module/boundary/dtype.hpp"
#include "module/boundary/moved_array.hpp"
#include "module/numpy_api.hpp"

namespace fastlane {

static_assert(sizeof(npy_intp) == sizeof(std::ptrdiff_t));

namespace {

// Up to here the C library's own recycling beats NumPy's allocation.
constexpr std::ptrdiff_t kFewBytes = 1024;

void free_few(void* memory) noexcept { std::free(memory); }

PyObject* allocate_few(PyObject* module, kernels::DType dtype, std::ptrdiff_t bytes, int ndim,
                       const std::ptrdiff_t* shape) {
  void* memory = std::malloc(static_cast<std::size_t>(bytes));  // owned
  if (memory == nullptr && bytes > 0) return PyErr_NoMemory();
  return array_from_memory(module, {dtype, ndim, shape, memory, memory, free_few});
}

PyObject* allocate_numpy(kernels::DType dtype, int ndim, const std::ptrdiff_t* shape) {
  PyArray_Descr* descr = PyArray_DescrFromType(numpy_of_dtype(dtype));  // new
  if (descr == nullptr) return nullptr;
  return PyArray_NewFromDescr(&PyArray_Type, descr, ndim,  // steals descr, also on failure
                              const_cast<npy_intp*>(reinterpret_cast<const npy_intp*>(shape)),
                              nullptr, nullptr, 0, nullptr);
}

}  // namespace

bool NewArray::allocate(PyObject* module, kernels::DType dtype, int ndim,
                        const std::ptrdiff_t* shape) {
  std::ptrdiff_t bytes = static_cast<std::ptrdiff_t>(kernels::size_of(dtype));
  for (int axis = 0; axis < ndim; ++axis) {
    if (__builtin_mul_overflow(bytes, shape[axis], &bytes)) {
      PyErr_NoMemory();
      return false;
    }
  }
  PyObject* array = bytes <= kFewBytes ? allocate_few(module, dtype, bytes, ndim, shape)
                                       : allocate_numpy(dtype, ndim, shape);
  if (array == nullptr) return false;
  own(array, dtype);
  return true;
}

void NewArray::own(PyObject* array, kernels::DType dtype) noexcept {
  auto* ndarray = reinterpret_cast<PyArrayObject*>(array);
  array_.own(array);  // transferred
  view_ = {static_cast<std::byte*>(PyArray_DATA(ndarray)), dtype, PyArray_NDIM(ndarray),
           PyArray_DIMS(ndarray), PyArray_STRIDES(ndarray)};
}

}  // namespace fastlane
