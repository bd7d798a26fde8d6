// A str, read in the representation it has (PEP 393): 1, 2 or 4 bytes a code point.
// No UTF-8 is made and none is cached in the object, so the str weighs the same after the call.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "module/boundary/arguments.hpp"
#include "module/boundary/owned_ref.hpp"

namespace fastlane {

// Stands for   Py_INCREF(s);  PyUnicode_KIND(s);  PyUnicode_DATA(s);  ...  Py_DECREF(s);
class BorrowedText {
 public:
  BorrowedText() noexcept = default;
  BorrowedText(const BorrowedText&) = delete;
  BorrowedText& operator=(const BorrowedText&) = delete;
  ~BorrowedText() {
    if (text_ == nullptr) return;
    if (on_error_path("BorrowedText forgotten on the happy path: write release()")) release();
  }

  // False with an exception set and nothing borrowed.
  [[gnu::always_inline]] bool acquire(Arguments& args, const char* argument, PyObject* object) {
    if (!PyUnicode_Check(object)) [[unlikely]] {
      return refuse(args, argument, object);
    }
    text_ = Py_NewRef(object);
    args.borrows().add_constant(bytes());
    return true;
  }
  void release() noexcept { Py_DECREF(std::exchange(text_, nullptr)); }

  std::size_t length() const noexcept {
    return static_cast<std::size_t>(PyUnicode_GET_LENGTH(text_));
  }
  std::size_t bytes() const noexcept { return length() * kind(); }
  // 1, 2 or 4: the size of a code point, and so the type of `code_points`.
  std::size_t kind() const noexcept { return static_cast<std::size_t>(PyUnicode_KIND(text_)); }
  bool is_ascii() const noexcept { return PyUnicode_IS_ASCII(text_) != 0; }

  // Calls `visitor` with a span of std::uint8_t, std::uint16_t or std::uint32_t.
  template <class Visitor>
  decltype(auto) visit(Visitor&& visitor) const {
    switch (kind()) {
      case 1:
        return visitor(code_points<std::uint8_t>());
      case 2:
        return visitor(code_points<std::uint16_t>());
      default:
        return visitor(code_points<std::uint32_t>());
    }
  }

 private:
  [[gnu::noinline]] static bool refuse(Arguments& args, const char* argument, PyObject* object) {
    return args.wrong_type(argument, "a str", describe_object(object));
  }
  template <class CodePoint>
  std::span<const CodePoint> code_points() const noexcept {
    return {static_cast<const CodePoint*>(PyUnicode_DATA(text_)), length()};
  }

  PyObject* text_ = nullptr;
};

}  // namespace fastlane
