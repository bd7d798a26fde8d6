// An interpreter that ends unwinds the stack of a thread that wants to attach (before 3.14): such a
// thread is caught here and stays, as in boundary/error_path.hpp, and nothing is given back.
#include "module/types/callback_receiver.hpp"

#include <iterator>
#include <utility>

#include "module/boundary/attached.hpp"
#include "module/boundary/errors.hpp"
#include "module/boundary/native_thread.hpp"

namespace fastlane {
namespace {

constexpr Py_ssize_t kMostErrors = 100;  // kept to be raised; the others are counted

// (code, payload). New reference.
PyObject* tuple_of(const kernels::Event& event) noexcept {
  PyObject* tuple = PyTuple_New(2);                  // new
  PyObject* code = PyLong_FromLongLong(event.code);  // new
  PyObject* payload = PyBytes_FromStringAndSize(event.payload.data(), std::ssize(event.payload));
  if (tuple == nullptr || code == nullptr || payload == nullptr) {
    Py_XDECREF(tuple);
    Py_XDECREF(code);
    Py_XDECREF(payload);
    return nullptr;
  }
  PyTuple_SET_ITEM(tuple, 0, code);     // stolen
  PyTuple_SET_ITEM(tuple, 1, payload);  // stolen
  return tuple;
}

// New reference.
PyObject* list_of(std::span<const kernels::Event> batch) noexcept {
  PyObject* list = PyList_New(std::ssize(batch));  // new
  if (list == nullptr) return nullptr;
  Py_ssize_t index = 0;
  for (const kernels::Event& event : batch) {
    PyObject* tuple = tuple_of(event);  // new
    if (tuple == nullptr) {
      Py_DECREF(list);
      return nullptr;
    }
    PyList_SET_ITEM(list, index++, tuple);  // stolen
  }
  return list;
}

}  // namespace

CallbackReceiver::CallbackReceiver(PyObject* callable) noexcept
    : interpreter_(PyInterpreterState_Get()), callable_(Py_NewRef(callable)) {}

void CallbackReceiver::begin() noexcept { NativeThread::begin(interpreter_); }

void CallbackReceiver::receive(std::span<const kernels::Event> batch) noexcept {
  const Attached attached(NativeThread::state());  // thread attached
  try {
    if (callable_ == nullptr) return;
    PyObject* callable = Py_NewRef(callable_);  // owned: it may be dropped while it runs
    PyObject* events = list_of(batch);          // new
    PyObject* answer = events == nullptr ? nullptr : PyObject_CallOneArg(callable, events);
    if (answer == nullptr) keep_error();
    Py_XDECREF(answer);
    Py_XDECREF(events);
    Py_DECREF(callable);
  } catch (...) {
    stay_until_exit();
  }
}

void CallbackReceiver::end() noexcept { NativeThread::end(); }

void CallbackReceiver::keep_error() noexcept {
  PyObject* error = take_exception();  // new
  ++failed_;
  ++unraised_;
  if (callable_ != nullptr && errors_ == nullptr) errors_ = PyList_New(0);  // new
  const bool is_kept =
      callable_ != nullptr && errors_ != nullptr && PyList_GET_SIZE(errors_) < kMostErrors;
  if (is_kept) PyList_Append(errors_, error);
  PyErr_Clear();  // no memory for the list: the error is counted
  Py_DECREF(error);
}

bool CallbackReceiver::raise_errors() noexcept {
  if (unraised_ == 0) return true;
  const std::uint64_t count = std::exchange(unraised_, 0);
  PyObject* errors = std::exchange(errors_, nullptr);  // owned
  if (errors == nullptr || PyList_GET_SIZE(errors) == 0) {
    Py_XDECREF(errors);
    PyErr_NoMemory();
    return false;
  }
  const auto kept = static_cast<std::uint64_t>(PyList_GET_SIZE(errors));
  const char* note = kept < count ? "; here are the first errors" : "";
  PyObject* group =
      PyObject_CallFunction(PyExc_BaseExceptionGroup, "NO",
                            PyUnicode_FromFormat("the callable raised for %llu of its batches%s",
                                                 static_cast<unsigned long long>(count), note),
                            errors);  // new
  if (group != nullptr) PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(group)), group);
  Py_XDECREF(group);
  Py_DECREF(errors);
  return false;
}

void CallbackReceiver::drop() noexcept {
  unraised_ = 0;
  Py_CLEAR(errors_);
  Py_CLEAR(callable_);
}

int CallbackReceiver::traverse(visitproc visit, void* arg) const {
  Py_VISIT(callable_);
  Py_VISIT(errors_);
  return 0;
}

}  // namespace fastlane
