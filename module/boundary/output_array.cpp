// Decides where a result goes.
#include "module/boundary/output_array.hpp"

#include <memory>
#include <utility>

#include "module/boundary/dtype.hpp"
#include "module/boundary/moved_array.hpp"
#include "module/boundary/owner.hpp"
#include "module/numpy_api.hpp"
#include "module/types/arena.hpp"

namespace fastlane {
namespace {

std::string text_of_shape(int ndim, const std::ptrdiff_t* shape) {
  std::string text = "(";
  for (int axis = 0; axis < ndim; ++axis) {
    if (axis > 0) text += ", ";
    text += std::to_string(shape[axis]);
  }
  text += ndim == 1 ? ",)" : ")";
  return text;
}

bool is_shape(const kernels::ArrayView& view, int ndim, const std::ptrdiff_t* shape) {
  if (view.ndim != ndim) return false;
  for (int axis = 0; axis < ndim; ++axis) {
    if (view.shape[axis] != shape[axis]) return false;
  }
  return true;
}

// Bytes of an array, or -1 when no memory can hold them.
std::ptrdiff_t bytes_of(std::ptrdiff_t item_size, int ndim, const std::ptrdiff_t* shape) {
  std::ptrdiff_t bytes = item_size;
  bool overflows = false;
  bool empty = false;
  for (int axis = 0; axis < ndim; ++axis) {
    empty |= shape[axis] == 0;
    overflows |= __builtin_mul_overflow(bytes, shape[axis], &bytes);
  }
  if (empty) return 0;
  return overflows ? -1 : bytes;
}

void delete_block(void* block) noexcept { delete static_cast<kernels::Block*>(block); }

// Takes the element type over. New reference, or null with an exception set.
PyObject* array_of_block(ModuleState& state, kernels::Block&& memory, OwnedRef element, int ndim,
                         const std::ptrdiff_t* shape) {
  auto block = std::make_unique<kernels::Block>(std::move(memory));
  void* data = block->data();
  OwnedRef owner = OwnedRef::from_new(new_owner(state, block.get(), delete_block));
  if (!owner) return nullptr;
  static_cast<void>(block.release());  // transferred
  return array_around(owner.transfer(), element.transfer(), ndim, shape, data);
}

}  // namespace

PyObject* array_around_block(ModuleState& state, kernels::Block&& block, kernels::DType dtype,
                             int ndim, const std::ptrdiff_t* shape) {
  return array_of_block(state, std::move(block), OwnedRef::from_new(new_descriptor(state, dtype)),
                        ndim, shape);
}

PyObject* array_in_arena(ModuleState& state, kernels::Arena& arena, PyObject* descr, int ndim,
                         const std::ptrdiff_t* shape) {
  OwnedRef element = OwnedRef::incref(descr);
  const std::ptrdiff_t bytes =
      bytes_of(PyDataType_ELSIZE(reinterpret_cast<PyArray_Descr*>(descr)), ndim, shape);
  if (bytes < 0) return PyErr_NoMemory();
  return array_of_block(state, arena.allocate(static_cast<std::size_t>(bytes)), std::move(element),
                        ndim, shape);
}

bool OutputArray::borrow(Arguments& args, PyObject* out_arg, PyObject* arena_arg, DTypes dtypes,
                         int ndim, const std::ptrdiff_t* shape) {
  if (arena_arg != nullptr) return args.wrong_value("arena", "absent when out= is given", "both");
  if (!out_.acquire(args, "out", out_arg, dtypes, Access::write)) return false;
  if (!is_shape(out_.view(), ndim, shape)) {
    return args.wrong_value("out", "of shape " + text_of_shape(ndim, shape),
                            describe_object(out_arg));
  }
  out_arg_ = out_arg;
  return true;
}

bool OutputArray::allocate(Arguments& args, PyObject* arena_arg, kernels::DType dtype, int ndim,
                           const std::ptrdiff_t* shape) {
  const std::ptrdiff_t bytes =
      bytes_of(static_cast<std::ptrdiff_t>(kernels::size_of(dtype)), ndim, shape);
  if (bytes < 0) {
    PyErr_NoMemory();
    return false;
  }
  if (arena_arg == nullptr && bytes < static_cast<std::ptrdiff_t>(kWorthRecycling)) {
    return fresh_.allocate(args.state(), dtype, ndim, shape, bytes);
  }
  kernels::Arena* arena =
      arena_arg == nullptr ? &kernels::default_arena() : arena_of(args, "arena", arena_arg);
  if (arena == nullptr) return false;
  ModuleState& state = args.state();
  PyObject* array =  // new
      array_in_arena(state, *arena, descriptor_of(state, dtype), ndim, shape);
  if (array == nullptr) return false;
  fresh_.own(array, dtype);
  return true;
}

}  // namespace fastlane
