// Who may borrow beside whom, asked once for all functions: between begin and run.
// A call that lets other threads run has its borrows entered in the ledger, shown to Rust
// extensions and pinned until it has ended. A call that keeps the GIL is over before anybody else
// could look, so it is only checked, against its own arguments and against what is in the ledger.
#pragma once

#include <Python.h>

#include "kernels/ledger.hpp"
#include "module/boundary/arguments.hpp"
#include "module/boundary/borrow.hpp"
#include "module/boundary/rust_borrows.hpp"

namespace fastlane {

// What a function says of an input that is exactly its output: same memory, shape and strides. It
// is `allowed` where every element is written after it was read, by the same thread.
enum class SameInput : bool { refused, allowed };

class LiveBorrows {
 public:
  LiveBorrows() noexcept = default;
  LiveBorrows(const LiveBorrows&) = delete;
  LiveBorrows& operator=(const LiveBorrows&) = delete;
  ~LiveBorrows() {
    if (lease_.live()) on_error_path("LiveBorrows forgotten on the happy path: write leave()");
  }

  // Needs the GIL. False with an exception set and nothing entered. May throw std::bad_alloc.
  bool enter(Arguments& args, SameInput same_input);
  void leave() noexcept {  // in the reverse order
    pins_.unpin();
    rust_.leave();
    lease_.leave();
  }

 private:
  kernels::Lease lease_;
  RustBorrows rust_;
  PinnedBorrows pins_;
};

// False with an exception set. May throw std::bad_alloc.
[[gnu::noinline]] bool check_borrows(Arguments& args, SameInput same_input);

// For the small call: nearly always there is nothing to check.
inline bool may_conflict(Arguments& args) noexcept {
  const Borrow* first = args.borrows().first();
  return first != nullptr && (Borrows::next(*first) != nullptr || !kernels::ledger().empty());
}

}  // namespace fastlane
