// count, find, rfind: what str and bytes have under these names, over text of any width in place.
#include <Python.h>

#include <algorithm>
#include <cstdint>

#include "module/boundary/method_table.hpp"
#include "module/families.hpp"
#include "module/text/haystack.hpp"

namespace fastlane {
namespace {

namespace text = kernels::text;

// The kernels, whatever the haystack is: a row for spans, none for strided bytes.
struct CountMatches {
  template <class T>
  std::size_t operator()(std::span<const T> haystack, std::span<const T> needle) const {
    return text::count(text::scan<T>(), haystack, needle, checkpoint);
  }
  std::size_t operator()(const text::StridedText& haystack, text::Bytes needle) const {
    return text::count(haystack, needle, checkpoint);
  }
  Checkpoint& checkpoint;
};

struct FindFirst {
  template <class T>
  static std::size_t find_point(const T* points, std::size_t count, T point) {
    return text::scan<T>().find_equal(points, count, point);
  }
  template <class T>
  std::size_t operator()(std::span<const T> haystack, std::span<const T> needle) const {
    return text::find(text::scan<T>(), haystack, needle, checkpoint);
  }
  std::size_t operator()(const text::StridedText& haystack, text::Bytes needle) const {
    return text::find(haystack, needle, checkpoint);
  }
  Checkpoint& checkpoint;
};

struct FindLast {
  template <class T>
  static std::size_t find_point(const T* points, std::size_t count, T point) {
    return text::scan<T>().find_last_equal(points, count, point);
  }
  template <class T>
  std::size_t operator()(std::span<const T> haystack, std::span<const T> needle) const {
    return text::rfind(text::scan<T>(), haystack, needle, checkpoint);
  }
  std::size_t operator()(const text::StridedText& haystack, text::Bytes needle) const {
    return text::rfind(haystack, needle, checkpoint);
  }
  Checkpoint& checkpoint;
};

constexpr const char* kCountDoc =
    "count(s, sub, /)\n--\n\n"
    "How often sub occurs in s without overlapping, as s.count(sub).\n\n"
    "s is a str or bytes-like of any strides; sub is of the same kind (never an int). An empty\n"
    "sub counts len(s) + 1 times.\n\n"
    "Raises ArgumentTypeError when s is neither, or sub not of its kind.\n\n"
    "**Memory:** borrows both; no UTF-8 is made and s weighs the same afterwards; a needle of\n"
    "another width is rewritten (sub's size), bytes with strides pass through a block of 64 KiB;\n"
    "the GIL is released from 64 KiB on.";

struct Count {
  static constexpr const char* kName = "count";
  Haystack haystack;
  std::size_t found = 0;

  bool begin(Arguments& args) {
    PyObject* s_arg = nullptr;    // borrowed from args
    PyObject* sub_arg = nullptr;  // borrowed from args
    return args.read(required("s", s_arg), required("sub", sub_arg)) &&
           haystack.acquire(args, s_arg, sub_arg);
  }
  std::size_t work() const { return haystack.s.length() * haystack.s.unit(); }
  void run(Checkpoint& checkpoint) {
    found = haystack.search(0, haystack.s.length(), std::size_t{0}, CountMatches{checkpoint});
  }
  PyObject* finish() {
    haystack.release();
    return PyLong_FromSize_t(found);
  }
};

// A slice's bound as str.find reads it: None, or any int, of which only the range of ssize counts.
bool read_bound(Arguments& args, const char* name, PyObject* object, Py_ssize_t& bound) {
  if (!PyIndex_Check(object)) {
    return args.wrong_type(name, "an int or None", describe_object(object));
  }
  bound = PyNumber_AsSsize_t(object, nullptr);  // may run Python
  return bound != -1 || PyErr_Occurred() == nullptr;
}

// s.find and s.rfind: one looks from the front, the other from the back.
// A match near that end is looked for before the GIL is let go: it is nearer than another thread.
template <class Kernel>
struct Find {
  Haystack haystack;
  std::size_t begin_at = 0;
  std::size_t end_at = 0;
  std::size_t found = text::kNotFound;  // from the start of s
  bool is_done = false;

  // One code point in a str, where it stands near or the str is short.
  static bool at_once(PyObject* const* args, Py_ssize_t nargs, PyObject*& result) noexcept {
    if (nargs != 2 || !PyUnicode_Check(args[0]) || !PyUnicode_Check(args[1]) ||
        PyUnicode_GET_LENGTH(args[1]) != 1) {
      return false;
    }
    const Py_UCS4 point = PyUnicode_READ_CHAR(args[1], 0);
    const auto length = static_cast<std::size_t>(PyUnicode_GET_LENGTH(args[0]));
    const void* const points = PyUnicode_DATA(args[0]);
    switch (PyUnicode_KIND(args[0])) {
      case PyUnicode_1BYTE_KIND:
        return find_nearby(static_cast<const Py_UCS1*>(points), length, point, result);
      case PyUnicode_2BYTE_KIND:
        return find_nearby(static_cast<const Py_UCS2*>(points), length, point, result);
      default:
        return find_nearby(static_cast<const Py_UCS4*>(points), length, point, result);
    }
  }

  bool begin(Arguments& args) {
    PyObject* s_arg = nullptr;      // borrowed from args
    PyObject* sub_arg = nullptr;    // borrowed from args
    PyObject* start_arg = nullptr;  // borrowed from args
    PyObject* end_arg = nullptr;    // borrowed from args
    Py_ssize_t start = 0;
    Py_ssize_t end = PY_SSIZE_T_MAX;
    if (!args.read(required("s", s_arg), required("sub", sub_arg), optional("start", start_arg),
                   optional("end", end_arg))) {
      return false;
    }
    if ((start_arg != nullptr && !read_bound(args, "start", start_arg, start)) ||
        (end_arg != nullptr && !read_bound(args, "end", end_arg, end)) ||
        !haystack.acquire(args, s_arg, sub_arg)) {
      return false;
    }
    place_bounds(start, end);
    look_near();
    return true;
  }

  std::size_t work() const { return is_done ? 0 : (end_at - begin_at) * haystack.s.unit(); }

  void run(Checkpoint& checkpoint) {
    if (!is_done) search_between(begin_at, end_at, checkpoint);
  }

  PyObject* finish() {
    haystack.release();
    return PyLong_FromSsize_t(found == text::kNotFound ? -1 : static_cast<Py_ssize_t>(found));
  }

 private:
  template <class T>
  static bool find_nearby(const T* points, std::size_t length, Py_UCS4 point,
                          PyObject*& result) noexcept {
    const auto wanted = static_cast<T>(point);
    const std::size_t near = std::min(length, kNear);
    const std::size_t first = kFromBack ? length - near : 0;
    const bool may_be_there = wanted == point;
    const std::size_t index =
        may_be_there ? Kernel::find_point(points + first, near, wanted) : near;
    if (index == near && near < length && may_be_there) return false;
    result = PyLong_FromSsize_t(index == near ? -1 : static_cast<Py_ssize_t>(first + index));
    return true;
  }

  static constexpr bool kFromBack = std::is_same_v<Kernel, FindLast>;
  static constexpr std::size_t kNear = 4096;

  // Negative bounds count from the end; what lies beyond is cut off. An empty needle is not even
  // found at the end when the slice begins behind it.
  void place_bounds(Py_ssize_t start, Py_ssize_t end) {
    const auto length = static_cast<Py_ssize_t>(haystack.s.length());
    if (start < 0) start = std::max<Py_ssize_t>(start + length, 0);
    if (end < 0) end = std::max<Py_ssize_t>(end + length, 0);
    end = std::min(end, length);
    is_done = start > end;
    begin_at = static_cast<std::size_t>(is_done ? 0 : start);
    end_at = static_cast<std::size_t>(is_done ? 0 : end);
  }

  void look_near() {
    if (is_done || work() < kWorthReleasing) return;
    const std::size_t sub_length = haystack.sub.length();
    const std::size_t near = kNear + sub_length;
    if (haystack.s.is_strided() || sub_length > kNear || end_at - begin_at <= near) return;
    Checkpoint checkpoint;
    const std::size_t overlap = sub_length == 0 ? 0 : sub_length - 1;
    if (kFromBack) {
      search_between(end_at - near, end_at, checkpoint);
      end_at = end_at - near + overlap;
    } else {
      search_between(begin_at, begin_at + near, checkpoint);
      begin_at = begin_at + near - overlap;
    }
    is_done = found != text::kNotFound;
  }

  void search_between(std::size_t from, std::size_t to, Checkpoint& checkpoint) {
    found = haystack.search(from, to, text::kNotFound, Kernel{checkpoint});
    if (found != text::kNotFound) found += from;
  }
};

constexpr const char* kFindDoc =
    "find(s, sub, start=0, end=None, /)\n--\n\n"
    "The lowest index of sub in s[start:end], or -1, as s.find(sub, start, end).\n\n"
    "s is a str or bytes-like of any strides; sub is of the same kind (never an int). The index\n"
    "counts code points of a str and bytes of all else.\n\n"
    "Raises ArgumentTypeError when s is neither, or sub not of its kind.\n\n"
    "**Memory:** borrows both; no UTF-8 is made and s weighs the same afterwards; a needle of\n"
    "another width is rewritten (sub's size), bytes with strides pass through a block of 64 KiB;\n"
    "the GIL is released when 64 KiB or more remain behind the first 4,096 places.";

struct FindCall : Find<FindFirst> {
  static constexpr const char* kName = "find";
};

constexpr const char* kRfindDoc =
    "rfind(s, sub, start=0, end=None, /)\n--\n\n"
    "The highest index of sub in s[start:end], or -1, as s.rfind(sub, start, end).\n\n"
    "s is a str or bytes-like of any strides; sub is of the same kind (never an int). The index\n"
    "counts code points of a str and bytes of all else.\n\n"
    "Raises ArgumentTypeError when s is neither, or sub not of its kind.\n\n"
    "**Memory:** borrows both; no UTF-8 is made and s weighs the same afterwards; a needle of\n"
    "another width is rewritten (sub's size), bytes with strides pass through a block of 64 KiB;\n"
    "the GIL is released when 64 KiB or more remain before the last 4,096 places.";

struct RfindCall : Find<FindLast> {
  static constexpr const char* kName = "rfind";
};

}  // namespace

PyMethodDef text_search_methods[] = {
    row_of<Count>(kCountDoc),
    row_of<FindCall>(kFindDoc),
    row_of<RfindCall>(kRfindDoc),
    kEndOfTable,
};

}  // namespace fastlane
