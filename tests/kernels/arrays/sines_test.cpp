// sin(i) as float32, against the C library, with any stride.
#include "kernels/arrays/sines.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace fastlane::kernels {
namespace {

TEST(Sines, AreTheLibrarysRoundedOnce) {
  std::vector<float> values(20000, -9.0F);
  const std::ptrdiff_t length = 20000;
  const std::ptrdiff_t stride = sizeof(float);
  Checkpoint checkpoint;
  sines({reinterpret_cast<std::byte*>(values.data()), DType::float32, 1, &length, &stride},
        checkpoint);
  for (int i = 0; i < length; ++i) {
    const auto expected = static_cast<float>(std::sin(static_cast<double>(i)));
    ASSERT_EQ(values[static_cast<std::size_t>(i)], expected) << i;
  }
}

TEST(Sines, LeaveWhatLiesBetweenAlone) {
  std::vector<float> values(10, -9.0F);
  const std::ptrdiff_t length = 5;
  const std::ptrdiff_t stride = 2 * sizeof(float);
  Checkpoint checkpoint;
  sines({reinterpret_cast<std::byte*>(values.data()), DType::float32, 1, &length, &stride},
        checkpoint);
  EXPECT_EQ(values[1], -9.0F);
  EXPECT_EQ(values[2], static_cast<float>(std::sin(1.0)));
  EXPECT_EQ(values[9], -9.0F);
}

}  // namespace
}  // namespace fastlane::kernels
