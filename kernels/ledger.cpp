// One list of live borrows under one lock. A look at the address ranges answers nearly always; only
// where they meet is the exact question asked.
#include "kernels/ledger.hpp"

#include <pthread.h>

namespace fastlane::kernels {
namespace {

// At load, not at first use: a fork may come beside it.
[[maybe_unused]] const int fork_handlers =
    pthread_atfork([] { ledger().before_fork(); }, [] { ledger().after_fork_in_parent(); },
                   [] { ledger().after_fork_in_child(); });

}  // namespace

constinit ProcessLedger process_ledger;

void Lease::leave() noexcept {
  if (ledger_ != nullptr) std::exchange(ledger_, nullptr)->leave(ticket_);
}

bool Ledger::conflict(const Footprint& a, bool a_mutable, const Footprint& b,
                      bool b_mutable) noexcept {
  return (a_mutable || b_mutable) && overlap(a, b) != Overlap::disjoint;
}

const Ledger::Line* Ledger::find(const Footprint& footprint, bool is_mutable) const noexcept {
  for (const Line& line : lines_) {
    if (line.low >= footprint.high || footprint.low >= line.high) continue;
    if (conflict(footprint, is_mutable, line.detail->footprint, line.is_mutable)) return &line;
  }
  return nullptr;
}

std::optional<BorrowConflict> Ledger::enter(std::span<const Borrow> borrows, Lease& lease) {
  lease.leave();
  std::vector<Line> mine;
  mine.reserve(borrows.size());
  for (const Borrow& borrow : borrows) {
    auto detail = std::make_unique<Detail>();
    detail->footprint = footprint(borrow.layout);
    detail->borrower = borrow.borrower;
    detail->thread = std::this_thread::get_id();
    const Footprint& set = detail->footprint;
    for (const Line& line : mine) {
      if (conflict(set, borrow.is_mutable, line.detail->footprint, line.is_mutable)) {
        return BorrowConflict{borrow.borrower, line.detail->borrower, true};
      }
    }
    mine.push_back({set.low, set.high, 0, borrow.is_mutable, std::move(detail)});
  }

  const std::lock_guard lock(mutex_);
  for (const Line& line : mine) {
    if (const Line* theirs = find(line.detail->footprint, line.is_mutable)) {
      return BorrowConflict{line.detail->borrower, theirs->detail->borrower, false};
    }
  }
  lines_.reserve(lines_.size() + mine.size());
  const std::uint64_t ticket = next_ticket_++;
  for (Line& line : mine) {
    line.ticket = ticket;
    lines_.push_back(std::move(line));
  }
  count();
  lease = Lease(this, ticket);
  return std::nullopt;
}

std::optional<BorrowConflict> Ledger::check(std::span<const Borrow> borrows) const noexcept {
  for (std::size_t i = 0; i < borrows.size(); ++i) {
    const Footprint set = footprint(borrows[i].layout);
    for (std::size_t j = 0; j < i; ++j) {
      if (!borrows[i].is_mutable && !borrows[j].is_mutable) continue;
      if (overlap(set, footprint(borrows[j].layout)) != Overlap::disjoint) {
        return BorrowConflict{borrows[i].borrower, borrows[j].borrower, true};
      }
    }
    if (empty()) continue;
    const std::lock_guard lock(mutex_);
    if (const Line* theirs = find(set, borrows[i].is_mutable)) {
      return BorrowConflict{borrows[i].borrower, theirs->detail->borrower, false};
    }
  }
  return std::nullopt;
}

void Ledger::leave(std::uint64_t ticket) noexcept {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = lines_.size(); i-- > 0;) {
    if (lines_[i].ticket == ticket) remove(i);
  }
  count();
}

void Ledger::remove(std::size_t index) noexcept {
  if (index + 1 != lines_.size()) std::swap(lines_[index], lines_.back());
  lines_.pop_back();
}

void Ledger::after_fork_in_child() noexcept {
  for (std::size_t i = lines_.size(); i-- > 0;) {
    if (lines_[i].detail->thread != std::this_thread::get_id()) remove(i);
  }
  count();
  mutex_.unlock();
}

}  // namespace fastlane::kernels
