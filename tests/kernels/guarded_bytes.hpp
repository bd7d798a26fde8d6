// Memory that ends where its page ends, with an unmapped page behind it and one before it: a kernel
// that reads a byte too far dies at once.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <span>

namespace fastlane::testing {

class GuardedBytes {
 public:
  explicit GuardedBytes(std::size_t size) : size_(size) {
    page_ = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    inner_ = (size + page_ - 1) / page_ * page_;
    void* memory = mmap(nullptr, inner_ + 2 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    base_ = static_cast<std::byte*>(memory);
    if (inner_ != 0 && mprotect(base_ + page_, inner_, PROT_READ | PROT_WRITE) != 0) std::abort();
  }
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;
  ~GuardedBytes() { munmap(base_, inner_ + 2 * page_); }

  // `size` bytes that end right before the unmapped page.
  std::byte* at_end() { return base_ + page_ + inner_ - size_; }
  // `size` bytes that begin right behind the unmapped page.
  std::byte* at_start() { return base_ + page_; }

  template <class T>
  std::span<T> ending() {
    return {reinterpret_cast<T*>(at_end()), size_ / sizeof(T)};
  }
  template <class T>
  std::span<T> starting() {
    return {reinterpret_cast<T*>(at_start()), size_ / sizeof(T)};
  }

 private:
  std::size_t size_;
  std::size_t page_ = 0;
  std::size_t inner_ = 0;
  std::byte* base_ = nullptr;
};

}  // namespace fastlane::testing
