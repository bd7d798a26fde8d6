// "Data or a path": bytes that Python owns, or the name of a file whose content is meant.
// A path is only read as a name here; opening and reading is the kernel's work, without the GIL.
#pragma once

#include <Python.h>

#include <cstddef>
#include <string>

#include "module/boundary/arguments.hpp"
#include "module/boundary/borrowed_bytes.hpp"

namespace fastlane {

// Stands for   PyObject_GetBuffer(o, &view, flags);  ...  PyBuffer_Release(&view);   or for
// PyOS_FSPath(o)   when the object is an os.PathLike.
class BorrowedContent {
 public:
  // False with an exception set and nothing borrowed. A str is neither: it is refused with both
  // ways to say what was meant.
  bool acquire(Arguments& args, const char* argument, PyObject* object) {
    if (PyBytes_CheckExact(object) || PyObject_CheckBuffer(object)) [[likely]]
      return bytes_.acquire(args, argument, object);
    return acquire_path(args, argument, object);
  }
  void release() noexcept {
    if (!is_path_) bytes_.release();
  }

  bool is_path() const noexcept { return is_path_; }
  const std::string& path() const noexcept { return path_; }
  const BorrowedBytes& bytes() const noexcept { return bytes_; }

 private:
  bool acquire_path(Arguments& args, const char* argument, PyObject* object);

  BorrowedBytes bytes_;
  std::string path_;  // in the encoding of the file system
  bool is_path_ = false;
};

// 1 for an os.PathLike that is no str, 0 for all else, -1 with an exception set.
int is_path_like(PyObject* object);

// The name of a file from an os.PathLike, a str or bytes. False with an exception set.
bool read_path(Arguments& args, const char* argument, PyObject* object, std::string& path);

}  // namespace fastlane
