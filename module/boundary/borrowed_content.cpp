// The path road of BorrowedContent.
#include "module/boundary/borrowed_content.hpp"

#include <cstring>

#include "module/boundary/owned_ref.hpp"

namespace fastlane {

int is_path_like(PyObject* object) {
  OwnedRef method = OwnedRef::from_new(
      PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), "__fspath__"));  // new
  if (method) {
    method.decref();
    return 1;
  }
  if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return -1;
  PyErr_Clear();
  return 0;
}

bool read_path(Arguments& args, const char* argument, PyObject* object, std::string& path) {
  OwnedRef name = OwnedRef::from_new(PyOS_FSPath(object));  // may run Python
  if (!name) {
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) return false;
    PyErr_Clear();
    return args.wrong_type(argument, "a str or os.PathLike", describe_object(object));
  }
  OwnedRef encoded = PyBytes_Check(name.borrow())
                         ? OwnedRef::incref(name.borrow())
                         : OwnedRef::from_new(PyUnicode_EncodeFSDefault(name.borrow()));
  name.decref();
  if (!encoded) return false;
  path.assign(PyBytes_AS_STRING(encoded.borrow()),
              static_cast<std::size_t>(PyBytes_GET_SIZE(encoded.borrow())));
  encoded.decref();
  if (path.find('\0') == std::string::npos) return true;
  return args.wrong_value(argument, "a path without null characters", "one with a null character");
}

bool BorrowedContent::acquire_path(Arguments& args, const char* argument, PyObject* object) {
  if (PyUnicode_Check(object)) {
    return args.wrong_type(argument, "bytes-like or an os.PathLike", describe_object(object),
                           std::string(argument) + ".encode() for the text itself, pathlib.Path(" +
                               argument + ") for the content of that file");
  }
  const int path_like = is_path_like(object);
  if (path_like < 0) return false;
  if (path_like == 0) {
    return args.wrong_type(argument, "bytes-like or an os.PathLike", describe_object(object));
  }
  is_path_ = read_path(args, argument, object, path_);
  return is_path_;
}

}  // namespace fastlane
