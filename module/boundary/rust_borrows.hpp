// Fastlane and Rust extensions see each other's borrows. Extensions made with rust-numpy keep
// theirs in a table of functions that the first of them leaves in NumPy's multiarray module;
// whoever comes later uses that one. At import fastlane takes the table that it finds or, when
// there is none, leaves its own, behind which stands the ledger. Read next: kernels/ledger.hpp.
#pragma once

#include <Python.h>

#include <vector>

#include "module/boundary/arguments.hpp"
#include "module/boundary/borrow.hpp"

namespace fastlane {

// What the capsule holds, version 1. Later versions only add fields at the end. All four functions
// need the GIL and take an ndarray.
struct SharedBorrows {
  std::uint64_t version;
  void* flags;
  int (*acquire)(void* flags, PyObject* array);      // 0, or kAlreadyBorrowed
  int (*acquire_mut)(void* flags, PyObject* array);  // 0, kAlreadyBorrowed or kNotWriteable
  void (*release)(void* flags, PyObject* array);
  void (*release_mut)(void* flags, PyObject* array);
};
inline constexpr int kAlreadyBorrowed = -1;
inline constexpr int kNotWriteable = -2;

// Finds or leaves the capsule and keeps it in the module's state. -1 with an exception on failure.
int join_rust_borrows(PyObject* module);

// The borrows of one call as the table of a Rust extension holds them. Where the table is
// fastlane's own there is nothing to tell: the ledger knows them. Stands for table->acquire(flags,
// a);  ...  table->release(flags, a);   once for each array.
class RustBorrows {
 public:
  RustBorrows() noexcept = default;
  RustBorrows(const RustBorrows&) = delete;
  RustBorrows& operator=(const RustBorrows&) = delete;
  ~RustBorrows();

  // Needs the GIL. False with an exception set and nothing entered. May throw std::bad_alloc.
  bool enter(Arguments& args);
  void leave() noexcept;

 private:
  struct Shown {
    PyObject* array;  // owned: a view of our own, which nobody else can change
    bool is_mutable;
  };

  bool show(Arguments& args, const Borrow& borrow);

  const SharedBorrows* table_ = nullptr;
  std::vector<Shown> shown_;
};

}  // namespace fastlane
