// How this project says no: one sentence with the function, the argument, what was expected, what
// came and what to write instead; the same facts are attributes of the exception.
// Also the one place where a C++ exception becomes a Python one.
#pragma once

#include <Python.h>

#include <string>

namespace fastlane {

// Thrown by C++ code that has already set a Python exception on this thread.
struct PythonErrorSet {};

struct Complaint {
  const char* function;  // may be null: the sentence then begins with the argument
  const char* argument;  // may be null
  std::string expected;
  std::string got;
  std::string hint;  // what to write instead; may be empty
};

// Sets the exception and returns false, so that "complain and refuse" is one expression.
bool raise(PyObject* error_class, const Complaint& complaint);

// "int32 array of shape (3, 4)", "str", "NoneType": what came, in a reader's words. Never fails.
std::string describe_object(PyObject* object);

// What `builtin` prints of an instance of its own: a subclass's own __repr__ could raise, and would
// hide the complaint. Never fails.
std::string text_of(const PyTypeObject& builtin, PyObject* object);

// Call inside a handler: rethrows the exception in flight and sets the Python exception for it.
// bad_alloc is MemoryError, system_error is OSError, and so on; returns null.
PyObject* raise_current_exception(PyObject* module, const char* function) noexcept;

// Fills the state's error classes and adds them to the module. -1 with an exception on failure.
int add_errors(PyObject* module);

}  // namespace fastlane
