// Free lists by size class. Below a huge page there are four classes to each doubling, above it
// eight, in whole huge pages. A free block holds its own list entry, so giving back needs no
// memory.
#include "kernels/arena.hpp"

#include <pthread.h>
#include <sys/mman.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>

#include "kernels/memory_cap.hpp"

namespace fastlane::kernels {
namespace {

constexpr std::size_t kAlignment = 64;
constexpr std::size_t kLargestBlock = std::size_t{1} << 46;
constexpr std::size_t kClassesPerDoubling = 8;
constexpr std::size_t kClasses = 47 * kClassesPerDoubling;

struct SizeClass {
  std::size_t index;
  std::size_t capacity;
};

// Needs bytes <= kLargestBlock.
SizeClass size_class(std::size_t bytes) noexcept {
  if (bytes <= kAlignment) return {0, kAlignment};
  const auto doubling = static_cast<std::size_t>(std::bit_width(bytes - 1));
  const std::size_t base = std::size_t{1} << (doubling - 1);
  const std::size_t step =
      base < kHugePage ? std::max(base / 4, kAlignment) : std::max(base / 8, kHugePage);
  const std::size_t steps = (bytes - base + step - 1) / step;
  return {doubling * kClassesPerDoubling + steps - 1, base + steps * step};
}

void* map_huge(std::size_t capacity) noexcept {
  void* mapped = mmap(nullptr, capacity + kHugePage, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  const auto start = reinterpret_cast<std::uintptr_t>(mapped);
  const std::uintptr_t aligned = (start + kHugePage - 1) / kHugePage * kHugePage;
  if (aligned != start) munmap(mapped, aligned - start);
  if (const std::size_t tail = start + kHugePage - aligned; tail != 0) {
    munmap(reinterpret_cast<void*>(aligned + capacity), tail);
  }
  void* memory = reinterpret_cast<void*>(aligned);
  madvise(memory, capacity, MADV_HUGEPAGE);  // refused where the kernel has none: then small pages
  return memory;
}

void* take_from_system(std::size_t capacity) noexcept {
  if (capacity >= kHugePage) return map_huge(capacity);
  return std::aligned_alloc(kAlignment, capacity);
}

void give_to_system(void* memory, std::size_t capacity) noexcept {
  if (capacity >= kHugePage) {
    munmap(memory, capacity);
  } else {
    std::free(memory);
  }
}

// The coarse clock: a few nanoseconds, and milliseconds are enough to see idleness.
std::chrono::milliseconds now() noexcept {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return std::chrono::milliseconds(std::int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000);
}

// One lock for the books of all arenas: it is held for nanoseconds, and fork has one to hold.
constinit std::mutex books;

// At load, not at first use: a fork may come beside it.
[[maybe_unused]] const int fork_handlers =
    pthread_atfork([] { books.lock(); }, [] { books.unlock(); }, [] { books.unlock(); });

struct FreeBlock {
  FreeBlock* next;
  std::size_t capacity;
};

void give_all_to_system(FreeBlock* block) noexcept {
  while (block != nullptr) {
    FreeBlock* const next = block->next;
    give_to_system(block, block->capacity);
    block = next;
  }
}

}  // namespace

class ArenaCore {
 public:
  explicit ArenaCore(const ArenaOptions& options) noexcept
      : limit_(options.limit), idle_(options.idle), swept_(now()) {
    ceiling_ = std::min(limit_, memory_cap());
    held_limit_ = options.held_limit;
    if (held_limit_ == 0) held_limit_ = std::min(memory_cap() / 8, std::size_t{1} << 30);
  }
  ArenaCore(const ArenaCore&) = delete;
  ArenaCore& operator=(const ArenaCore&) = delete;
  ~ArenaCore() { trim(); }

  std::byte* allocate(std::size_t bytes) {
    if (bytes > kLargestBlock) throw std::bad_alloc();
    const SizeClass size = size_class(bytes);
    FreeBlock* surplus = nullptr;
    FreeBlock* recycled = nullptr;
    {
      const std::lock_guard lock(books);
      if (closed_) throw ArenaClosed();
      if (bytes > ceiling_ || stats_.bytes_in_use > ceiling_ - bytes) throw std::bad_alloc();
      stats_.bytes_in_use += bytes;
      stats_.peak = std::max(stats_.peak, stats_.bytes_in_use);
      recycled = pop(size.index);
      if (recycled == nullptr) {
        ++stats_.misses;
        while (stats_.bytes_held > ceiling_ - stats_.bytes_in_use) surplus = evict(surplus, 0);
      } else {
        ++stats_.hits;
      }
      surplus = sweep(surplus);
    }
    give_all_to_system(surplus);
    if (recycled != nullptr) return reinterpret_cast<std::byte*>(recycled);
    void* memory = take_from_system(size.capacity);
    if (memory == nullptr) {
      trim();  // what is held may be what is missing
      memory = take_from_system(size.capacity);
    }
    if (memory == nullptr) {
      const std::lock_guard lock(books);
      stats_.bytes_in_use -= bytes;
      throw std::bad_alloc();
    }
    return static_cast<std::byte*>(memory);
  }

  void give_back(std::byte* memory, std::size_t bytes) noexcept {
    const SizeClass size = size_class(bytes);
    FreeBlock* surplus = nullptr;
    {
      const std::lock_guard lock(books);
      stats_.bytes_in_use -= bytes;
      auto* const block = new (memory) FreeBlock{nullptr, size.capacity};
      if (closed_ || size.capacity > held_limit_) {
        surplus = block;
      } else {
        push(block, size.index);
        while (stats_.bytes_held > held_limit_) surplus = evict(surplus, size.index);
        surplus = sweep(surplus);
      }
    }
    give_all_to_system(surplus);
  }

  void trim() noexcept {
    FreeBlock* surplus = nullptr;
    {
      const std::lock_guard lock(books);
      while (stats_.bytes_held > 0) surplus = evict(surplus, 0);
    }
    give_all_to_system(surplus);
  }

  void close() noexcept {
    {
      const std::lock_guard lock(books);
      closed_ = true;
    }
    trim();
  }

  ArenaStats stats() const noexcept {
    const std::lock_guard lock(books);
    return stats_;
  }
  bool closed() const noexcept {
    const std::lock_guard lock(books);
    return closed_;
  }
  std::size_t limit() const noexcept { return limit_; }

 private:
  struct FreeList {
    FreeBlock* first = nullptr;
    std::uint32_t count = 0;
    std::uint32_t unused = 0;  // blocks that lay here all the time since the last sweep
  };

  // All below need `books` held.
  FreeBlock* pop(std::size_t index) noexcept {
    FreeList& list = lists_[index];
    FreeBlock* const block = list.first;
    if (block == nullptr) return nullptr;
    list.first = block->next;
    list.unused = std::min(list.unused, --list.count);
    stats_.bytes_held -= block->capacity;
    return block;
  }

  void push(FreeBlock* block, std::size_t index) noexcept {
    FreeList& list = lists_[index];
    block->next = list.first;
    list.first = block;
    ++list.count;
    stats_.bytes_held += block->capacity;
  }

  // Moves one held block to the chain: of the largest class that has one, `kept` last of all, since
  // its size is the one in demand. Needs bytes_held > 0.
  FreeBlock* evict(FreeBlock* chain, std::size_t kept) noexcept {
    std::size_t index = kClasses;
    while (index-- > 0) {
      if (index != kept && lists_[index].first != nullptr) break;
    }
    FreeBlock* const block = pop(index < kClasses ? index : kept);
    block->next = chain;
    return block;
  }

  FreeBlock* sweep(FreeBlock* chain) noexcept {
    const std::chrono::milliseconds time = now();
    if (time - swept_ < idle_) return chain;
    swept_ = time;
    for (std::size_t index = 0; index < kClasses; ++index) {
      FreeList& list = lists_[index];
      for (std::uint32_t unused = list.unused; unused > 0; --unused) {
        FreeBlock* const block = pop(index);
        block->next = chain;
        chain = block;
      }
      list.unused = list.count;
    }
    return chain;
  }

  std::array<FreeList, kClasses> lists_{};
  ArenaStats stats_;
  std::size_t limit_;
  std::size_t ceiling_ = 0;  // of bytes in use: the limit, or the memory there is
  std::size_t held_limit_ = 0;
  std::chrono::milliseconds idle_;
  std::chrono::milliseconds swept_;
  bool closed_ = false;
};

void Block::give_back() noexcept {
  if (data_ == nullptr) return;
  core_->give_back(std::exchange(data_, nullptr), std::exchange(bytes_, 0));
  core_.reset();
}

namespace {
Arena* const process_arena = new Arena();  // blocks may come back while the process ends
}

Arena::Arena(ArenaOptions options) : core_(std::make_shared<ArenaCore>(options)) {}

Block Arena::allocate(std::size_t bytes) { return Block(core_, core_->allocate(bytes), bytes); }
void Arena::trim() noexcept { core_->trim(); }
void Arena::close() noexcept { core_->close(); }
ArenaStats Arena::stats() const noexcept { return core_->stats(); }
std::size_t Arena::limit() const noexcept { return core_->limit(); }
bool Arena::closed() const noexcept { return core_->closed(); }

std::size_t arena_capacity(std::size_t bytes) noexcept { return size_class(bytes).capacity; }

Arena& default_arena() { return *process_arena; }

}  // namespace fastlane::kernels
