// Asks NumPy for an array.
#include "module/boundary/new_array.hpp"

#include "module/boundary/dtype.hpp"
#include "module/numpy_api.hpp"

namespace fastlane {

static_assert(sizeof(npy_intp) == sizeof(std::ptrdiff_t));

bool NewArray::allocate(kernels::DType dtype, int ndim, const std::ptrdiff_t* shape) {
  std::ptrdiff_t bytes = static_cast<std::ptrdiff_t>(kernels::size_of(dtype));
  for (int axis = 0; axis < ndim; ++axis) {
    if (__builtin_mul_overflow(bytes, shape[axis], &bytes)) {
      PyErr_NoMemory();
      return false;
    }
  }
  PyArray_Descr* descr = PyArray_DescrFromType(numpy_of_dtype(dtype));  // new
  if (descr == nullptr) return false;
  PyObject* array =
      PyArray_NewFromDescr(&PyArray_Type, descr, ndim,  // steals descr, also on failure
                           const_cast<npy_intp*>(reinterpret_cast<const npy_intp*>(shape)), nullptr,
                           nullptr, 0, nullptr);
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
