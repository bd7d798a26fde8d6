// Numbers the distinct tuples of key words in the order in which they first came. Open addressing
// over seeded hashes; knows nothing of what the words stand for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/records/buffer.hpp"

namespace fastlane::kernels::records {

// For the few words of a key; a call of memcmp costs more than they do.
inline bool same_words(const std::uint64_t* one, const std::uint64_t* other, std::size_t width) {
  for (std::size_t word = 0; word < width; ++word) {
    if (one[word] != other[word]) return false;
  }
  return true;
}

class GroupTable {
 public:
  explicit GroupTable(std::size_t width) : width_(width) {}

  // The number of the group with these `width` words, which is added if it was not there.
  // Throws std::bad_alloc, and std::length_error past 2^32 - 2 groups.
  std::uint32_t add(const std::uint64_t* words);

  std::size_t size() const { return size_; }
  std::size_t width() const { return width_; }
  const std::uint64_t* words(std::size_t group) const { return words_.begin() + group * width_; }
  // Forgets all groups and keeps the memory.
  void clear();

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = 0;  // group + 1; 0: free
  };

  void widen();

  std::size_t width_;
  std::size_t size_ = 0;
  Buffer<std::uint64_t> words_;
  std::vector<Slot> slots_;
};

}  // namespace fastlane::kernels::records
