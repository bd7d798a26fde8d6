// find_all and line_offsets: positions as one int64 array instead of a list of objects.
#include "kernels/text/offsets.hpp"

#include <Python.h>

#include <cstdlib>

#include "kernels/text/lines.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/moved_array.hpp"
#include "module/families.hpp"
#include "module/text/haystack.hpp"

namespace fastlane {
namespace {

namespace text = kernels::text;

void free_offsets(void* memory) noexcept { std::free(memory); }

// The list's memory becomes the array's. New reference, or null with an exception set.
PyObject* array_from_offsets(PyObject* module, text::Offsets& offsets) {
  offsets.trim();
  const auto length = static_cast<std::ptrdiff_t>(offsets.size());
  std::int64_t* memory = offsets.transfer();  // transferred
  return array_from_memory(module,
                           {kernels::DType::int64, 1, &length, memory, memory, free_offsets});
}

constexpr const char* kFindAllDoc =
    "find_all(s, sub, /)\n--\n\n"
    "Where sub occurs in s without overlapping, as an int64 array: as many as count says.\n\n"
    "s is a str or bytes-like of any strides; sub is of the same kind (never an int) and not\n"
    "empty. Offsets count code points of a str and bytes of all else.\n\n"
    "Raises ArgumentTypeError when s is neither, or sub not of its kind, and ArgumentValueError\n"
    "for an empty sub.\n\n"
    "**Memory:** borrows both and moves the array out; no UTF-8 is made and s weighs the same\n"
    "afterwards; a needle of another width is rewritten (sub's size), bytes with strides pass\n"
    "through a block of 64 KiB; the GIL is released from 64 KiB on.";

struct FindAll {
  static constexpr const char* kName = "find_all";
  Haystack haystack;
  text::Offsets offsets;
  PyObject* module = nullptr;  // borrowed

  bool begin(Arguments& args) {
    module = args.module();
    PyObject* s_arg = nullptr;    // borrowed from args
    PyObject* sub_arg = nullptr;  // borrowed from args
    if (!args.read(required("s", s_arg), required("sub", sub_arg)) ||
        !haystack.acquire(args, s_arg, sub_arg)) {
      return false;
    }
    if (haystack.sub.length() != 0) return true;
    return args.wrong_value("sub", "a needle that is not empty", "an empty one",
                            "range(len(s) + 1) for the places of an empty needle");
  }
  std::size_t work() const { return haystack.s.length() * haystack.s.unit(); }
  void run(Checkpoint& checkpoint) {
    haystack.search(0, haystack.s.length(), nullptr, Collect{offsets, checkpoint});
  }
  PyObject* finish() {
    haystack.release();
    return array_from_offsets(module, offsets);
  }

 private:
  struct Collect {
    template <class T>
    std::nullptr_t operator()(std::span<const T> s, std::span<const T> needle) const {
      text::find_all(text::scan<T>(), s, needle, 0, offsets, checkpoint);
      return nullptr;
    }
    std::nullptr_t operator()(const text::StridedText& s, text::Bytes needle) const {
      text::find_all(s, needle, 0, offsets, checkpoint);
      return nullptr;
    }
    text::Offsets& offsets;
    Checkpoint& checkpoint;
  };
};

constexpr const char* kLineOffsetsDoc =
    "line_offsets(s, /)\n--\n\n"
    "Where the lines of s start, and where the last one ends, as an int64 array.\n\n"
    "Line i is s[offsets[i]:offsets[i + 1]], with its \"\\n\" if it has one; no other character\n"
    "ends a line. \"a\\nb\" gives 0 2 3, \"a\\n\" gives 0 2, \"\" gives 0. Offsets count code "
    "points of\n"
    "a str and bytes of bytes-like.\n\n"
    "Raises ArgumentTypeError when s is neither.\n\n"
    "**Memory:** borrows s and moves the array out; no UTF-8 is made and s weighs the same\n"
    "afterwards; bytes with strides pass through a block of 64 KiB; the GIL is released from\n"
    "64 KiB on.";

struct LineOffsets {
  static constexpr const char* kName = "line_offsets";
  BorrowedString s;
  text::Offsets offsets;
  PyObject* module = nullptr;  // borrowed

  bool begin(Arguments& args) {
    module = args.module();
    PyObject* s_arg = nullptr;                                              // borrowed from args
    return args.read(required("s", s_arg)) && s.acquire(args, "s", s_arg);  // exporter locked
  }
  std::size_t work() const { return s.length() * s.unit(); }
  void run(Checkpoint& checkpoint) {
    if (s.is_strided()) {
      const kernels::StridedBytes bytes(s.strided().view(), s.strided().item_size());
      text::line_offsets(text::StridedText{bytes, 0, bytes.size()}, offsets, checkpoint);
    } else {
      s.visit([&]<class T>(std::span<const T> points) {
        text::line_offsets(text::scan<T>(), points, offsets, checkpoint);
      });
    }
  }
  PyObject* finish() {
    s.release();  // exporter unlocked
    return array_from_offsets(module, offsets);
  }
};

}  // namespace

PyMethodDef text_offset_methods[] = {
    row_of<FindAll>(kFindAllDoc),
    row_of<LineOffsets>(kLineOffsetsDoc),
    kEndOfTable,
};

}  // namespace fastlane
