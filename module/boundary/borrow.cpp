// Pins the ndarrays of a call while other threads may run.
#include "module/boundary/borrow.hpp"

#include <utility>

#include "module/numpy_api.hpp"

namespace fastlane {

namespace {

// Only an array that owns its memory can be resized: for a view that is the array below it.
PyObject* resizable_array(PyObject* exporter) noexcept {
  PyObject* owner = exporter;
  while (owner != nullptr && PyArray_Check(owner)) {
    exporter = owner;
    owner = PyArray_BASE(reinterpret_cast<PyArrayObject*>(owner));
  }
  return exporter;
}

}  // namespace

bool Borrows::pin() noexcept {
  for (Borrow* borrow = first_; borrow != nullptr; borrow = borrow->next_) {
    if (!PyArray_Check(borrow->exporter_)) continue;  // its own exporter locks it
    borrow->pin_ =
        PyWeakref_NewRef(resizable_array(borrow->exporter_), nullptr);  // exporter locked
    if (borrow->pin_ == nullptr) {
      unpin();
      return false;
    }
  }
  return true;
}

void Borrows::unpin() noexcept {
  for (Borrow* borrow = first_; borrow != nullptr; borrow = borrow->next_) {
    Py_XDECREF(std::exchange(borrow->pin_, nullptr));  // exporter unlocked
  }
}

}  // namespace fastlane
