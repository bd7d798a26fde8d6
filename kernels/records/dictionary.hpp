// Distinct texts, numbered in the order in which they first came: the dictionary of a category
// column and of group keys. Open addressing over seeded hashes; texts stand one after the other in
// one block.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/records/buffer.hpp"

namespace fastlane::kernels::records {

class Dictionary {
 public:
  // The number of `text`, which is added if it was not there. Precondition: sixteen readable bytes.
  // Throws std::bad_alloc, and std::length_error past 2^31 - 2 texts.
  std::int32_t add(std::string_view text);

  // The number of `text`, or -1. Precondition: sixteen readable bytes.
  std::int32_t find(std::string_view text) const;

  std::size_t size() const { return offsets_.empty() ? 0 : offsets_.size() - 1; }
  std::string_view operator[](std::size_t code) const {
    // Readable sixteen bytes past its end, until texts() is taken away.
    const auto first = static_cast<std::size_t>(offsets_[code]);
    return {texts_.begin() + first, static_cast<std::size_t>(offsets_[code + 1]) - first};
  }
  // Forgets all texts and keeps the memory.
  void clear();

  // One offset more than texts; both blocks may be taken away once nothing more is added.
  Buffer<std::int64_t>& offsets();
  Buffer<char>& texts() { return texts_; }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = 0;  // code + 1; 0: free
  };

  std::size_t slot_of(std::string_view text, std::uint32_t hash) const;
  std::int32_t append(std::string_view text);
  void widen();

  Buffer<std::int64_t> offsets_;
  Buffer<char> texts_;
  std::vector<Slot> slots_;
};

}  // namespace fastlane::kernels::records
