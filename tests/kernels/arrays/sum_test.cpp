// Sums against exact references, in every CPU row, for every layout.
#include "kernels/arrays/sum.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/kernels/strided_array.hpp"

namespace fastlane::kernels {
namespace {

using testing::random_layout;
using testing::random_shape;
using testing::StridedArray;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The sum without rounding, as a list of doubles that do not overlap (Shewchuk).
double exact_sum(const std::vector<double>& values) {
  std::vector<double> parts;
  for (double value : values) {
    std::size_t kept = 0;
    for (double part : parts) {
      if (std::fabs(value) < std::fabs(part)) std::swap(value, part);
      const double high = value + part;
      const double low = part - (high - value);
      if (low != 0) parts[kept++] = low;
      value = high;
    }
    parts.resize(kept);
    parts.push_back(value);
  }
  long double total = 0;
  for (std::size_t i = parts.size(); i-- > 0;) total += parts[i];
  return static_cast<double>(total);
}

double sum_of(std::vector<double> values, const SumRow& row) {
  StridedArray<double> array({{static_cast<std::ptrdiff_t>(values.size())}, {}, {}});
  array.fill(values);
  Checkpoint checkpoint;
  return sum_floats(array.view(), checkpoint, 1, row);
}

class SumEachRow : public ::testing::TestWithParam<const SumRow*> {
 protected:
  const SumRow& row() { return *GetParam(); }
  void SetUp() override {
    if (!cpu::runs_here(row().level)) GTEST_SKIP() << "this CPU has no " << name_of(row().level);
  }
};

std::vector<const SumRow*> all_rows() {
  std::vector<const SumRow*> rows;
  for (const SumRow& row : sum_rows()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Rows, SumEachRow, ::testing::ValuesIn(all_rows()), [](const auto& test) {
  return std::string(cpu::name_of(test.param->level));
});

TEST_P(SumEachRow, StaysWithinTheBound) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  for (int round = 0; round < 300; ++round) {
    StridedArray<double> array(
        random_layout(random, random_shape(random, round % 10 == 0 ? 100000 : 4000), false));
    std::vector<double> values(array.size());
    for (double& value : values)
      value = std::ldexp(normal(random), static_cast<int>(random() % 60));
    array.fill(values);
    values = array.values();  // zero strides repeat elements
    Checkpoint checkpoint;
    const double sum = sum_floats(array.view(), checkpoint, 1, row());
    double magnitude = 0;
    for (const double value : values) magnitude += std::fabs(value);
    const double exact = exact_sum(values);
    ASSERT_LE(std::fabs(sum - exact), kFloatSumBound * magnitude + std::fabs(exact) * 0x1p-53);
  }
}

TEST_P(SumEachRow, GivesTheSameBitsAsTheOtherRows) {
  std::mt19937_64 random(4);
  std::normal_distribution<double> normal;
  for (int round = 0; round < 200; ++round) {
    StridedArray<double> array(random_layout(random, random_shape(random, 20000), false));
    std::vector<double> values(array.size());
    for (double& value : values) value = normal(random) * 1e3;
    array.fill(values);
    Checkpoint checkpoint;
    const double sum = sum_floats(array.view(), checkpoint, 1, row());
    const double baseline = sum_floats(array.view(), checkpoint, 1, sum_rows().back());
    ASSERT_EQ(std::bit_cast<std::uint64_t>(sum), std::bit_cast<std::uint64_t>(baseline));
  }
}

TEST_P(SumEachRow, AddsFloat32AsFloat64) {
  std::mt19937_64 random(5);
  std::normal_distribution<float> normal;
  for (int round = 0; round < 200; ++round) {
    const testing::Layout layout = random_layout(random, random_shape(random, 20000), false);
    StridedArray<float> narrow(layout);
    StridedArray<double> wide(layout);
    std::vector<float> values(narrow.size());
    for (float& value : values) value = normal(random) * 1e6F;
    narrow.fill(values);
    wide.fill(std::vector<double>(values.begin(), values.end()));
    Checkpoint checkpoint;
    ASSERT_EQ(sum_floats(narrow.view(), checkpoint, 1, row()),
              sum_floats(wide.view(), checkpoint, 1, row()));
  }
  const std::vector<float> tenths(10000000, 0.1F);
  StridedArray<float> array({{10000000}, {}, {}});
  array.fill(tenths);
  Checkpoint checkpoint;
  EXPECT_EQ(sum_floats(array.view(), checkpoint, 1, row()), 10000000 * static_cast<double>(0.1F));
}

TEST_P(SumEachRow, KeepsSmallElementsBesideLargeOnes) {
  std::vector<double> values(1 << 20, 1e-3);
  values[0] = 1e16;
  values[values.size() / 2] = -1e16;
  const double exact = exact_sum(values);
  // Only the two blocks with the large elements may lose anything.
  EXPECT_NEAR(sum_of(values, row()), exact, 2.0 * 4096);
  EXPECT_NE(exact, 0.0);
}

TEST_P(SumEachRow, PropagatesWhatIsNotFinite) {
  for (const std::size_t size : {1U, 5U, 31U, 40U, 3000U, 70000U}) {
    std::vector<double> values(size, 1.5);
    EXPECT_EQ(sum_of(values, row()), 1.5 * static_cast<double>(size));
    values[size / 2] = kInfinity;
    EXPECT_EQ(sum_of(values, row()), kInfinity);
    values[size / 2] = -kInfinity;
    EXPECT_EQ(sum_of(values, row()), -kInfinity);
    values[size / 2] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_TRUE(std::isnan(sum_of(values, row())));
    if (size < 2) continue;
    values.front() = kInfinity;
    values.back() = -kInfinity;
    EXPECT_TRUE(std::isnan(sum_of(values, row())));
    EXPECT_EQ(sum_of(std::vector<double>(size, 1e308), row()), kInfinity);
  }
}

TEST_P(SumEachRow, SumsNothingToZeroAndKeepsNegativeZero) {
  EXPECT_EQ(std::bit_cast<std::uint64_t>(sum_of({}, row())), 0U);
  for (const std::size_t size : {1U, 33U, 5000U}) {
    EXPECT_TRUE(std::signbit(sum_of(std::vector<double>(size, -0.0), row())));
    EXPECT_FALSE(std::signbit(sum_of(std::vector<double>(size, 0.0), row())));
  }
}

TEST_P(SumEachRow, JoinsPartialSums) {
  std::mt19937_64 random(6);
  std::normal_distribution<double> normal;
  std::vector<double> values(50000);
  for (double& value : values) value = normal(random);
  StridedArray<double> array({{50000}, {}, {}});
  array.fill(values);
  FloatSum left;
  FloatSum right;
  row().float64(left, array.view().data, 20001);
  row().float64(right, array.view().data + 20001 * 8, 29999);
  left.join(right);
  EXPECT_NEAR(left.value(), exact_sum(values), 1e-11);
}

TEST_P(SumEachRow, AsksOnTheWay) {
  StridedArray<double> array({{1 << 20}, {}, {}});
  array.fill(std::vector<double>(1 << 20, 1.0));
  struct Stop {};
  Checkpoint checkpoint([](void*) { throw Stop{}; }, nullptr);
  const auto many_times = [&] {
    for (int i = 0; i < 100000; ++i) sum_floats(array.view(), checkpoint, 1, row());
  };
  EXPECT_THROW(many_times(), Stop);
}

template <class T>
void integers_are_exact(const SumRow& row, bool extremes) {
  using Stored = typename StridedArray<T>::Stored;
  std::mt19937_64 random(7);
  for (int round = 0; round < 150; ++round) {
    StridedArray<T> array(
        random_layout(random, random_shape(random, round % 10 == 0 ? 300000 : 3000), false));
    std::vector<T> values(array.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
      auto value = static_cast<Stored>(random());
      if (extremes) {
        value = round % 2 == 0 ? std::numeric_limits<Stored>::max()
                               : std::numeric_limits<Stored>::min();
      }
      values[i] = static_cast<T>(value);
    }
    array.fill(values);
    __extension__ __int128 exact = 0;
    for (const T value : array.values())
      exact += static_cast<std::int64_t>(value) +
               (std::is_same_v<T, std::uint64_t> && static_cast<std::int64_t>(value) < 0
                    ? (static_cast<__int128>(1) << 64)
                    : 0);
    Checkpoint checkpoint;
    const WideInteger sum = sum_integers(array.view(), checkpoint, 1, row);
    ASSERT_EQ(sum.lo, static_cast<std::uint64_t>(exact)) << name_of(dtype_of<T>());
    ASSERT_EQ(sum.hi, static_cast<std::int64_t>(exact >> 64)) << name_of(dtype_of<T>());
    ASSERT_EQ(as_double(sum), static_cast<double>(exact));
  }
}

TEST_P(SumEachRow, AddsIntegersExactly) {
  for (const bool extremes : {false, true}) {
    integers_are_exact<bool>(row(), false);
    integers_are_exact<std::int8_t>(row(), extremes);
    integers_are_exact<std::int16_t>(row(), extremes);
    integers_are_exact<std::int32_t>(row(), extremes);
    integers_are_exact<std::int64_t>(row(), extremes);
    integers_are_exact<std::uint8_t>(row(), extremes);
    integers_are_exact<std::uint16_t>(row(), extremes);
    integers_are_exact<std::uint32_t>(row(), extremes);
    integers_are_exact<std::uint64_t>(row(), extremes);
  }
}

TEST_P(SumEachRow, CountsAnyByteOfABooleanOnce) {
  const std::ptrdiff_t shape[] = {256};
  const std::ptrdiff_t strides[] = {1};
  std::vector<std::byte> bytes(256);
  for (std::size_t i = 0; i < 256; ++i) bytes[i] = static_cast<std::byte>(i);
  ArrayView view;
  view.data = bytes.data();
  view.dtype = DType::boolean;
  view.ndim = 1;
  view.shape = shape;
  view.strides = strides;
  Checkpoint checkpoint;
  EXPECT_EQ(sum_integers(view, checkpoint, 1, row()), (WideInteger{0, 255}));
}

TEST(WideInteger, Joins) {
  const WideInteger minus_one = {-1, ~std::uint64_t{0}};
  EXPECT_EQ(joined(minus_one, {0, 3}), (WideInteger{0, 2}));
  EXPECT_EQ(joined({0, ~std::uint64_t{0}}, {0, 1}), (WideInteger{1, 0}));
  EXPECT_EQ(as_double({-1, 0}), -0x1p64);
}

}  // namespace
}  // namespace fastlane::kernels
