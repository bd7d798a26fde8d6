// CRC-32 against the definition, at every size, place and row; and what it leaves behind.
#include "kernels/bytes/crc32.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "kernels/bytes/crc32_fold.hpp"
#include "tests/kernels/guarded_bytes.hpp"

namespace fastlane::kernels {
namespace {

std::uint32_t crc32_by_definition(std::uint32_t value, std::span<const std::byte> bytes) {
  std::uint32_t state = ~value;
  for (std::byte byte : bytes) {
    state ^= static_cast<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) state = (state >> 1) ^ ((state & 1) != 0 ? 0xEDB88320u : 0);
  }
  return ~state;
}

void fill(std::span<std::byte> bytes) {
  std::uint32_t state = 12345;
  for (std::byte& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<std::byte>(state >> 24);
  }
}

std::vector<std::size_t> sizes() {
  std::vector<std::size_t> all;
  for (std::size_t size = 0; size < 700; ++size) all.push_back(size);
  for (std::size_t size : std::initializer_list<std::size_t>{2047, 2048, 2049, 2111, 2304, 4096,
                                                             16383, 16384, 16500, 70001}) {
    all.push_back(size);
  }
  return all;
}

TEST(Crc32, KnowsTheCheckValue) {
  Checkpoint checkpoint;
  const auto text = std::as_bytes(std::span("123456789", 9));
  EXPECT_EQ(crc32(0, text, checkpoint), 0xCBF43926u);
}

TEST(Crc32, ReadsNothingBeyondItsBytes) {
  Checkpoint checkpoint;
  for (std::size_t size : sizes()) {
    testing::GuardedBytes memory(size);
    for (auto bytes : {memory.ending<std::byte>(), memory.starting<std::byte>()}) {
      fill(bytes);
      EXPECT_EQ(crc32(77, bytes, checkpoint), crc32_by_definition(77, bytes)) << size;
    }
  }
}

TEST(Crc32, FoldsToTheSameValueAtEveryPlace) {
  if (!can_fold_crc32()) GTEST_SKIP() << "needs VPCLMULQDQ and the avx512 row";
  for (std::size_t size : sizes()) {
    if (size < kLeastFold) continue;
    testing::GuardedBytes memory(size + 64);
    for (std::size_t shift = 0; shift <= 64; shift += size < 700 ? 1 : 13) {
      const auto bytes = memory.ending<std::byte>().subspan(shift, size);
      fill(bytes);
      EXPECT_EQ(crc32_by_folding(99, bytes.data(), size), crc32_by_definition(99, bytes)) << size;
    }
  }
}

TEST(Crc32, ReadsStridesInTheOrderOfBytes) {
  Checkpoint checkpoint;
  std::vector<std::byte> memory(40000);
  fill(memory);
  const std::array<std::ptrdiff_t, 3> shape = {30, 5, 20};
  const std::array<std::ptrdiff_t, 3> strides = {-1000, 100, 3};
  const ArrayView view{memory.data() + 30000, DType::unsupported, 3, shape.data(), strides.data()};
  const StridedBytes bytes(view, 2);
  std::vector<std::byte> expected;
  for (std::ptrdiff_t i = 0; i < 30; ++i) {
    for (std::ptrdiff_t j = 0; j < 5; ++j) {
      for (std::ptrdiff_t k = 0; k < 20; ++k) {
        const std::byte* item = view.data - 1000 * i + 100 * j + 3 * k;
        expected.insert(expected.end(), item, item + 2);
      }
    }
  }
  ASSERT_EQ(bytes.size(), expected.size());
  EXPECT_EQ(crc32(5, bytes, checkpoint), crc32_by_definition(5, expected));
  for (std::size_t offset = 0; offset < 400; offset += 7) {
    for (std::size_t size : std::initializer_list<std::size_t>{0, 1, 2, 3, 39, 40, 41, 200, 1001}) {
      std::vector<std::byte> part(size);
      bytes.copy(offset, part);
      EXPECT_TRUE(std::equal(part.begin(), part.end(), expected.begin() + std::ptrdiff_t(offset)));
    }
  }
}

// Bit 2 of XINUSE: the upper halves of the vector registers hold something.
[[gnu::target("xsave")]] bool upper_halves_in_use() { return (__builtin_ia32_xgetbv(1) & 4) != 0; }

TEST(Crc32, LeavesTheVectorStateClean) {
  if (!__builtin_cpu_supports("avx512f")) GTEST_SKIP() << "needs a CPU with XGETBV(1)";
  Checkpoint checkpoint;
  std::vector<std::byte> memory(5000);
  for (std::size_t size :
       std::initializer_list<std::size_t>{1, 16, 100, 255, 256, 1000, 2048, 5000}) {
    crc32(0, std::span(memory).first(size), checkpoint);
    EXPECT_FALSE(upper_halves_in_use()) << size;
  }
}

TEST(Crc32, StopsWhenAsked) {
  std::vector<std::byte> memory(std::size_t{64} << 20);
  int asked = 0;
  Checkpoint checkpoint([](void* count) { throw ++*static_cast<int*>(count); }, &asked);
  const auto endless = [&] {
    for (int i = 0; i < 100000; ++i) crc32(0, memory, checkpoint);
  };
  EXPECT_THROW(endless(), int);
  EXPECT_EQ(asked, 1);
}

}  // namespace
}  // namespace fastlane::kernels
