// The smallest calls there are: what a call costs before it does anything (tools/bench calls).
#include <cmath>

#include "module/boundary/borrowed_bytes.hpp"
#include "module/boundary/borrowed_text.hpp"
#include "module/boundary/method_table.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

constexpr const char* kNoopDoc =
    "noop()\n--\n\n"
    "Do nothing.\n\n**Memory:** touches none; the GIL is held.";

struct Noop {
  static constexpr const char* kName = "noop";

  bool begin(Arguments& args) { return args.read(); }
  void run(Checkpoint&) {}
  PyObject* finish() { return Py_NewRef(Py_None); }
};

constexpr const char* kIgnoreDoc =
    "one(x, /)\n--\n\n"
    "Take one argument and ignore it.\n\n**Memory:** touches none; the GIL is held.";

struct One {
  static constexpr const char* kName = "one";
  PyObject* x_arg = nullptr;  // borrowed from args

  bool begin(Arguments& args) { return args.read(required("x", x_arg)); }
  void run(Checkpoint&) {}
  PyObject* finish() { return Py_NewRef(Py_None); }
};

constexpr const char* kHypotDoc =
    "hypot(x, y, /)\n--\n\n"
    "The length of the vector (x, y), as math.hypot.\n\n**Memory:** touches none; the GIL is held.";

struct Hypot {
  static constexpr const char* kName = "hypot";
  double x = 0;
  double y = 0;

  bool begin(Arguments& args) { return args.read(required("x", x), required("y", y)); }
  void run(Checkpoint&) { x = std::sqrt(x * x + y * y); }
  PyObject* finish() { return PyFloat_FromDouble(x); }
};

constexpr const char* kBufferLengthDoc =
    "buffer_length(data, /)\n--\n\n"
    "The number of bytes in any buffer.\n\n**Memory:** borrows data; the GIL is held.";

struct BufferLength {
  static constexpr const char* kName = "buffer_length";
  BorrowedBytes data;
  std::size_t length = 0;

  bool begin(Arguments& args) {
    PyObject* data_arg = nullptr;  // borrowed from args
    return args.read(required("data", data_arg)) &&
           data.acquire(args, "data", data_arg);  // exporter locked
  }
  void run(Checkpoint&) { length = data.size(); }
  PyObject* finish() {
    data.release();  // exporter unlocked
    return PyLong_FromSize_t(length);
  }
};

constexpr const char* kTextLengthDoc =
    "text_length(s, /)\n--\n\n"
    "The number of code points of a str.\n\n**Memory:** borrows s; the GIL is held.";

struct TextLength {
  static constexpr const char* kName = "text_length";
  BorrowedText s;
  std::size_t length = 0;

  bool begin(Arguments& args) {
    PyObject* s_arg = nullptr;  // borrowed from args
    return args.read(required("s", s_arg)) && s.acquire(args, "s", s_arg);
  }
  void run(Checkpoint&) { length = s.length(); }
  PyObject* finish() {
    s.release();
    return PyLong_FromSize_t(length);
  }
};

}  // namespace

PyMethodDef testing_methods[] = {
    row_of<Noop>(kNoopDoc),
    row_of<One>(kIgnoreDoc),
    row_of<Hypot>(kHypotDoc),
    row_of<BufferLength>(kBufferLengthDoc),
    row_of<TextLength>(kTextLengthDoc),
    kEndOfTable,
};

}  // namespace fastlane
