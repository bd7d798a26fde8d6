// The table of the groups: 32 bits of hash beside each number, so that growing reads no keys.
#include "kernels/records/groups.hpp"

#include <algorithm>
#include <stdexcept>

#include "kernels/records/hash.hpp"

namespace fastlane::kernels::records {

std::uint32_t GroupTable::add(const std::uint64_t* words) {
  if (size_ >= slots_.size() / 2) widen();
  const auto hash = static_cast<std::uint32_t>(hash_words(words, width_, hash_seeds()) >> 32);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    Slot& slot = slots_[at];
    if (slot.number == 0) {
      constexpr std::size_t kMost = 0xFFFFFFFE;
      if (size_ >= kMost) throw std::length_error("more than 2^32 - 2 groups");
      words_.append(words, width_);
      ++size_;
      slot = {hash, static_cast<std::uint32_t>(size_)};
      return slot.number - 1;
    }
    if (slot.hash != hash) continue;
    if (same_words(words, words_.begin() + (slot.number - 1) * width_, width_)) {
      return slot.number - 1;
    }
  }
}

void GroupTable::widen() {
  std::vector<Slot> wider(std::max<std::size_t>(64, slots_.size() * 2));
  const std::size_t mask = wider.size() - 1;
  for (const Slot& slot : slots_) {
    if (slot.number == 0) continue;
    std::size_t at = slot.hash & mask;
    while (wider[at].number != 0) at = (at + 1) & mask;
    wider[at] = slot;
  }
  slots_ = std::move(wider);
}

void GroupTable::clear() {
  if (size_ == 0) return;
  size_ = 0;
  words_.clear();
  std::fill(slots_.begin(), slots_.end(), Slot{});
}

}  // namespace fastlane::kernels::records
