// An array whose length is known when it is made. Short ones lie within the object, so that a small
// expression asks nobody for memory; what the elements hold at first is not defined.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

namespace fastlane::kernels::expression {

template <class T, std::size_t kShort>
class ShortArray {
 public:
  // Allocates when size > kShort. NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
  explicit ShortArray(std::size_t size) : size_(size) {
    if (size <= kShort) return;
    long_ = std::make_unique_for_overwrite<T[]>(size);
    items_ = long_.get();
  }
  ShortArray(const ShortArray&) = delete;
  ShortArray& operator=(const ShortArray&) = delete;

  T& operator[](std::size_t index) { return items_[index]; }
  const T& operator[](std::size_t index) const { return items_[index]; }
  std::size_t size() const { return size_; }
  T* begin() { return items_; }
  T* end() { return items_ + size_; }
  const T* begin() const { return items_; }
  const T* end() const { return items_ + size_; }

 private:
  std::size_t size_;
  std::array<T, kShort> short_;
  std::unique_ptr<T[]> long_;
  T* items_ = short_.data();
};

}  // namespace fastlane::kernels::expression
