// The overlap decision against sets of addresses written out one by one.
#include "kernels/overlap.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <set>
#include <vector>

namespace fastlane::kernels {
namespace {

constexpr std::uintptr_t kBase = 1 << 20;

struct Strided {
  std::ptrdiff_t offset = 0;
  std::size_t item_size = 1;
  std::vector<std::ptrdiff_t> shape;
  std::vector<std::ptrdiff_t> strides;

  Layout layout() const {
    return {reinterpret_cast<const void*>(kBase + static_cast<std::uintptr_t>(offset)), item_size,
            static_cast<int>(shape.size()), shape.data(), strides.data()};
  }

  std::vector<std::ptrdiff_t> elements() const {
    std::vector<std::ptrdiff_t> addresses{offset};
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
      std::vector<std::ptrdiff_t> longer;
      for (std::ptrdiff_t start : addresses) {
        for (std::ptrdiff_t i = 0; i < shape[axis]; ++i) {
          longer.push_back(start + i * strides[axis]);
        }
      }
      addresses = std::move(longer);
    }
    return addresses;
  }

  std::set<std::ptrdiff_t> bytes() const {
    std::set<std::ptrdiff_t> all;
    for (std::ptrdiff_t start : elements()) {
      for (std::size_t byte = 0; byte < item_size; ++byte) {
        all.insert(start + static_cast<std::ptrdiff_t>(byte));
      }
    }
    return all;
  }
};

Strided random_layout(std::mt19937_64& random, int max_ndim, int max_length, int max_stride) {
  const auto between = [&](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  Strided result;
  result.offset = between(-40, 40);
  constexpr std::size_t kItemSizes[] = {1, 1, 2, 3, 4, 8};
  result.item_size = kItemSizes[between(0, 5)];
  const int ndim = between(0, max_ndim);
  for (int axis = 0; axis < ndim; ++axis) {
    result.shape.push_back(between(between(0, 9) == 0 ? 0 : 1, max_length));
    result.strides.push_back(between(-max_stride, max_stride));
  }
  return result;
}

Overlap expected_overlap(const Strided& a, const Strided& b) {
  const auto bytes = a.bytes();
  for (std::ptrdiff_t byte : b.bytes()) {
    if (bytes.contains(byte)) return Overlap::overlapping;
  }
  return Overlap::disjoint;
}

Overlap expected_within(const Strided& a) {
  std::set<std::ptrdiff_t> seen;
  for (std::ptrdiff_t start : a.elements()) {
    for (std::size_t byte = 0; byte < a.item_size; ++byte) {
      if (!seen.insert(start + static_cast<std::ptrdiff_t>(byte)).second) {
        return Overlap::overlapping;
      }
    }
  }
  return Overlap::disjoint;
}

TEST(Overlap, EqualsWrittenOutSetsOnRandomPairs) {
  std::mt19937_64 random(7);
  int disjoint = 0;
  for (int round = 0; round < 30000; ++round) {
    const Strided a = random_layout(random, 3, 4, 60);
    const Strided b = random_layout(random, 3, 4, 60);
    const Overlap expected = expected_overlap(a, b);
    ASSERT_EQ(overlap(a.layout(), b.layout()), expected) << "round " << round;
    ASSERT_EQ(overlap(b.layout(), a.layout()), expected) << "round " << round;
    disjoint += expected == Overlap::disjoint ? 1 : 0;
  }
  EXPECT_GT(disjoint, 3000);
  EXPECT_LT(disjoint, 27000);
}

TEST(Overlap, EqualsWrittenOutSetsWithinOneLayout) {
  std::mt19937_64 random(8);
  int disjoint = 0;
  for (int round = 0; round < 30000; ++round) {
    const Strided a = random_layout(random, 4, 4, 90);
    const Overlap expected = expected_within(a);
    ASSERT_EQ(overlap_within(a.layout()), expected) << "round " << round;
    disjoint += expected == Overlap::disjoint ? 1 : 0;
  }
  EXPECT_GT(disjoint, 3000);
  EXPECT_LT(disjoint, 27000);
}

TEST(Overlap, FootprintHoldsTheSameBytes) {
  std::mt19937_64 random(9);
  for (int round = 0; round < 5000; ++round) {
    const Strided a = random_layout(random, 4, 4, 40);
    const auto bytes = a.bytes();
    const Footprint set = footprint(a.layout());
    ASSERT_EQ(set.empty(), bytes.empty());
    if (bytes.empty()) continue;
    Strided simple;
    simple.offset = static_cast<std::ptrdiff_t>(set.low - kBase);
    simple.item_size = static_cast<std::size_t>(set.run);
    for (int i = 0; i < set.ndim; ++i) {
      simple.shape.push_back(set.axes[static_cast<std::size_t>(i)].steps + 1);
      simple.strides.push_back(set.axes[static_cast<std::size_t>(i)].stride);
    }
    ASSERT_EQ(simple.bytes(), bytes);
    ASSERT_EQ(set.high, kBase + static_cast<std::uintptr_t>(*bytes.rbegin() + 1));
  }
}

TEST(Overlap, ChannelsOfAPictureAreDisjoint) {
  for (const std::ptrdiff_t item : {1, 4, 8}) {
    const std::vector<std::ptrdiff_t> shape{2160, 3840};
    const std::vector<std::ptrdiff_t> strides{3840 * 3 * item, 3 * item};
    const Strided red{0, static_cast<std::size_t>(item), shape, strides};
    const Strided green{item, static_cast<std::size_t>(item), shape, strides};
    const Strided all{
        0, static_cast<std::size_t>(item), {2160, 3840, 3}, {strides[0], strides[1], item}};
    EXPECT_EQ(overlap(red.layout(), green.layout(), 16), Overlap::disjoint);
    EXPECT_EQ(overlap(red.layout(), red.layout(), 16), Overlap::overlapping);
    EXPECT_EQ(overlap(all.layout(), green.layout(), 16), Overlap::overlapping);
    EXPECT_EQ(overlap_within(all.layout(), 0), Overlap::disjoint);
    EXPECT_EQ(footprint(all.layout()).ndim, 0);
  }
}

TEST(Overlap, ChannelsWithDifferentStepsAreDisjointAtAnySize) {
  const std::ptrdiff_t rows = std::ptrdiff_t{1} << 40;
  const Strided every_second{0, 8, {rows / 2}, {32}};
  const Strided other_channel{8, 8, {rows}, {16}};
  const Strided same_channel{16, 8, {rows / 2}, {32}};
  EXPECT_EQ(overlap(every_second.layout(), other_channel.layout()), Overlap::disjoint);
  EXPECT_EQ(overlap(every_second.layout(), same_channel.layout()), Overlap::disjoint);
}

TEST(Overlap, ItemSizeCounts) {
  const Strided even_numbers{0, 8, {50}, {16}};
  const Strided bytes_at_four{4, 1, {50}, {16}};
  const Strided second_number{8, 8, {1}, {8}};
  EXPECT_EQ(overlap(even_numbers.layout(), bytes_at_four.layout()), Overlap::overlapping);
  EXPECT_EQ(overlap(even_numbers.layout(), second_number.layout()), Overlap::disjoint);
}

TEST(Overlap, ZeroStrideMeetsItself) {
  const Strided broadcast{0, 8, {5}, {0}};
  const Strided one{0, 8, {1}, {0}};
  const Strided none{0, 8, {0, 5}, {0, 0}};
  const Strided window{0, 8, {4, 3}, {8, 8}};
  EXPECT_TRUE(overlaps_itself(broadcast.layout()));
  EXPECT_TRUE(overlaps_itself(window.layout()));
  EXPECT_FALSE(overlaps_itself(one.layout()));
  EXPECT_FALSE(overlaps_itself(none.layout()));
  EXPECT_FALSE(overlaps(none.layout(), broadcast.layout()));
}

TEST(Overlap, SixtyFourAxes) {
  Strided a{0, 1, std::vector<std::ptrdiff_t>(64, 2), {}};
  for (int axis = 0; axis < 64; ++axis) a.strides.push_back(std::ptrdiff_t{3} << (axis % 40));
  Strided b = a;
  b.offset = 1;
  EXPECT_EQ(overlap(a.layout(), b.layout()), Overlap::disjoint);
  b.offset = 3;
  EXPECT_EQ(overlap(a.layout(), b.layout()), Overlap::overlapping);
  EXPECT_TRUE(overlaps_itself(a.layout()));
}

TEST(Overlap, StridesBeyondTheAddressSpaceMeetEverything) {
  const Strided small{0, 8, {4}, {8}};
  for (const std::ptrdiff_t stride : {PTRDIFF_MAX, PTRDIFF_MIN, PTRDIFF_MIN + 1, PTRDIFF_MAX / 3}) {
    const Strided wild{0, 8, {5, 5}, {stride, stride / 3}};
    EXPECT_EQ(overlap(small.layout(), wild.layout()), Overlap::undecided);
    EXPECT_NE(overlap_within(wild.layout()), Overlap::disjoint);
  }
  const Strided single{0, 8, {1, 4}, {PTRDIFF_MIN, 8}};
  EXPECT_EQ(overlap(small.layout(), single.layout()), Overlap::overlapping);
}

TEST(Overlap, WorkIsBounded) {
  // Coefficients without common structure: finding out by search alone would take hours.
  std::mt19937_64 random(10);
  int undecided = 0;
  for (int round = 0; round < 50; ++round) {
    Strided a{0, 1, {}, {}};
    Strided b{0, 1, {}, {}};
    for (int axis = 0; axis < 20; ++axis) {
      std::uniform_int_distribution<std::ptrdiff_t> stride(1'000'000'000, 9'000'000'000);
      a.shape.push_back(3);
      b.shape.push_back(3);
      a.strides.push_back(2 * stride(random));
      b.strides.push_back(-2 * stride(random));
    }
    b.offset = 50'000'000'002;
    undecided += overlap(a.layout(), b.layout(), 1000) == Overlap::undecided ? 1 : 0;
    EXPECT_EQ(overlap(a.layout(), b.layout(), 0), Overlap::undecided);
  }
  EXPECT_GT(undecided, 0);
}

TEST(Overlap, CopiedFootprintDecidesAlike) {
  const Strided a{0, 4, {5, 7}, {100, 12}};
  const Strided b{4, 4, {5, 7}, {100, 12}};
  const Footprint first = footprint(a.layout());
  Footprint copy;
  copy = first;
  EXPECT_EQ(overlap(copy, footprint(b.layout())), Overlap::disjoint);
  EXPECT_EQ(overlap(copy, first), Overlap::overlapping);
}

}  // namespace
}  // namespace fastlane::kernels
