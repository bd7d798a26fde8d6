// Pins the ndarrays of a call while other threads may run.
#include "module/boundary/borrow.hpp"

#include <utility>

#include "module/numpy_api.hpp"

namespace fastlane {

PyObject* array_below(PyObject* exporter) noexcept {
  PyObject* array = nullptr;
  while (exporter != nullptr) {
    if (PyArray_Check(exporter)) {
      array = exporter;
      exporter = PyArray_BASE(reinterpret_cast<PyArrayObject*>(exporter));
    } else if (PyMemoryView_Check(exporter)) {
      exporter = PyMemoryView_GET_BASE(exporter);
    } else {
      break;
    }
  }
  return array;
}

bool PinnedBorrows::pin(Borrows& borrows) noexcept {
  first_ = borrows.first();
  for (Borrow* borrow = first_; borrow != nullptr; borrow = borrow->next_) {
    // Only an array that owns its memory can be resized; other exporters lock themselves.
    PyObject* array = array_below(borrow->exporter_);  // borrowed
    if (array == nullptr) continue;
    borrow->pin_ = PyWeakref_NewRef(array, nullptr);  // exporter locked
    if (borrow->pin_ == nullptr) {
      unpin();
      return false;
    }
  }
  return true;
}

void PinnedBorrows::unpin() noexcept {
  for (Borrow* borrow = std::exchange(first_, nullptr); borrow != nullptr; borrow = borrow->next_) {
    Py_XDECREF(std::exchange(borrow->pin_, nullptr));  // exporter unlocked
  }
}

}  // namespace fastlane
