// A str or bytes-like argument, read in place in either case: code points of 1, 2 or 4 bytes, or
// bytes of any shape. Which of the two it is decides the unit of every offset.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "module/boundary/borrowed_bytes.hpp"
#include "module/boundary/borrowed_text.hpp"

namespace fastlane {

// Stands for   Py_INCREF(s);  PyUnicode_DATA(s);  ...  Py_DECREF(s);   for a str, and for
// PyObject_GetBuffer(o, &view, flags);  ...  PyBuffer_Release(&view);   for all others.
class BorrowedString {
 public:
  // False with an exception set and nothing borrowed.
  bool acquire(Arguments& args, const char* argument, PyObject* object) {
    is_text_ = PyUnicode_Check(object) != 0;
    if (is_text_) return text_.acquire(args, argument, object);
    if (PyObject_CheckBuffer(object)) return bytes_.acquire(args, argument, object);
    return refuse(args, argument, object);
  }
  // The same for an argument that has to be of one kind with another.
  bool acquire_like(const BorrowedString& model, Arguments& args, const char* argument,
                    PyObject* object) {
    const bool fits = model.is_text_ == (PyUnicode_Check(object) != 0) &&
                      (model.is_text_ || PyObject_CheckBuffer(object));
    if (!fits) [[unlikely]] {
      return refuse_other_kind(model, args, argument, object);
    }
    return acquire(args, argument, object);
  }
  void release() noexcept {
    if (is_text_) {
      text_.release();
    } else {
      bytes_.release();  // exporter unlocked
    }
  }

  bool is_text() const noexcept { return is_text_; }
  // Bytes that do not lie in one piece have no span: view() and item_size() describe them.
  bool is_strided() const noexcept { return !is_text_ && !bytes_.is_contiguous(); }
  const BorrowedBytes& strided() const noexcept { return bytes_; }

  // In units of offsets: code points or bytes.
  std::size_t length() const noexcept { return is_text_ ? text_.length() : bytes_.size(); }
  std::size_t unit() const noexcept { return is_text_ ? text_.kind() : 1; }

  // Calls `visitor` with a span of std::uint8_t, std::uint16_t or std::uint32_t.
  // Not for strided bytes.
  template <class Visitor>
  decltype(auto) visit(Visitor&& visitor) const {
    if (is_text_) return text_.visit(visitor);
    const std::span<const std::byte> bytes = bytes_.bytes();
    return visitor(std::span<const std::uint8_t>(
        reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
  }

 private:
  bool refuse(Arguments& args, const char* argument, PyObject* object) const;
  bool refuse_other_kind(const BorrowedString& model, Arguments& args, const char* argument,
                         PyObject* object) const;

  BorrowedText text_;
  BorrowedBytes bytes_;
  bool is_text_ = false;
};

}  // namespace fastlane
