// Asks NumPy for an array.
#include "module/boundary/new_array.hpp"

#include "module/boundary/dtype.hpp"
#include "module/boundary/moved_array.hpp"
#include "module/numpy_api.hpp"

namespace fastlane {

static_assert(sizeof(npy_intp) == sizeof(std::ptrdiff_t));

namespace {

// Up to here one small object that owns its elements beats NumPy's allocation.
constexpr std::ptrdiff_t kFewBytes = 1024;

PyObject* allocate_few(ModuleState& state, kernels::DType dtype, std::ptrdiff_t bytes, int ndim,
                       const std::ptrdiff_t* shape) {
  const OwnerWithRoom few = new_owner_with_room(state, static_cast<std::size_t>(bytes));  // new
  if (few.owner == nullptr) return nullptr;
  return array_around(few.owner, new_descriptor(state, dtype), ndim, shape, few.room);
}

PyObject* allocate_numpy(ModuleState& state, kernels::DType dtype, int ndim,
                         const std::ptrdiff_t* shape) {
  auto* descr = reinterpret_cast<PyArray_Descr*>(new_descriptor(state, dtype));
  return PyArray_NewFromDescr(&PyArray_Type, descr, ndim,  // steals descr, also on failure
                              const_cast<npy_intp*>(reinterpret_cast<const npy_intp*>(shape)),
                              nullptr, nullptr, 0, nullptr);
}

}  // namespace

bool NewArray::allocate(ModuleState& state, kernels::DType dtype, int ndim,
                        const std::ptrdiff_t* shape, std::ptrdiff_t bytes) {
  PyObject* array = bytes <= kFewBytes ? allocate_few(state, dtype, bytes, ndim, shape)
                                       : allocate_numpy(state, dtype, ndim, shape);
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
