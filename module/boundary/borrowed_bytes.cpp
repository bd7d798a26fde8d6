// The buffer road of BorrowedBytes.
#include "module/boundary/borrowed_bytes.hpp"

#include <utility>

#include "module/numpy_api.hpp"

namespace fastlane {
namespace {

bool holds_objects(PyObject* object) {
  return PyArray_Check(object) &&
         PyDataType_REFCHK(PyArray_DESCR(reinterpret_cast<PyArrayObject*>(object)));
}

}  // namespace

bool BorrowedBytes::acquire_buffer(Arguments& args, PyObject* object) {
  if (!PyObject_CheckBuffer(object) || holds_objects(object)) {
    const bool is_text = PyUnicode_Check(object) != 0;
    return args.wrong_type(argument_, "bytes-like", describe_object(object),
                           is_text ? std::string(argument_) + ".encode()" : "");
  }
  if (PyObject_GetBuffer(object, &buffer_, PyBUF_STRIDED_RO) < 0) return false;  // may run Python
  if (PyBuffer_IsContiguous(&buffer_, 'C')) {
    length_ = buffer_.len;
    describe_contiguous(buffer_.buf);
  } else {
    // Elements keep their size and order; what they mean does not matter to a reader of bytes.
    item_size_ = static_cast<std::size_t>(buffer_.itemsize);
    length_ = buffer_.len;
    contiguous_ = false;
    view_ = {static_cast<std::byte*>(buffer_.buf), kernels::DType::unsupported, buffer_.ndim,
             buffer_.shape, buffer_.strides};
  }
  has_buffer_ = true;
  exporter_ = Py_NewRef(object);  // exporter locked
  args.borrows().add(*this);
  return true;
}

void BorrowedBytes::release() noexcept {
  Py_CLEAR(pin_);
  if (std::exchange(has_buffer_, false)) PyBuffer_Release(&buffer_);
  Py_DECREF(std::exchange(exporter_, nullptr));  // exporter unlocked
}

}  // namespace fastlane
