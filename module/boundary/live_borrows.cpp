// Asks the ledger in its own terms and puts its answer into words.
#include "module/boundary/live_borrows.hpp"

#include <algorithm>
#include <vector>

namespace fastlane {
namespace {

bool same_layout(const Borrow& a, const Borrow& b) noexcept {
  const kernels::ArrayView& left = a.view();
  const kernels::ArrayView& right = b.view();
  return left.data == right.data && left.ndim == right.ndim && a.item_size() == b.item_size() &&
         std::equal(left.shape, left.shape + left.ndim, right.shape) &&
         std::equal(left.strides, left.strides + left.ndim, right.strides);
}

bool is_an_output(const Borrows& borrows, const Borrow& input) noexcept {
  for (const Borrow* other = borrows.first(); other != nullptr; other = Borrows::next(*other)) {
    if (other->access() == Access::write && same_layout(*other, input)) return true;
  }
  return false;
}

// In the order of the arguments: the list has the last one first.
std::vector<kernels::Borrow> entries_of(Arguments& args, SameInput same_input) {
  std::vector<kernels::Borrow> entries;
  entries.reserve(4);
  const Borrows& borrows = args.borrows();
  for (const Borrow* borrow = borrows.first(); borrow != nullptr; borrow = Borrows::next(*borrow)) {
    const bool is_mutable = borrow->access() == Access::write;
    if (same_input == SameInput::allowed && !is_mutable && is_an_output(borrows, *borrow)) continue;
    const kernels::ArrayView& view = borrow->view();
    entries.push_back(
        {.layout = {view.data, borrow->item_size(), view.ndim, view.shape, view.strides},
         .is_mutable = is_mutable,
         .borrower = {args.function(), borrow->argument()}});
  }
  std::reverse(entries.begin(), entries.end());
  return entries;
}

bool writes(Arguments& args, std::string_view argument) noexcept {
  const Borrow* borrow = args.borrows().first();
  while (borrow != nullptr && argument != borrow->argument()) borrow = Borrows::next(*borrow);
  return borrow != nullptr && borrow->access() == Access::write;
}

bool refuse(Arguments& args, const kernels::BorrowConflict& conflict) {
  const std::string mine(conflict.mine.argument);
  const std::string theirs(conflict.theirs.argument);
  if (conflict.within_call) {
    return args.refuse_borrow(mine.c_str(), "memory apart from that of '" + theirs + "'",
                              "memory that overlaps it", theirs + ".copy() for " + theirs);
  }
  std::string got = "memory that " + std::string(conflict.theirs.function);
  got += theirs.empty() ? " has borrowed" : "() has borrowed as '" + theirs + "'";
  return args.refuse_borrow(mine.c_str(),
                            writes(args, conflict.mine.argument)
                                ? "memory that nobody else has borrowed"
                                : "memory that nobody else writes",
                            std::move(got), "the call after that borrow has ended");
}

}  // namespace

bool LiveBorrows::enter(Arguments& args, SameInput same_input) {
  if (args.borrows().first() == nullptr) return true;
  const std::vector<kernels::Borrow> entries = entries_of(args, same_input);
  if (const auto conflict = kernels::ledger().enter(entries, lease_))
    return refuse(args, *conflict);
  if (rust_.enter(args) && pins_.pin(args.borrows())) return true;
  rust_.leave();
  lease_.leave();
  return false;
}

bool check_borrows(Arguments& args, SameInput same_input) {
  const std::vector<kernels::Borrow> entries = entries_of(args, same_input);
  const auto conflict = kernels::ledger().check(entries);
  return !conflict || refuse(args, *conflict);
}

}  // namespace fastlane
