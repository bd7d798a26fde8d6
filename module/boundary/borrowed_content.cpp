// The path road of BorrowedContent.
#include "module/boundary/borrowed_content.hpp"

#include <cstring>

#include "module/boundary/owned_ref.hpp"

namespace fastlane {
namespace {

// Stands for   PyOS_FSPath(o)   which takes every failure to find __fspath__ for its absence, a
// failure of memory as well. New; null with an exception set.
PyObject* name_of(Arguments& args, const char* argument, PyObject* object) {
  if (PyUnicode_Check(object) || PyBytes_Check(object)) return Py_NewRef(object);
  OwnedRef method = OwnedRef::from_new(PyObject_GetAttrString(object, "__fspath__"));  // new
  if (!method) {
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return nullptr;
    PyErr_Clear();
    args.wrong_type(argument, "a str or os.PathLike", describe_object(object));
    return nullptr;
  }
  OwnedRef name = OwnedRef::from_new(PyObject_CallNoArgs(method.borrow()));  // runs Python
  method.decref();
  if (!name || PyUnicode_Check(name.borrow()) || PyBytes_Check(name.borrow())) {
    return name.transfer();
  }
  args.wrong_type(argument, "a str or os.PathLike", describe_object(object));
  return nullptr;
}

}  // namespace

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
  OwnedRef name = OwnedRef::from_new(name_of(args, argument, object));
  if (!name) return false;
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
