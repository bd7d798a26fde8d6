// One strong reference. Move-only and not assignable: a copy would be an INCREF that nobody can
// see.
#pragma once

#include <Python.h>

#include <utility>

#include "module/boundary/error_path.hpp"

namespace fastlane {

// Stands for   PyObject* o = PyX_New(...);  ...  Py_DECREF(o);
class OwnedRef {
 public:
  static OwnedRef from_new(PyObject* new_reference) noexcept { return OwnedRef(new_reference); }
  static OwnedRef incref(PyObject* borrowed) noexcept { return OwnedRef(Py_XNewRef(borrowed)); }

  OwnedRef() noexcept = default;
  OwnedRef(OwnedRef&& other) noexcept : object_(other.transfer()) {}
  OwnedRef(const OwnedRef&) = delete;
  OwnedRef& operator=(const OwnedRef&) = delete;
  OwnedRef& operator=(OwnedRef&&) = delete;
  ~OwnedRef() {
    if (object_ == nullptr) return;
    if (on_error_path("OwnedRef forgotten on the happy path: write decref() or transfer()"))
      Py_DECREF(object_);
  }

  // Takes over a new reference; what was held before must have been given back.
  void own(PyObject* new_reference) noexcept {
    decref();
    object_ = new_reference;
  }

  explicit operator bool() const noexcept { return object_ != nullptr; }
  PyObject* borrow() const noexcept { return object_; }
  // The count stays, the responsibility moves to the caller.
  [[nodiscard]] PyObject* transfer() noexcept { return std::exchange(object_, nullptr); }
  void decref() noexcept { Py_XDECREF(transfer()); }

 private:
  explicit OwnedRef(PyObject* object) noexcept : object_(object) {}
  PyObject* object_ = nullptr;
};

}  // namespace fastlane
