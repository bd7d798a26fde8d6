// Every filter, alone and mixed, at every distance, in memory that ends where the rows end.
#include "kernels/image/unfilter.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/kernels/guarded_bytes.hpp"
#include "tests/kernels/image/png_maker.hpp"

namespace fastlane::kernels::image {
namespace {

using testing::ByteVector;
using testing::GuardedBytes;
using testing::Rows;

void expect_undone(const Rows& rows, std::size_t count, std::size_t row_bytes,
                   std::size_t distance) {
  GuardedBytes filtered(rows.filtered.size());
  std::copy(rows.filtered.begin(), rows.filtered.end(), filtered.at_end());
  GuardedBytes out(rows.plain.size());
  GuardedBytes above(row_bytes);
  std::fill_n(above.at_end(), row_bytes, std::byte{0});
  const FilteredRows view{filtered.at_end(), count, row_bytes, distance};
  ASSERT_EQ(unfilter(view, above.at_end(), out.at_end(), static_cast<std::ptrdiff_t>(row_bytes)),
            kAllRows);
  EXPECT_TRUE(std::equal(rows.plain.begin(), rows.plain.end(), out.at_end()))
      << count << " rows of " << row_bytes << ", distance " << distance;
}

TEST(Unfilter, UndoesEveryMixAtEveryDistance) {
  const std::vector<std::vector<unsigned>> mixes = {
      {0}, {1}, {2}, {3}, {4}, {0, 2}, {0, 1, 2, 3, 4}, {4, 4, 1, 3, 3, 2, 0, 4, 1}};
  for (const std::size_t distance : {1u, 2u, 3u, 4u, 6u, 8u}) {
    for (const std::size_t pixels : {1u, 3u, 64u, 65u, 79u, 131u}) {
      for (const std::size_t count : {1u, 4u, 16u, 33u}) {
        for (const auto& mix : mixes) {
          const std::size_t row_bytes = pixels * distance;
          expect_undone(testing::random_rows(count, row_bytes, distance, mix, 7), count, row_bytes,
                        distance);
        }
      }
    }
  }
}

TEST(Unfilter, TakesSmallDifferencesToo) {
  for (const unsigned most : {2u, 3u, 9u}) {
    expect_undone(testing::random_rows(48, 300, 3, {4, 3, 4, 4, 1}, most, most), 48, 300, 3);
  }
}

TEST(Unfilter, TakesRowsThatAreShorterThanAPixelsDistance) {
  expect_undone(testing::random_rows(5, 1, 1, {4, 1, 3}, 1), 5, 1, 1);
  expect_undone(testing::random_rows(5, 3, 8, {4, 1, 3}, 1), 5, 3, 8);
}

TEST(Unfilter, NamesTheFirstRowWhoseFilterDoesNotExist) {
  Rows rows = testing::random_rows(20, 9, 3, {1}, 1);
  rows.filtered[13 * 10] = std::byte{5};
  rows.filtered[17 * 10] = std::byte{255};
  ByteVector out(rows.plain.size());
  const ByteVector above(9);
  EXPECT_EQ(unfilter({rows.filtered.data(), 20, 9, 3}, above.data(), out.data(), 9), 13u);
  EXPECT_EQ(out, ByteVector(out.size()));
}

TEST(Unfilter, KeepsToItsRowsWhenTheyAreApart) {
  const Rows rows = testing::random_rows(32, 66 * 3, 3, {4, 1}, 3);
  constexpr std::size_t kStride = 66 * 3 + 5;
  ByteVector out(32 * kStride, std::byte{0xee});
  const ByteVector above(66 * 3);
  ASSERT_EQ(unfilter({rows.filtered.data(), 32, 66 * 3, 3}, above.data(), out.data(), kStride),
            kAllRows);
  for (std::size_t row = 0; row < 32; ++row) {
    const auto first = out.begin() + static_cast<std::ptrdiff_t>(row * kStride);
    EXPECT_TRUE(std::equal(first, first + 66 * 3,
                           rows.plain.begin() + static_cast<std::ptrdiff_t>(row * 66 * 3)));
    EXPECT_TRUE(std::all_of(first + 66 * 3, first + kStride,
                            [](std::byte byte) { return byte == std::byte{0xee}; }));
  }
}

}  // namespace
}  // namespace fastlane::kernels::image
