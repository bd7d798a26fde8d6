// Puts an array around memory that C++ made.
#include "module/boundary/moved_array.hpp"

#include "module/boundary/dtype.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/numpy_api.hpp"

namespace fastlane {

PyObject* array_around(PyObject* owner_stolen, PyObject* descr, int ndim,
                       const std::ptrdiff_t* shape, void* data) {
  OwnedRef owner = OwnedRef::from_new(owner_stolen);
  // Memory of no bytes may have no address, and NumPy takes a null one as the wish to allocate.
  alignas(16) static std::byte nothing[16];
  OwnedRef array = OwnedRef::from_new(
      PyArray_NewFromDescr(&PyArray_Type, reinterpret_cast<PyArray_Descr*>(descr),
                           ndim,  // steals descr, also on failure
                           const_cast<npy_intp*>(reinterpret_cast<const npy_intp*>(shape)), nullptr,
                           data == nullptr ? nothing : data, NPY_ARRAY_CARRAY, nullptr));
  if (!array) return nullptr;
  auto* ndarray = reinterpret_cast<PyArrayObject*>(array.borrow());
  if (PyArray_SetBaseObject(ndarray, owner.transfer()) < 0)
    return nullptr;  // steals, also on failure
  return array.transfer();
}

PyObject* array_from_memory(PyObject* module, const MovedMemory& moved) {
  // The owner exists before the array does: from then on no path can lose the memory.
  ModuleState& state = state_of(module);
  OwnedRef owner = OwnedRef::from_new(new_owner(state, moved.memory, moved.free_memory));
  if (!owner) {
    moved.free_memory(moved.memory);
    return nullptr;
  }
  return array_around(owner.transfer(), new_descriptor(state, moved.dtype), moved.ndim, moved.shape,
                      moved.data);
}

}  // namespace fastlane
