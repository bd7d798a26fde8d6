// Builds the error classes, the sentence, and the translation from C++ to Python.
#include "module/boundary/errors.hpp"

#include <cerrno>
#include <exception>
#include <iterator>
#include <new>
#include <stdexcept>
#include <system_error>

#include "kernels/file_error.hpp"
#include "kernels/image/decode_error.hpp"
#include "kernels/pool.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/numpy_api.hpp"
#include "module/state.hpp"

namespace fastlane {
namespace {

std::string sentence_of(const Complaint& complaint) {
  std::string sentence;
  if (complaint.function != nullptr) sentence += std::string(complaint.function) + "(): ";
  if (complaint.argument != nullptr) {
    sentence += std::string("argument '") + complaint.argument + "' must be ";
  } else {
    sentence += "expected ";
  }
  sentence += complaint.expected + ", got " + complaint.got;
  if (!complaint.hint.empty()) sentence += "; write " + complaint.hint;
  return sentence;
}

// A new str, or None for an empty text.
PyObject* text_or_none(const std::string& text) {
  if (text.empty()) return Py_NewRef(Py_None);
  return PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
}

bool set_fact(PyObject* exception, const char* name, const std::string& text) {
  OwnedRef fact = OwnedRef::from_new(text_or_none(text));  // new
  if (!fact) return false;
  const bool stored = PyObject_SetAttrString(exception, name, fact.borrow()) == 0;
  fact.decref();
  return stored;
}

std::string shape_of(PyArrayObject* array) {
  std::string shape = "(";
  for (int axis = 0; axis < PyArray_NDIM(array); ++axis) {
    if (axis > 0) shape += ", ";
    shape += std::to_string(PyArray_DIM(array, axis));
  }
  if (PyArray_NDIM(array) == 1) shape += ",";
  return shape + ")";
}

// What str(array.dtype) says, without the chance to fail.
std::string dtype_of_array(PyArrayObject* array) {
  OwnedRef text =
      OwnedRef::from_new(PyObject_Str(reinterpret_cast<PyObject*>(PyArray_DESCR(array))));
  const char* name = text ? PyUnicode_AsUTF8(text.borrow()) : nullptr;
  if (name == nullptr) PyErr_Clear();
  std::string result = name == nullptr ? "unknown" : name;
  text.decref();
  return result;
}

// OSError(errno, message): the subclass (FileNotFoundError and so on) follows from the number.
void raise_os_error(const std::system_error& error, const char* function) {
  OwnedRef message =
      OwnedRef::from_new(PyUnicode_FromFormat("%s(): %s", function, error.what()));  // new
  if (!message) return;
  OwnedRef arguments =
      OwnedRef::from_new(Py_BuildValue("(iO)", error.code().value(), message.borrow()));  // new
  message.decref();
  if (!arguments) return;
  PyErr_SetObject(PyExc_OSError, arguments.borrow());
  arguments.decref();
}

// As open() says it: OSError(errno, strerror, filename).
void raise_file_error(const kernels::FileError& error) {
  OwnedRef name = OwnedRef::from_new(
      PyUnicode_DecodeFSDefaultAndSize(error.path().data(), std::ssize(error.path())));  // new
  if (!name) return;
  errno = error.code().value();
  PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, name.borrow());
  name.decref();
}

void raise_what(PyObject* error_class, const char* function, const std::exception& error) {
  PyErr_Format(error_class, "%s(): %s", function, error.what());
}

// The sentence names the chunk and the offset; they are attributes too.
void raise_decode_error(PyObject* error_class, const char* function,
                        const kernels::image::DecodeError& error) {
  OwnedRef message =
      OwnedRef::from_new(PyUnicode_FromFormat("%s(): %s", function, error.what()));  // new
  if (!message) return;
  OwnedRef exception = OwnedRef::from_new(PyObject_CallOneArg(error_class, message.borrow()));
  message.decref();
  if (!exception) return;
  OwnedRef chunk = OwnedRef::from_new(PyUnicode_FromString(error.chunk().c_str()));  // new
  OwnedRef offset = OwnedRef::from_new(PyLong_FromSize_t(error.offset()));           // new
  if (chunk && offset && PyObject_SetAttrString(exception.borrow(), "chunk", chunk.borrow()) == 0 &&
      PyObject_SetAttrString(exception.borrow(), "offset", offset.borrow()) == 0) {
    PyErr_SetObject(error_class, exception.borrow());
  }
  chunk.decref();
  offset.decref();
  exception.decref();
}

// Runs outside every guard, so it must not throw: nothing here allocates in C++.
void translate(PyObject* module, const char* function) {
  try {
    throw;
  } catch (const PythonErrorSet&) {
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::length_error&) {
    PyErr_NoMemory();
  } catch (const kernels::image::DecodeError& error) {
    raise_decode_error(state_of(module).decode_error, function, error);
  } catch (const kernels::FileError& error) {
    raise_file_error(error);
  } catch (const std::system_error& error) {
    raise_os_error(error, function);
  } catch (const std::domain_error& error) {
    raise_what(state_of(module).expression_error, function, error);
  } catch (const std::invalid_argument& error) {
    raise_what(state_of(module).argument_value_error, function, error);
  } catch (const std::out_of_range& error) {
    raise_what(state_of(module).argument_value_error, function, error);
  } catch (const std::overflow_error& error) {
    raise_what(PyExc_OverflowError, function, error);
  } catch (const kernels::Forked& error) {
    raise_what(state_of(module).forked_error, function, error);
  } catch (const std::exception& error) {
    raise_what(PyExc_RuntimeError, function, error);
  } catch (...) {
    // What unwinds the stack without a C++ exception is the end of the thread, not an error.
    if (std::current_exception() == nullptr) stay_until_exit();
    PyErr_Format(PyExc_RuntimeError, "%s(): an unknown C++ exception", function);
  }
}

struct ErrorClass {
  const char* name;
  const char* doc;
  PyObject* ModuleState::*field;
  PyObject* first_builtin;   // borrowed; null for the root
  PyObject* second_builtin;  // borrowed; may be null
};

// The root carries the facts of Complaint as attributes, so that every child has them.
OwnedRef make_root() {
  OwnedRef facts = OwnedRef::from_new(Py_BuildValue("{sOsOsOsO}", "argument", Py_None, "expected",
                                                    Py_None, "got", Py_None, "hint", Py_None));
  if (!facts) return OwnedRef();
  OwnedRef root = OwnedRef::from_new(PyErr_NewExceptionWithDoc(
      "fastlane.FastlaneError", "The root of all errors that fastlane raises on its own account.",
      nullptr, facts.borrow()));
  facts.decref();
  return root;
}

OwnedRef make_child(const ErrorClass& error, PyObject* root) {
  OwnedRef bases =
      OwnedRef::from_new(error.second_builtin == nullptr
                             ? PyTuple_Pack(2, root, error.first_builtin)
                             : PyTuple_Pack(3, root, error.first_builtin, error.second_builtin));
  if (!bases) return OwnedRef();
  const std::string full_name = std::string("fastlane.") + error.name;
  OwnedRef made = OwnedRef::from_new(
      PyErr_NewExceptionWithDoc(full_name.c_str(), error.doc, bases.borrow(), nullptr));
  bases.decref();
  return made;
}

}  // namespace

bool raise(PyObject* error_class, const Complaint& complaint) {
  const std::string sentence = sentence_of(complaint);
  OwnedRef message = OwnedRef::from_new(text_or_none(sentence));  // new
  if (!message) return false;
  OwnedRef exception = OwnedRef::from_new(PyObject_CallOneArg(error_class, message.borrow()));
  message.decref();
  if (!exception) return false;
  const std::string argument = complaint.argument == nullptr ? "" : complaint.argument;
  if (set_fact(exception.borrow(), "argument", argument) &&
      set_fact(exception.borrow(), "expected", complaint.expected) &&
      set_fact(exception.borrow(), "got", complaint.got) &&
      set_fact(exception.borrow(), "hint", complaint.hint)) {
    PyErr_SetObject(error_class, exception.borrow());
  }
  exception.decref();
  return false;
}

std::string describe_object(PyObject* object) {
  if (!PyArray_Check(object)) return Py_TYPE(object)->tp_name;
  auto* array = reinterpret_cast<PyArrayObject*>(object);
  return dtype_of_array(array) + " array of shape " + shape_of(array);
}

std::string text_of(const PyTypeObject& builtin, PyObject* object) {
  OwnedRef repr = OwnedRef::from_new(builtin.tp_repr(object));
  const char* text = repr ? PyUnicode_AsUTF8(repr.borrow()) : nullptr;
  if (text == nullptr) PyErr_Clear();
  std::string result = text == nullptr ? Py_TYPE(object)->tp_name : text;
  repr.decref();
  return result;
}

PyObject* raise_current_exception(PyObject* module, const char* function) noexcept {
  translate(module, function);
  return nullptr;
}

int add_errors(PyObject* module) {
  ModuleState& state = state_of(module);
  OwnedRef root = make_root();
  if (!root) return -1;
  state.fastlane_error = root.transfer();
  if (PyModule_AddObjectRef(module, "FastlaneError", state.fastlane_error) < 0) return -1;

  const ErrorClass classes[] = {
      {"ArgumentTypeError", "An argument has a wrong type, element type or byte order.",
       &ModuleState::argument_type_error, PyExc_TypeError, nullptr},
      {"ArgumentValueError", "An argument has a wrong shape, length or range.",
       &ModuleState::argument_value_error, PyExc_ValueError, nullptr},
      {"BorrowError", "Memory cannot be borrowed: read-only, overlapping, exported or closed.",
       &ModuleState::borrow_error, PyExc_BufferError, nullptr},
      {"CopyError", "A copy would be needed where none was allowed.", &ModuleState::copy_error,
       PyExc_ValueError, PyExc_BufferError},
      {"ExpressionError",
       "An expression cannot be compiled or run; `column` counts from 1 in its line of `source`.",
       &ModuleState::expression_error, PyExc_ValueError, nullptr},
      {"SchemaError", "A schema or plan is wrong or does not fit its input.",
       &ModuleState::schema_error, PyExc_ValueError, nullptr},
      {"RecordError", "One record does not fit its schema; `errors` has one entry a field.",
       &ModuleState::record_error, PyExc_ValueError, nullptr},
      {"DecodeError", "Encoded data is damaged.", &ModuleState::decode_error, PyExc_ValueError,
       nullptr},
      {"Overloaded", "A queue is full; `retry_after` says in how many seconds to try again.",
       &ModuleState::overloaded, PyExc_RuntimeError, nullptr},
      {"ForkedError", "Work that was pending when the process forked, seen from the child.",
       &ModuleState::forked_error, PyExc_RuntimeError, nullptr},
  };
  for (const ErrorClass& error : classes) {
    OwnedRef made = make_child(error, state.fastlane_error);
    if (!made) return -1;
    state.*error.field = made.transfer();
    if (PyModule_AddObjectRef(module, error.name, state.*error.field) < 0) return -1;
  }
  for (const char* place : {"column", "source"}) {
    if (PyObject_SetAttrString(state.expression_error, place, Py_None) < 0) return -1;
  }
  return 0;
}

}  // namespace fastlane
