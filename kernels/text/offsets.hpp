// A list of positions that grows while a kernel finds them, in memory that realloc can stretch
// without copying and that free gives back: it becomes the memory of an array in the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <utility>

namespace fastlane::kernels::text {

class Offsets {
 public:
  Offsets() = default;
  Offsets(const Offsets&) = delete;
  Offsets& operator=(const Offsets&) = delete;
  ~Offsets() { std::free(data_); }

  std::size_t size() const noexcept { return size_; }
  const std::int64_t* data() const noexcept { return data_; }
  std::int64_t operator[](std::size_t index) const noexcept { return data_[index]; }

  // Room for `more` entries behind the last; they count once `grow` says how many were written.
  // Throws bad_alloc.
  std::int64_t* room(std::size_t more) {
    if (capacity_ - size_ < more) stretch(size_ + more);
    return data_ + size_;
  }
  void grow(std::size_t written) noexcept { size_ += written; }

  void push(std::size_t offset) {
    *room(1) = static_cast<std::int64_t>(offset);
    ++size_;
  }

  // Gives back what growing took in advance. Never fails.
  void trim() noexcept {
    if (capacity_ - size_ < size_ / 8 + kLeast) return;
    void* smaller = std::realloc(data_, (size_ + 1) * sizeof(std::int64_t));
    if (smaller == nullptr) return;
    data_ = static_cast<std::int64_t*>(smaller);
    capacity_ = size_ + 1;
  }

  // The caller frees it with std::free; null when nothing was ever pushed.
  [[nodiscard]] std::int64_t* transfer() noexcept {
    size_ = 0;
    capacity_ = 0;
    return std::exchange(data_, nullptr);
  }

 private:
  static constexpr std::size_t kLeast = 512;

  void stretch(std::size_t least) {
    const std::size_t wanted = least + least / 2 + kLeast;
    void* larger = std::realloc(data_, wanted * sizeof(std::int64_t));
    if (larger == nullptr) throw std::bad_alloc();
    data_ = static_cast<std::int64_t*>(larger);
    capacity_ = wanted;
  }

  std::int64_t* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace fastlane::kernels::text
