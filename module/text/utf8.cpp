// utf8_length and encode_into: UTF-8 without a bytes object in between.
#include "kernels/text/utf8.hpp"

#include <Python.h>

#include <string>

#include "kernels/text/strided_sink.hpp"
#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/borrowed_text.hpp"
#include "module/boundary/method_table.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

namespace text = kernels::text;

std::size_t length_in_utf8(const BorrowedText& s, Checkpoint& checkpoint) {
  if (s.is_ascii()) return s.length();
  return s.visit([&]<class T>(std::span<const T> points) {
    return text::utf8_length(text::scan<T>(), points, checkpoint);
  });
}

constexpr const char* kUtf8LengthDoc =
    "utf8_length(s, /)\n--\n\n"
    "How many bytes the str s takes in UTF-8; a lone surrogate counts three.\n\n"
    "Raises ArgumentTypeError when s is not a str.\n\n"
    "**Memory:** borrows s; no UTF-8 is made and s weighs the same afterwards; the GIL is\n"
    "released from 64 KiB on.";

struct Utf8Length {
  static constexpr const char* kName = "utf8_length";
  BorrowedText s;
  std::size_t length = 0;

  bool begin(Arguments& args) {
    PyObject* s_arg = nullptr;  // borrowed from args
    return args.read(required("s", s_arg)) && s.acquire(args, "s", s_arg);
  }
  std::size_t work() const { return s.is_ascii() ? 0 : s.bytes(); }
  void run(Checkpoint& checkpoint) { length = length_in_utf8(s, checkpoint); }
  PyObject* finish() {
    s.release();
    return PyLong_FromSize_t(length);
  }
};

constexpr const char* kEncodeIntoDoc =
    "encode_into(s, out, /)\n--\n\n"
    "Write the str s as UTF-8 into out and return the number of bytes written.\n\n"
    "out is any writable buffer of bytes, of any strides, with at least utf8_length(s) of them;\n"
    "what lies behind the text stays as it was.\n\n"
    "Raises UnicodeEncodeError for a lone surrogate, as s.encode() does, ArgumentValueError when\n"
    "out is too short, BorrowError when it is read-only, and ArgumentTypeError when s is not a "
    "str\n"
    "or out not a buffer of bytes; nothing is written then.\n\n"
    "**Memory:** borrows s and out; no bytes object is made and s weighs the same afterwards; the\n"
    "GIL is released from 64 KiB on.";

struct EncodeInto {
  static constexpr const char* kName = "encode_into";
  BorrowedText s;
  BorrowedArray out;
  PyObject* s_object = nullptr;  // borrowed from args
  PyObject* module = nullptr;    // borrowed
  std::size_t needed = 0;
  std::size_t surrogate = 0;  // the first one; the length of s when there is none

  bool begin(Arguments& args) {
    module = args.module();
    PyObject* out_arg = nullptr;  // borrowed from args
    constexpr DTypes kBytes = {DType::uint8, DType::int8};
    return args.read(required("s", s_object), required("out", out_arg)) &&
           s.acquire(args, "s", s_object) &&
           out.acquire(args, "out", out_arg, kBytes, Access::write);  // exporter locked
  }

  std::size_t work() const { return s.bytes(); }

  void run(Checkpoint& checkpoint) {
    needed = length_in_utf8(s, checkpoint);
    s.visit([&]<class T>(std::span<const T> points) {
      surrogate = text::find_surrogate(text::scan<T>(), points, checkpoint);
      if (surrogate == points.size() && needed <= out.view().size()) write(points, checkpoint);
    });
  }

  PyObject* finish() {
    const std::size_t room = out.view().size();
    out.release();  // exporter unlocked
    PyObject* written = nullptr;
    if (surrogate != s.length()) {
      refuse_surrogate();
    } else if (needed > room) {
      raise(state_of(module).argument_value_error,
            {kName, "out", "a buffer of at least " + std::to_string(needed) + " bytes",
             std::to_string(room) + " bytes", "bytearray(fastlane.text.utf8_length(s))"});
    } else {
      written = PyLong_FromSize_t(needed);
    }
    s.release();
    return written;
  }

 private:
  template <class T>
  void write(std::span<const T> points, Checkpoint& checkpoint) {
    if (out.view().is_c_contiguous()) {
      text::encode_utf8(points, {out.view().data, needed}, checkpoint);
      return;
    }
    constexpr std::size_t kPart = 1024;
    std::byte block[4 * kPart];
    text::StridedSink sink(out.view());
    for (std::size_t start = 0; start < points.size(); start += kPart) {
      const auto part = points.subspan(start, std::min(kPart, points.size() - start));
      sink.write(std::span(block).first(text::encode_utf8(part, block, checkpoint)));
    }
  }

  // As the codec says it: from the first surrogate to the end of its run.
  void refuse_surrogate() {
    const std::size_t end = s.visit([&]<class T>(std::span<const T> points) {
      std::size_t behind = surrogate;
      while (behind < points.size() && text::is_surrogate(points[behind])) ++behind;
      return behind;
    });
    OwnedRef error = OwnedRef::from_new(PyObject_CallFunction(
        PyExc_UnicodeEncodeError, "sOnns", "utf-8", s_object, static_cast<Py_ssize_t>(surrogate),
        static_cast<Py_ssize_t>(end), "surrogates not allowed"));
    if (!error) return;
    PyErr_SetObject(PyExc_UnicodeEncodeError, error.borrow());
    error.decref();
  }
};

}  // namespace

PyMethodDef text_utf8_methods[] = {
    row_of<Utf8Length>(kUtf8LengthDoc),
    row_of<EncodeInto>(kEncodeIntoDoc),
    kEndOfTable,
};

}  // namespace fastlane
