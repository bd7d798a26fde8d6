// What all borrows of a call have in common: a place in memory that Python owns and that this call
// may read or write for a while. The call's borrows hang in one list, so that call.hpp can pin them
// and enter them in the ledger before it lets other threads run.
#pragma once

#include <Python.h>

#include "kernels/array_view.hpp"
#include "module/boundary/error_path.hpp"

namespace fastlane {

enum class Access { read, write };

// The memory of one argument. A base without virtual functions: the derived guard owns the
// give-back.
class Borrow {
 public:
  const char* argument() const noexcept { return argument_; }
  Access access() const noexcept { return access_; }
  const kernels::ArrayView& view() const noexcept { return view_; }
  std::size_t item_size() const noexcept { return item_size_; }
  std::size_t bytes() const noexcept { return bytes_; }
  PyObject* exporter() const noexcept { return exporter_; }  // borrowed

  Borrow() noexcept {}
  Borrow(const Borrow&) = delete;
  Borrow& operator=(const Borrow&) = delete;

 protected:
  ~Borrow() = default;

  // Only `exporter_` means something before the borrow is acquired: a small call pays for every
  // store, so the rest stays unset until then.
  PyObject* exporter_ = nullptr;  // borrowed from args: the caller keeps it alive during the call
  const char* argument_;
  Access access_ = Access::read;
  std::size_t item_size_;
  std::size_t bytes_;
  union {
    kernels::ArrayView view_;
  };
  PyObject* pin_;  // a weak reference: NumPy refuses to resize an array that has one
  Borrow* next_;
  friend class Borrows;
  friend class PinnedBorrows;
};

class Borrows {
 public:
  void add(Borrow& borrow) noexcept {
    borrow.pin_ = nullptr;
    borrow.next_ = first_;
    first_ = &borrow;
  }
  // Memory that nobody can write, and that needs no entry therefore: bytes and str.
  void add_constant(std::size_t bytes) noexcept { constant_bytes_ += bytes; }
  std::size_t constant_bytes() const noexcept { return constant_bytes_; }
  // When all have been given back and the call begins again.
  void clear() noexcept { first_ = nullptr; }
  Borrow* first() const noexcept { return first_; }
  static Borrow* next(const Borrow& borrow) noexcept { return borrow.next_; }

 private:
  Borrow* first_ = nullptr;
  std::size_t constant_bytes_ = 0;
};

// The array whose memory an exporter shows: for a view, and for a memoryview of either, the array
// below it. Borrowed; null when there is none.
PyObject* array_below(PyObject* exporter) noexcept;

// Locks the ndarrays among the borrows against resize while other threads may run.
// Stands for   w = PyWeakref_NewRef(a, NULL);  ...  Py_DECREF(w);   once for each of them.
class PinnedBorrows {
 public:
  PinnedBorrows() noexcept = default;
  PinnedBorrows(const PinnedBorrows&) = delete;
  PinnedBorrows& operator=(const PinnedBorrows&) = delete;
  ~PinnedBorrows() {
    if (first_ == nullptr) return;
    if (on_error_path("PinnedBorrows forgotten on the happy path: write unpin()")) unpin();
  }

  // False with an exception set and nothing pinned.
  bool pin(Borrows& borrows) noexcept;
  void unpin() noexcept;

 private:
  Borrow* first_ = nullptr;
};

}  // namespace fastlane
