// Recycles the memory of results: a fresh large block costs its page faults, a recycled one does
// not. Blocks come back from any thread, in any order, also after the arena is closed or gone.
// Large blocks are aligned to huge pages. An arena never touches what a block holds while it is
// out.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

namespace fastlane::kernels {

inline constexpr std::size_t kHugePage = std::size_t{2} << 20;

struct ArenaStats {
  std::uint64_t hits = 0;    // blocks that were recycled
  std::uint64_t misses = 0;  // blocks that were asked of the system
  std::size_t bytes_in_use = 0;
  std::size_t bytes_held = 0;  // kept for the next one who asks
  std::size_t peak = 0;        // of bytes_in_use
};

struct ArenaOptions {
  std::size_t limit = std::numeric_limits<std::size_t>::max();  // in use and held together
  std::size_t held_limit = 0;              // 0: an eighth of the memory there is, 1 GiB at most
  std::chrono::milliseconds idle{10'000};  // what nobody wanted for so long is given up
};

struct ArenaClosed : std::logic_error {
  ArenaClosed() : std::logic_error("the arena is closed") {}
};

class ArenaCore;

// Memory that goes back to its arena with `give_back` or the destructor. Its content is undefined.
class Block {
 public:
  Block() = default;
  Block(Block&& other) noexcept
      : core_(std::move(other.core_)),
        data_(std::exchange(other.data_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  Block& operator=(Block&& other) noexcept {
    if (this != &other) {
      give_back();
      core_ = std::move(other.core_);
      data_ = std::exchange(other.data_, nullptr);
      bytes_ = std::exchange(other.bytes_, 0);
    }
    return *this;
  }
  ~Block() { give_back(); }

  std::byte* data() const noexcept { return data_; }
  std::size_t bytes() const noexcept { return bytes_; }  // as asked for
  void give_back() noexcept;

 private:
  friend class Arena;
  Block(std::shared_ptr<ArenaCore> core, std::byte* data, std::size_t bytes) noexcept
      : core_(std::move(core)), data_(data), bytes_(bytes) {}

  std::shared_ptr<ArenaCore> core_;
  std::byte* data_ = nullptr;
  std::size_t bytes_ = 0;
};

class Arena {
 public:
  explicit Arena(ArenaOptions options = {});
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { close(); }

  // At least 64-byte aligned, from 2 MiB up aligned to huge pages; zero bytes are a block too.
  // Throws std::bad_alloc past the limit or when there is no memory, ArenaClosed after `close`.
  Block allocate(std::size_t bytes);

  // Gives the system back what is held. Blocks in use stay as they are.
  void trim() noexcept;
  // No more blocks; those in use go straight to the system when they come back.
  void close() noexcept;

  ArenaStats stats() const noexcept;
  std::size_t limit() const noexcept;
  bool closed() const noexcept;

 private:
  std::shared_ptr<ArenaCore> core_;
};

// What a block of `bytes` occupies: at most a quarter more, or one line or huge page more.
// Needs bytes below 2^46.
std::size_t arena_capacity(std::size_t bytes) noexcept;

// The arena of all large results whose caller names none. Never destroyed.
Arena& default_arena();

}  // namespace fastlane::kernels
