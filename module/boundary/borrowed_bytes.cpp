// The buffer road of BorrowedBytes.
#include "module/boundary/borrowed_bytes.hpp"

#include <utility>

#include "module/numpy_api.hpp"

namespace fastlane {
namespace {

bool holds_objects(PyArrayObject* array) { return PyDataType_REFCHK(PyArray_DESCR(array)); }

bool is_in_one_piece(const Py_buffer& buffer) {
  if (buffer.ndim == 1 && buffer.strides != nullptr) {
    return buffer.strides[0] == buffer.itemsize || buffer.len <= buffer.itemsize;
  }
  return PyBuffer_IsContiguous(&buffer, 'C') != 0;
}

}  // namespace

bool BorrowedBytes::acquire_exporter(Arguments& args, PyObject* object) {
  const PyBufferProcs* procs = Py_TYPE(object)->tp_as_buffer;
  if (procs == nullptr || procs->bf_getbuffer == nullptr) return refuse(args, object);
  // Arrays of a subclass export as ndarray does; asking the type's ancestors would take longer.
  const bool is_array = procs->bf_getbuffer == PyArray_Type.tp_as_buffer->bf_getbuffer;
  const bool held = PyByteArray_CheckExact(object) ? acquire_bytearray(object)
                    : is_array                     ? acquire_ndarray(args, object)
                                                   : acquire_buffer(object);
  if (held) args.borrows().add(*this);
  return held;
}

// A bytearray refuses to change its size while it counts exports.
bool BorrowedBytes::acquire_bytearray(PyObject* bytearray) {
  describe_contiguous(PyByteArray_AS_STRING(bytearray), PyByteArray_GET_SIZE(bytearray));
  ++reinterpret_cast<PyByteArrayObject*>(bytearray)->ob_exports;
  road_ = Road::bytearray;
  exporter_ = bytearray;  // exporter locked
  return true;
}

void BorrowedBytes::release_more() noexcept {
  if (std::exchange(road_, Road::direct) == Road::buffer) {
    PyBuffer_Release(&buffer_);
  } else {
    --reinterpret_cast<PyByteArrayObject*>(exporter_)->ob_exports;
  }
}

bool BorrowedBytes::refuse(Arguments& args, PyObject* object) const {
  const bool is_text = PyUnicode_Check(object) != 0;
  return args.wrong_type(argument_, "bytes-like", describe_object(object),
                         is_text ? std::string(argument_) + ".encode()" : "");
}

bool BorrowedBytes::acquire_ndarray(Arguments& args, PyObject* ndarray) {
  auto* array = reinterpret_cast<PyArrayObject*>(ndarray);
  if (holds_objects(array)) return refuse(args, ndarray);
  if (PyArray_IS_C_CONTIGUOUS(array)) {
    describe_contiguous(PyArray_DATA(array), PyArray_NBYTES(array));
  } else {
    describe_strided(PyArray_DATA(array), PyArray_ITEMSIZE(array), PyArray_NBYTES(array),
                     PyArray_NDIM(array), PyArray_DIMS(array), PyArray_STRIDES(array));
  }
  exporter_ = ndarray;  // exporter locked
  return true;
}

bool BorrowedBytes::acquire_buffer(PyObject* object) {
  if (PyObject_GetBuffer(object, &buffer_, PyBUF_STRIDED_RO) < 0) return false;  // may run Python
  if (is_in_one_piece(buffer_)) {
    describe_contiguous(buffer_.buf, buffer_.len);
  } else {
    describe_strided(buffer_.buf, buffer_.itemsize, buffer_.len, buffer_.ndim, buffer_.shape,
                     buffer_.strides);
  }
  road_ = Road::buffer;
  exporter_ = object;  // exporter locked
  return true;
}

// Elements keep their size and order; what they mean does not matter to a reader of bytes.
void BorrowedBytes::describe_strided(void* data, std::ptrdiff_t item_size, std::ptrdiff_t bytes,
                                     int ndim, const std::ptrdiff_t* shape,
                                     const std::ptrdiff_t* strides) noexcept {
  for (int axis = 0; axis < ndim; ++axis) {
    shape_[axis] = shape[axis];
    strides_[axis] = strides[axis];
  }
  item_size_ = static_cast<std::size_t>(item_size);
  bytes_ = static_cast<std::size_t>(bytes);
  contiguous_ = false;
  view_ = {static_cast<std::byte*>(data), kernels::DType::unsupported, ndim, shape_, strides_};
}

}  // namespace fastlane
