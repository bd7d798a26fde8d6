// describe against references in long double, in every CPU row.
#include "kernels/arrays/describe.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/runs.hpp"
#include "tests/kernels/strided_array.hpp"

namespace fastlane::kernels {
namespace {

using testing::random_layout;
using testing::random_shape;
using testing::StridedArray;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Reference {
  explicit Reference(const std::vector<double>& values) {
    const auto count = static_cast<long double>(values.size());
    long double total = 0;
    long double offsets = 0;
    for (const double value : values) {
      total += value;
      offsets += static_cast<long double>(value) - values[0];
    }
    mean = values[0] + offsets / count;
    long double squares = 0;
    for (const double value : values) {
      const long double deviates = static_cast<long double>(value) - values[0] - offsets / count;
      squares += deviates * deviates;
      magnitude += std::fabs(static_cast<long double>(value)) / count;
    }
    deviation = std::sqrt(squares / count);
    sum = total;
    min = *std::min_element(values.begin(), values.end());
    max = *std::max_element(values.begin(), values.end());
  }

  long double mean = 0;
  long double deviation = 0;
  long double sum = 0;
  long double magnitude = 0;
  double min = 0;
  double max = 0;
};

class DescribeEachRow : public ::testing::TestWithParam<const DescribeRow*> {
 protected:
  const DescribeRow& row() { return *GetParam(); }
  void SetUp() override {
    if (!cpu::runs_here(row().level)) GTEST_SKIP() << "this CPU has no " << name_of(row().level);
  }

  Description described(const std::vector<double>& values) {
    StridedArray<double> array({{static_cast<std::ptrdiff_t>(values.size())}, {}, {}});
    array.fill(values);
    Checkpoint checkpoint;
    return describe(array.view(), checkpoint, 1, row());
  }
};

std::vector<const DescribeRow*> all_rows() {
  std::vector<const DescribeRow*> rows;
  for (const DescribeRow& row : describe_rows()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Rows, DescribeEachRow, ::testing::ValuesIn(all_rows()),
                         [](const auto& test) {
                           return std::string(cpu::name_of(test.param->level));
                         });

void expect_close(const Description& found, const std::vector<double>& values, double tolerance) {
  const Reference expected(values);
  ASSERT_EQ(found.count, values.size());
  ASSERT_EQ(found.min, expected.min);
  ASSERT_EQ(found.max, expected.max);
  ASSERT_NEAR(found.mean, static_cast<double>(expected.mean),
              static_cast<double>(expected.magnitude) * 1e-14);
  ASSERT_NEAR(found.standard_deviation, static_cast<double>(expected.deviation),
              static_cast<double>(expected.deviation) * tolerance);
}

TEST_P(DescribeEachRow, AgreesWithLongDoubleForEveryLayout) {
  std::mt19937_64 random(11);
  std::normal_distribution<double> normal;
  for (int round = 0; round < 300; ++round) {
    StridedArray<double> array(
        random_layout(random, random_shape(random, round % 10 == 0 ? 60000 : 4000), false));
    if (array.size() == 0) continue;
    std::vector<double> values(array.size());
    for (double& value : values) value = normal(random) * 7 - 3;
    array.fill(values);
    Checkpoint checkpoint;
    const Description found = describe(array.view(), checkpoint, 1, row());
    expect_close(found, array.values(), 1e-12);
    ASSERT_NEAR(found.sum, sum_floats(array.view(), checkpoint), std::fabs(found.sum) * 1e-13);
  }
}

TEST_P(DescribeEachRow, IsStableForLargeMeans) {
  std::mt19937_64 random(12);
  std::normal_distribution<double> normal;
  for (const std::size_t size : {100U, 2048U, 5000U, 1000000U}) {
    std::vector<double> values(size);
    for (double& value : values) value = 1e9 + 1e-3 * normal(random);
    expect_close(described(values), values, 1e-10);
    for (double& value : values) value = 1e15 + normal(random);
    expect_close(described(values), values, 1e-10);
  }
}

TEST_P(DescribeEachRow, IsStableForLevelsThatJump) {
  std::mt19937_64 random(13);
  std::normal_distribution<double> normal;
  std::vector<double> values(100000);
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = static_cast<double>(i / 30000) * 1e9 + 1e-3 * normal(random);
  }
  expect_close(described(values), values, 1e-12);
}

TEST_P(DescribeEachRow, FindsNoDeviationAmongEqualElements) {
  for (const double value : {0.1, -3e300, 1e-310, 0.0}) {
    for (const std::size_t size : {1U, 2U, 17U, 2048U, 9999U}) {
      const Description found = described(std::vector<double>(size, value));
      EXPECT_LE(found.standard_deviation, std::fabs(value) * 1e-15);
      EXPECT_EQ(found.min, value);
      EXPECT_EQ(found.max, value);
      EXPECT_NEAR(found.mean, value, std::fabs(value) * 1e-15);
    }
  }
}

TEST_P(DescribeEachRow, PropagatesNaN) {
  for (const std::size_t size : {1U, 40U, 5000U}) {
    for (const std::size_t place : {std::size_t{0}, size / 2, size - 1}) {
      std::vector<double> values(size, 2.0);
      values[place] = kNaN;
      const Description found = described(values);
      EXPECT_EQ(found.count, size);
      EXPECT_TRUE(std::isnan(found.min));
      EXPECT_TRUE(std::isnan(found.max));
      EXPECT_TRUE(std::isnan(found.mean));
      EXPECT_TRUE(std::isnan(found.sum));
      EXPECT_TRUE(std::isnan(found.standard_deviation));
    }
  }
}

TEST_P(DescribeEachRow, KeepsExtremesBesideInfinities) {
  for (const std::size_t size : {3U, 5000U}) {
    std::vector<double> values(size, 2.0);
    values[size / 2] = kInfinity;
    Description found = described(values);
    EXPECT_EQ(found.min, 2.0);
    EXPECT_EQ(found.max, kInfinity);
    EXPECT_EQ(found.mean, kInfinity);
    EXPECT_EQ(found.sum, kInfinity);
    EXPECT_TRUE(std::isnan(found.standard_deviation));
    values[0] = -kInfinity;
    found = described(values);
    EXPECT_EQ(found.min, -kInfinity);
    EXPECT_EQ(found.max, kInfinity);
    EXPECT_TRUE(std::isnan(found.mean));
  }
}

TEST_P(DescribeEachRow, GivesTheSameBitsAsTheOtherRows) {
  std::mt19937_64 random(14);
  std::normal_distribution<double> normal;
  for (int round = 0; round < 100; ++round) {
    StridedArray<double> array(random_layout(random, random_shape(random, 20000), false));
    if (array.size() == 0) continue;
    std::vector<double> values(array.size());
    for (double& value : values) value = normal(random);
    array.fill(values);
    Checkpoint checkpoint;
    const Description found = describe(array.view(), checkpoint, 1, row());
    const Description baseline = describe(array.view(), checkpoint, 1, describe_rows().back());
    ASSERT_EQ(found.mean, baseline.mean);
    ASSERT_EQ(found.standard_deviation, baseline.standard_deviation);
  }
}

TEST_P(DescribeEachRow, JoinsParts) {
  std::mt19937_64 random(15);
  std::normal_distribution<double> normal;
  StridedArray<double> array({{30000}, {}, {}});
  std::vector<double> values(30000);
  for (double& value : values) value = 1e6 + normal(random);
  array.fill(values);
  Checkpoint checkpoint;
  DescriptionParts all;
  for (const std::ptrdiff_t first : {0, 10000, 20000}) {
    DescriptionParts parts;
    const Slab slab(array.view(), 0, first, 10000);
    add_to_description(parts, slab.view(), checkpoint, row());
    all.join(parts);
  }
  expect_close(all.description(DType::float64), values, 1e-12);
}

template <class T>
void describes_as_double(const DescribeRow& row) {
  using Stored = typename StridedArray<T>::Stored;
  std::mt19937_64 random(16);
  for (int round = 0; round < 80; ++round) {
    StridedArray<T> array(random_layout(random, random_shape(random, 5000), false));
    if (array.size() == 0) continue;
    std::vector<T> values(array.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if constexpr (std::is_floating_point_v<T>) {
        values[i] = static_cast<T>(random() % 1000) / T{7};
      } else {
        values[i] = static_cast<T>(static_cast<Stored>(random()));
      }
    }
    array.fill(values);
    values = array.values();
    Checkpoint checkpoint;
    const Description found = describe(array.view(), checkpoint, 1, row);
    const Reference expected(std::vector<double>(values.begin(), values.end()));
    const auto deviation = static_cast<double>(expected.deviation);
    ASSERT_EQ(found.min, expected.min) << name_of(dtype_of<T>());
    ASSERT_EQ(found.max, expected.max);
    ASSERT_NEAR(found.mean, static_cast<double>(expected.mean),
                static_cast<double>(expected.magnitude) * 1e-13);
    ASSERT_NEAR(found.standard_deviation, deviation,
                deviation * 1e-12 + static_cast<double>(expected.magnitude) * 1e-16);
    ASSERT_EQ(found.is_exact, !std::is_floating_point_v<T>);
    if constexpr (!std::is_floating_point_v<T>) {
      const T low = *std::min_element(values.begin(), values.end());
      const T high = *std::max_element(values.begin(), values.end());
      ASSERT_EQ(found.exact_min.lo, static_cast<std::uint64_t>(low));
      ASSERT_EQ(found.exact_min.hi, std::is_signed_v<T> && low < T{} ? -1 : 0);
      ASSERT_EQ(found.exact_max.lo, static_cast<std::uint64_t>(high));
      ASSERT_EQ(found.exact_sum, sum_integers(array.view(), checkpoint));
    }
  }
}

TEST_P(DescribeEachRow, DescribesEveryType) {
  describes_as_double<bool>(row());
  describes_as_double<std::int8_t>(row());
  describes_as_double<std::int16_t>(row());
  describes_as_double<std::int32_t>(row());
  describes_as_double<std::int64_t>(row());
  describes_as_double<std::uint8_t>(row());
  describes_as_double<std::uint16_t>(row());
  describes_as_double<std::uint32_t>(row());
  describes_as_double<std::uint64_t>(row());
  describes_as_double<float>(row());
}

}  // namespace
}  // namespace fastlane::kernels
