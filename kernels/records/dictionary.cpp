// The table of a dictionary: 32 bits of hash beside each number, so that growing reads no text.
#include "kernels/records/dictionary.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "kernels/records/hash.hpp"

namespace fastlane::kernels::records {
namespace {

std::uint32_t hash_of(std::string_view text) {
  return static_cast<std::uint32_t>(hash_text(text.data(), text.size(), hash_seeds()) >> 32);
}

// Precondition: sixteen readable bytes behind both.
bool same_text(const char* left, const char* right, std::size_t size) {
  if (size > 16) return std::memcmp(left, right, size) == 0;
  const std::uint64_t low = (load_word(left) ^ load_word(right)) & byte_mask(size);
  if (size <= 8) return low == 0;
  return (low | ((load_word(left + 8) ^ load_word(right + 8)) & byte_mask(size - 8))) == 0;
}

}  // namespace

std::int32_t Dictionary::find(std::string_view text) const {
  if (slots_.empty()) return -1;
  const std::uint32_t number = slots_[slot_of(text, hash_of(text))].number;
  return static_cast<std::int32_t>(number) - 1;
}

std::int32_t Dictionary::add(std::string_view text) {
  if (size() >= slots_.size() / 2) widen();
  const std::uint32_t hash = hash_of(text);
  Slot& slot = slots_[slot_of(text, hash)];
  if (slot.number == 0) slot = {hash, static_cast<std::uint32_t>(append(text)) + 1};
  return static_cast<std::int32_t>(slot.number) - 1;
}

// Where the text is, or the free slot where it belongs.
std::size_t Dictionary::slot_of(std::string_view text, std::uint32_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.number == 0) return at;
    if (slot.hash != hash) continue;
    const std::string_view known = (*this)[slot.number - 1];
    if (known.size() != text.size()) continue;
    if (same_text(known.data(), text.data(), text.size())) return at;
  }
}

std::int32_t Dictionary::append(std::string_view text) {
  constexpr std::size_t kMost = 0x7FFFFFFE;
  if (size() >= kMost) throw std::length_error("a dictionary of more than 2^31 - 2 texts");
  const std::size_t code = size();
  offsets().reserve(1);
  texts_.reserve(text.size() + kPadding);
  texts_.append(text.data(), text.size());
  offsets_.push_back(static_cast<std::int64_t>(texts_.size()));
  return static_cast<std::int32_t>(code);
}

void Dictionary::widen() {
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

void Dictionary::clear() {
  if (size() == 0) return;
  offsets_.clear();
  texts_.clear();
  std::fill(slots_.begin(), slots_.end(), Slot{});
}

Buffer<std::int64_t>& Dictionary::offsets() {
  if (offsets_.empty()) offsets_.push_back(0);
  return offsets_;
}

}  // namespace fastlane::kernels::records
