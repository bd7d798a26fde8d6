// Thin over new_array.hpp, owner.hpp and errors.hpp.
#include "module/c_api/ownership.hpp"

#include <new>

#include "module/boundary/errors.hpp"
#include "module/boundary/moved_array.hpp"
#include "module/boundary/new_array.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/c_api/loaded_module.hpp"
#include "module/c_api/status.hpp"

namespace fastlane::c_api {
namespace {

struct ForeignMemory {
  void* memory;
  void (*free_memory)(void* memory);
};

void free_foreign(void* foreign) noexcept {
  auto* owned = static_cast<ForeignMemory*>(foreign);
  if (owned->free_memory != nullptr) owned->free_memory(owned->memory);
  delete owned;
}

PyObject* class_of(ModuleState& state, int status) noexcept {
  switch (status) {
    case FLN_NO_MEMORY:
      return PyExc_MemoryError;
    case FLN_BAD_TYPE:
      return state.argument_type_error;
    case FLN_BAD_VALUE:
      return state.argument_value_error;
    case FLN_BAD_DATA:
      return state.decode_error;
    default:
      return PyExc_RuntimeError;
  }
}

// For an error that is C's own: what the array says of itself is wrong.
PyObject* refused(const char* function, const Refusal& refusal) noexcept {
  fln_error error{};
  guarded(&error, [&] { throw refusal; });
  return raise_error(function, &error);
}

void check_contiguous(const CheckedArray& array) {
  if (!array.view().is_c_contiguous()) array.refuse_value("C-contiguous", "other strides");
}

}  // namespace

PyObject* new_array(int dtype, int ndim, const std::ptrdiff_t* shape, fln_array* array) noexcept
    try {
  const fln_array wanted = {nullptr, dtype, ndim, shape, nullptr};
  const CheckedArray checked("shape", &wanted);
  std::ptrdiff_t bytes = static_cast<std::ptrdiff_t>(checked.view().item_size());
  for (int axis = 0; axis < ndim; ++axis) {
    if (__builtin_mul_overflow(bytes, shape[axis], &bytes)) return PyErr_NoMemory();
  }
  OwnedRef module = loaded_module();
  if (!module) return nullptr;
  NewArray made;
  if (!made.allocate(state_of(module.borrow()), checked.view().dtype, ndim, shape, bytes)) {
    return nullptr;
  }
  module.decref();
  const kernels::ArrayView& view = made.view();
  *array = {view.data, dtype, view.ndim, view.shape, view.strides};
  return made.transfer();
} catch (const Refusal& refusal) {
  return refused("fln_new_array", refusal);
} catch (...) {
  return PyErr_NoMemory();
}

PyObject* move_array(const fln_array* contents, void* memory,
                     void (*free_memory)(void* memory)) noexcept {
  auto* foreign = new (std::nothrow) ForeignMemory{memory, free_memory};
  if (foreign == nullptr) {
    if (free_memory != nullptr) free_memory(memory);
    return PyErr_NoMemory();
  }
  try {
    const CheckedArray checked("contents", contents);
    check_contiguous(checked);
    OwnedRef module = loaded_module();
    if (module) {
      const kernels::ArrayView& view = checked.view();
      PyObject* array = array_from_memory(
          module.borrow(), {view.dtype, view.ndim, view.shape, view.data, foreign, free_foreign});
      module.decref();
      return array;
    }
    free_foreign(foreign);
    return nullptr;
  } catch (const Refusal& refusal) {
    free_foreign(foreign);
    return refused("fln_move_array", refusal);
  } catch (...) {
    free_foreign(foreign);
    return PyErr_NoMemory();
  }
}

PyObject* raise_error(const char* function, const fln_error* error) noexcept {
  OwnedRef module = loaded_module();
  if (!module) return nullptr;
  PyErr_Format(class_of(state_of(module.borrow()), error->status), "%s(): %s", function,
               error->message);
  module.decref();
  return nullptr;
}

}  // namespace fastlane::c_api
