// What a wrong argument of the text family is told.
#include "module/boundary/borrowed_string.hpp"

#include <string>

#include "module/boundary/borrowed_content.hpp"

namespace fastlane {

bool BorrowedString::refuse(Arguments& args, const char* argument, PyObject* object) const {
  const int path_like = is_path_like(object);
  if (path_like < 0) return false;
  return args.wrong_type(
      argument, "a str or bytes-like", describe_object(object),
      path_like == 1 ? "fastlane.MappedFile(" + std::string(argument) + ")" : "");
}

bool BorrowedString::refuse_other_kind(const BorrowedString& model, Arguments& args,
                                       const char* argument, PyObject* object) const {
  const std::string name = argument;
  if (model.is_text_) {
    const bool has_bytes = PyObject_CheckBuffer(object) != 0;
    return args.wrong_type(argument, "a str, as the first argument is", describe_object(object),
                           has_bytes ? "bytes(" + name + ").decode()" : "");
  }
  std::string hint;
  if (PyUnicode_Check(object)) hint = name + ".encode()";
  if (PyLong_Check(object)) hint = "bytes([" + name + "])";
  return args.wrong_type(argument, "bytes-like, as the first argument is", describe_object(object),
                         hint);
}

}  // namespace fastlane
