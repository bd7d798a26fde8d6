// A growable array of trivial values that is never filled with zeros first.
// Large ones grow by moving pages, not bytes, and ask for huge pages; the owner may take the memory
// out and free it with std::free. Not a container: no element is ever constructed or destroyed.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

namespace fastlane::kernels::records {

template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer(Buffer&& other) noexcept
      : items_(std::exchange(other.items_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  Buffer& operator=(Buffer&& other) noexcept {
    std::swap(items_, other.items_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
    return *this;
  }
  ~Buffer() { std::free(items_); }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T* begin() { return items_; }
  T* end() { return items_ + size_; }
  const T* begin() const { return items_; }
  const T* end() const { return items_ + size_; }
  T& operator[](std::size_t index) { return items_[index]; }
  const T& operator[](std::size_t index) const { return items_[index]; }

  void clear() { size_ = 0; }

  // Room for `spare` more items after the present ones. Throws std::bad_alloc.
  void reserve(std::size_t spare) {
    if (spare <= capacity_ - size_) return;
    grow(spare);
  }

  // The same as far as there is memory; what is not there now may be there when it is needed.
  void expect(std::size_t spare) noexcept {
    try {
      reserve(spare);
    } catch (const std::bad_alloc&) {
    }
  }

  // `count` more items of undefined value; returns the first.
  T* extend(std::size_t count) {
    reserve(count);
    T* first = items_ + size_;
    size_ += count;
    return first;
  }

  void append(const T* items, std::size_t count) {
    if (count == 0) return;
    std::memcpy(static_cast<void*>(extend(count)), items, count * sizeof(T));
  }

  void push_back(T item) { *extend(1) = item; }

  // Sets the size, which is at most what was reserved.
  void resize(std::size_t size) { size_ = size; }

  // Gives back what lies behind the last item; keeps one item so that the memory is never null.
  void trim() {
    const std::size_t kept = size_ == 0 ? 1 : size_;
    if (kept == capacity_) return;
    void* moved = std::realloc(static_cast<void*>(items_), kept * sizeof(T));
    if (moved == nullptr) {
      if (items_ == nullptr) throw std::bad_alloc();
      return;
    }
    items_ = static_cast<T*>(moved);
    capacity_ = kept;
  }

  // The memory, which the caller ends with std::free; the buffer is empty afterwards.
  T* transfer() {
    size_ = 0;
    capacity_ = 0;
    return std::exchange(items_, nullptr);
  }

 private:
  static constexpr std::size_t kHugePage = std::size_t{2} << 20;

  void grow(std::size_t spare) {
    constexpr std::size_t kLimit =
        static_cast<std::size_t>(std::numeric_limits<std::ptrdiff_t>::max()) / sizeof(T);
    if (spare > kLimit - size_) throw std::bad_alloc();
    const std::size_t doubled = capacity_ > kLimit / 2 ? kLimit : capacity_ * 2;
    std::size_t wanted = size_ + spare;
    if (wanted < doubled) wanted = doubled;
    if (wanted < 64 / sizeof(T) + 1) wanted = 64 / sizeof(T) + 1;
    void* moved = std::realloc(static_cast<void*>(items_), wanted * sizeof(T));
    if (moved == nullptr) throw std::bad_alloc();
    items_ = static_cast<T*>(moved);
    capacity_ = wanted;
    advise();
  }

  // A fresh large block costs its page faults; huge pages make them fewer. Refusal does no harm.
  void advise() {
    if (capacity_ * sizeof(T) < 2 * kHugePage) return;
    const auto address = reinterpret_cast<std::uintptr_t>(items_);
    const std::uintptr_t first = (address + kHugePage - 1) & ~(kHugePage - 1);
    const std::uintptr_t last = (address + capacity_ * sizeof(T)) & ~(kHugePage - 1);
    if (first < last) {
      static_cast<void>(::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE));
    }
  }

  T* items_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace fastlane::kernels::records
