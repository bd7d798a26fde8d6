// When stores go past the caches: large outputs in memory that is in use.
#include "kernels/streaming.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cstring>

namespace fastlane::kernels {
namespace {

class Mapping {
 public:
  explicit Mapping(std::size_t bytes)
      : bytes_(bytes),
        start_(mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { munmap(start_, bytes_); }

  std::byte* start() const { return static_cast<std::byte*>(start_); }

 private:
  std::size_t bytes_;
  void* start_;
};

TEST(Streaming, PaysForLargeMemoryInUse) {
  constexpr std::size_t kBytes = std::size_t{1} << 20;
  const Mapping memory(kBytes);
  ASSERT_NE(memory.start(), MAP_FAILED);
  const std::size_t large = streaming_threshold();
  EXPECT_FALSE(pays_to_stream_at(memory.start() + kBytes / 2, large));
  std::memset(memory.start(), 1, 64);  // as an allocator does
  EXPECT_FALSE(pays_to_stream_at(memory.start() + kBytes / 2, large));
  std::memset(memory.start(), 1, kBytes);
  EXPECT_TRUE(pays_to_stream_at(memory.start() + kBytes / 2, large));
  EXPECT_FALSE(pays_to_stream_at(memory.start() + kBytes / 2, large - 1));
}

TEST(Streaming, LooksAtTheMiddleOfAView) {
  constexpr std::ptrdiff_t kRows = 64;
  constexpr std::ptrdiff_t kColumns = 4096;
  const Mapping memory(kRows * kColumns);
  ASSERT_NE(memory.start(), MAP_FAILED);
  const std::ptrdiff_t shape[] = {kRows, kColumns};
  const std::ptrdiff_t backwards[] = {-kColumns, 1};
  const ArrayView view = {memory.start() + (kRows - 1) * kColumns, DType::uint8, 2, shape,
                          backwards};
  const std::size_t large = streaming_threshold();
  EXPECT_FALSE(pays_to_stream_into(view, large));
  std::memset(memory.start() + (kRows / 2 - 1) * kColumns, 1, kColumns);
  EXPECT_TRUE(pays_to_stream_into(view, large));
}

}  // namespace
}  // namespace fastlane::kernels
