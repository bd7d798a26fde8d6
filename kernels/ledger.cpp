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

const Ledger::Line* Ledger::find(const Footprint& footprint, bool is_mutable) const noexcept {
  for (const Line& line : lines_) {
    if (line.low >= footprint.high || footprint.low >= line.high) continue;
    if (!is_mutable && !line.is_mutable) continue;
    if (overlap(footprint, line.detail->footprint) != Overlap::disjoint) return &line;
  }
  return nullptr;
}

// All memory that entering takes, so that nothing can fail half-way, and leaving needs none.
void Ledger::make_room(std::size_t borrows) {
  const std::size_t lines = lines_.size() + borrows;
  if (lines > lines_.capacity()) lines_.reserve(2 * lines);
  if (lines_.capacity() > spare_.capacity()) spare_.reserve(lines_.capacity());
  while (spare_.size() < borrows) spare_.push_back(std::make_unique<Detail>());
}

std::optional<BorrowConflict> Ledger::enter(std::span<const Borrow> borrows, Lease& lease) {
  lease.leave();
  const std::lock_guard lock(mutex_);
  make_room(borrows.size());
  const std::size_t first = lines_.size();
  const std::uint64_t ticket = next_ticket_++;
  for (const Borrow& borrow : borrows) {
    std::unique_ptr<Detail> detail = std::move(spare_.back());
    spare_.pop_back();
    detail->footprint = footprint(borrow.layout);
    detail->borrower = borrow.borrower;
    detail->thread = std::this_thread::get_id();
    const Line* theirs = find(detail->footprint, borrow.is_mutable);
    const Footprint& set = detail->footprint;
    if (theirs != nullptr) {
      const BorrowConflict conflict{borrow.borrower, theirs->detail->borrower,
                                    theirs->ticket == ticket};
      spare_.push_back(std::move(detail));
      while (lines_.size() > first) remove(lines_.size() - 1);
      return conflict;
    }
    lines_.push_back({set.low, set.high, ticket, borrow.is_mutable, std::move(detail)});
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
  spare_.push_back(std::move(lines_[index].detail));
  if (index + 1 != lines_.size()) lines_[index] = std::move(lines_.back());
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
