// Bytes that Python owns, borrowed for one call, in any shape: exact bytes and ndarrays directly,
// everything else that exports a buffer (bytearray, memoryview, mmap, array) through the protocol.
#pragma once

#include <Python.h>

#include <cstddef>
#include <span>
#include <utility>

#include "module/boundary/arguments.hpp"
#include "module/boundary/borrow.hpp"
#include "module/boundary/error_path.hpp"

namespace fastlane {

// Stands for   PyObject_GetBuffer(o, &view, PyBUF_STRIDED_RO);  ...  PyBuffer_Release(&view);
// Neither copyable nor movable: an exporter may point view.shape into the Py_buffer itself.
class BorrowedBytes : public Borrow {
 public:
  BorrowedBytes() noexcept = default;
  ~BorrowedBytes() {
    if (exporter_ == nullptr) return;
    if (on_error_path("BorrowedBytes forgotten on the happy path: write release()")) release();
  }

  // False with an exception set and nothing borrowed.
  bool acquire(Arguments& args, const char* argument, PyObject* object) {
    argument_ = argument;
    if (PyBytes_CheckExact(object)) [[likely]] {
      describe_contiguous(PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object));
      exporter_ = object;  // exporter locked
      args.borrows().add(*this);
      return true;
    }
    return acquire_exporter(args, object);
  }
  void release() noexcept {
    if (std::exchange(has_buffer_, false)) PyBuffer_Release(&buffer_);
    exporter_ = nullptr;  // exporter unlocked
  }

  // True when the bytes lie in one piece, as bytes() gives them; otherwise view() has the shape.
  bool is_contiguous() const noexcept { return contiguous_; }
  std::span<const std::byte> bytes() const noexcept { return {view_.data, size()}; }
  std::size_t size() const noexcept { return bytes_; }

 private:
  void describe_contiguous(void* data, std::ptrdiff_t length) noexcept {
    static constexpr std::ptrdiff_t kOne = 1;
    length_ = length;
    bytes_ = static_cast<std::size_t>(length);
    item_size_ = 1;
    contiguous_ = true;
    view_ = {static_cast<std::byte*>(data), kernels::DType::uint8, 1, &length_, &kOne};
  }
  void describe_strided(void* data, std::ptrdiff_t item_size, std::ptrdiff_t bytes, int ndim,
                        const std::ptrdiff_t* shape, const std::ptrdiff_t* strides) noexcept;
  bool acquire_exporter(Arguments& args, PyObject* object);
  bool acquire_ndarray(Arguments& args, PyObject* ndarray);
  bool acquire_buffer(PyObject* object);
  bool refuse(Arguments& args, PyObject* object) const;

  std::ptrdiff_t shape_[kernels::kMaxDimensions];  // of a strided view: exporters may change theirs
  std::ptrdiff_t strides_[kernels::kMaxDimensions];
  std::ptrdiff_t length_;
  bool contiguous_;
  bool has_buffer_ = false;
  Py_buffer buffer_;  // valid only while has_buffer_
};

}  // namespace fastlane
