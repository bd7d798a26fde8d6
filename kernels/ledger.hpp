// The books of who borrows which memory: all borrows of a call that runs while other threads may
// run. Readers may share memory; who writes wants it alone. Overlap is decided by
// kernels/overlap.hpp on what was written down when the borrow began, so it does not matter what
// becomes of the array. The ledger never touches the memory and never waits for a borrow to end.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/overlap.hpp"

namespace fastlane::kernels {

// Who borrows. Both names are static strings; the argument may be empty.
struct Borrower {
  std::string_view function;
  std::string_view argument;
};

struct Borrow {
  Layout layout;
  bool is_mutable = false;
  Borrower borrower;
};

struct BorrowConflict {
  Borrower mine;
  Borrower theirs;
  bool within_call;  // both are arguments of the call that asked
};

class Ledger;

// The borrows of one call. They end with `leave` or the destructor.
class Lease {
 public:
  Lease() = default;
  Lease(Lease&& other) noexcept
      : ledger_(std::exchange(other.ledger_, nullptr)), ticket_(other.ticket_) {}
  Lease& operator=(Lease&& other) noexcept {
    if (this != &other) {
      leave();
      ledger_ = std::exchange(other.ledger_, nullptr);
      ticket_ = other.ticket_;
    }
    return *this;
  }
  ~Lease() { leave(); }

  void leave() noexcept;
  bool live() const noexcept { return ledger_ != nullptr; }

 private:
  friend class Ledger;
  Lease(Ledger* ledger, std::uint64_t ticket) noexcept : ledger_(ledger), ticket_(ticket) {}

  Ledger* ledger_ = nullptr;
  std::uint64_t ticket_ = 0;
};

class Ledger {
 public:
  constexpr Ledger() = default;
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // Enters all of a call's borrows or, at the first conflict, none: `lease` is live when there was
  // none. Borrows of the call are checked against one another too. May throw std::bad_alloc.
  [[nodiscard]] std::optional<BorrowConflict> enter(std::span<const Borrow> borrows, Lease& lease);

  // The same question without entering anything: for a call that ends before another thread runs.
  std::optional<BorrowConflict> check(std::span<const Borrow> borrows) const noexcept;

  // True when no borrow is live. Lock-free: exact for borrows that began before on this thread or
  // under a lock that this thread has taken since, such as the GIL.
  bool empty() const noexcept { return count_.load(std::memory_order_relaxed) == 0; }
  std::size_t size() const noexcept { return count_.load(std::memory_order_relaxed); }

  // Around fork, so that the child finds whole books. In the child, borrows of threads that are not
  // there have ended; those of the thread that forked go on.
  void before_fork() noexcept { mutex_.lock(); }
  void after_fork_in_parent() noexcept { mutex_.unlock(); }
  void after_fork_in_child() noexcept;

 private:
  friend class Lease;

  struct Detail {
    Footprint footprint;
    Borrower borrower;
    std::thread::id thread;
  };
  // What is looked at for every live borrow; the detail only when the address ranges meet.
  struct Line {
    std::uintptr_t low;
    std::uintptr_t high;
    std::uint64_t ticket;
    bool is_mutable;
    std::unique_ptr<Detail> detail;
  };

  // All below need the lock.
  const Line* find(const Footprint& footprint, bool is_mutable) const noexcept;
  void make_room(std::size_t borrows);
  void remove(std::size_t index) noexcept;
  void count() noexcept {
    count_.store(static_cast<std::uint32_t>(lines_.size()), std::memory_order_relaxed);
  }
  void leave(std::uint64_t ticket) noexcept;  // takes it

  mutable std::mutex mutex_;
  std::atomic<std::uint32_t> count_{0};
  std::uint64_t next_ticket_ = 1;
  std::vector<Line> lines_;
  std::vector<std::unique_ptr<Detail>> spare_;  // for the next borrows; has room for every detail
};

// Never destroyed: borrows may end while the process does.
union ProcessLedger {
  constexpr ProcessLedger() : ledger() {}
  ~ProcessLedger() {}
  Ledger ledger;
};
extern constinit ProcessLedger process_ledger;

// The ledger of this process; it survives fork.
inline Ledger& ledger() noexcept { return process_ledger.ledger; }

}  // namespace fastlane::kernels
