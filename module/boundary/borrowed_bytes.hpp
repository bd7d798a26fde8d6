// Bytes that Python owns, borrowed for one call, in any shape: exact bytes, exact bytearrays and
// ndarrays directly, everything else that exports a buffer (memoryview, mmap, array) through the
// protocol.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "module/boundary/arguments.hpp"
#include "module/boundary/borrow.hpp"
#include "module/boundary/error_path.hpp"

namespace fastlane {

// Stands for   PyObject_GetBuffer(o, &view, PyBUF_STRIDED_RO);  ...  PyBuffer_Release(&view);
// and on a bytearray for what those two do there:   b->ob_exports++;  ...  b->ob_exports--;
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
    if (PyBytes_CheckExact(object)) [[likely]] {
      // Nobody writes to bytes, so no other borrow can be in the way: not added to the list.
      describe_contiguous(PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object));
      args.borrows().add_constant(bytes_);
      exporter_ = object;  // exporter locked
      return true;
    }
    argument_ = argument;
    return acquire_exporter(args, object);
  }
  void release() noexcept {
    if (road_ != Road::direct) [[unlikely]]
      release_more();
    exporter_ = nullptr;  // exporter unlocked
  }

  // True when the bytes lie in one piece, as bytes() gives them; otherwise view() has the shape.
  bool is_contiguous() const noexcept { return contiguous_; }
  std::span<const std::byte> bytes() const noexcept { return {view_.data, size()}; }
  std::size_t size() const noexcept { return bytes_; }

 private:
  enum class Road : std::uint8_t { direct, bytearray, buffer };

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
  [[gnu::noinline]] bool acquire_exporter(Arguments& args, PyObject* object);
  void release_more() noexcept;
  bool acquire_bytearray(PyObject* bytearray);
  bool acquire_ndarray(Arguments& args, PyObject* ndarray);
  bool acquire_buffer(PyObject* object);
  bool refuse(Arguments& args, PyObject* object) const;

  Road road_ = Road::direct;
  bool contiguous_;
  std::ptrdiff_t length_;
  Py_buffer buffer_;                               // valid only on the road of the buffer protocol
  std::ptrdiff_t shape_[kernels::kMaxDimensions];  // of a strided view: exporters may change theirs
  std::ptrdiff_t strides_[kernels::kMaxDimensions];
};

}  // namespace fastlane
