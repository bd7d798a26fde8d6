// subtract_saturating: all values and amounts, every layout, every CPU row.
#include "kernels/arrays/subtract_saturating.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/kernels/strided_array.hpp"

namespace fastlane::kernels {
namespace {

using testing::random_layout;
using testing::random_shape;
using testing::StridedArray;

std::vector<std::uint8_t> reference(std::vector<std::uint8_t> values, int amount) {
  for (std::uint8_t& value : values) value = static_cast<std::uint8_t>(std::max(value - amount, 0));
  return values;
}

TEST(SubtractSaturating, HandlesEveryValueAmountAndLayout) {
  for (const SubtractSaturatingRow& row : subtract_saturating_rows()) {
    if (!cpu::runs_here(row.level)) continue;
    std::mt19937_64 random(41);
    Checkpoint checkpoint;
    for (int amount = 0; amount < 256; ++amount) {
      StridedArray<std::uint8_t> array({{256}, {}, {}, 3});
      std::vector<std::uint8_t> values(256);
      for (std::size_t i = 0; i < 256; ++i) values[i] = static_cast<std::uint8_t>(i);
      array.fill(values);
      subtract_saturating(array.view(), static_cast<std::uint8_t>(amount), checkpoint, row);
      ASSERT_EQ(array.values(), reference(values, amount));
      ASSERT_TRUE(array.gaps_untouched());
    }
    for (int round = 0; round < 300; ++round) {
      StridedArray<std::uint8_t> array(
          random_layout(random, random_shape(random, round % 30 == 0 ? 600000 : 2000), true));
      std::vector<std::uint8_t> values(array.size());
      for (std::uint8_t& value : values) value = static_cast<std::uint8_t>(random());
      array.fill(values);
      subtract_saturating(array.view(), 8, checkpoint, row);
      ASSERT_EQ(array.values(), reference(values, 8));
      ASSERT_TRUE(array.gaps_untouched());
    }
  }
}

}  // namespace
}  // namespace fastlane::kernels
