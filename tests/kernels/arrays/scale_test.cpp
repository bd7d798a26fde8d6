// scale and scale_inplace: the product NumPy gives, for every layout, in every CPU row.
#include "kernels/arrays/scale.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels/streaming.hpp"
#include "tests/kernels/strided_array.hpp"

namespace fastlane::kernels {
namespace {

using testing::random_layout;
using testing::random_shape;
using testing::StridedArray;

class ScaleEachRow : public ::testing::TestWithParam<const ScaleRow*> {
 protected:
  const ScaleRow& row() { return *GetParam(); }
  void SetUp() override {
    if (!cpu::runs_here(row().level)) GTEST_SKIP() << "this CPU has no " << name_of(row().level);
  }
};

std::vector<const ScaleRow*> all_rows() {
  std::vector<const ScaleRow*> rows;
  for (const ScaleRow& row : scale_rows()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Rows, ScaleEachRow, ::testing::ValuesIn(all_rows()), [](const auto& test) {
  return std::string(cpu::name_of(test.param->level));
});

template <class T>
void scales_every_layout(const ScaleRow& row) {
  std::mt19937_64 random(21);
  std::normal_distribution<double> normal;
  for (int round = 0; round < 300; ++round) {
    const auto shape = random_shape(random, round % 10 == 0 ? 100000 : 2000);
    StridedArray<T> source(random_layout(random, shape, false));
    StridedArray<T> target(random_layout(random, shape, true));
    std::vector<T> values(source.size());
    for (T& value : values) value = static_cast<T>(normal(random));
    source.fill(values);
    values = source.values();
    const double factor = normal(random);
    Checkpoint checkpoint;
    scale(target.view(), source.view(), factor, checkpoint, 1, row);
    for (T& value : values) value *= static_cast<T>(factor);
    ASSERT_EQ(target.values(), values);
    ASSERT_TRUE(target.gaps_untouched());

    scale_inplace(target.view(), 3.0, checkpoint, row);
    for (T& value : values) value *= T{3};
    ASSERT_EQ(target.values(), values);
    ASSERT_TRUE(target.gaps_untouched());
  }
}

TEST_P(ScaleEachRow, ScalesEveryLayout) {
  scales_every_layout<double>(row());
  scales_every_layout<float>(row());
}

TEST_P(ScaleEachRow, KeepsSpecialValues) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  StridedArray<double> array({{5}, {}, {}});
  array.fill({-0.0, kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN(), 5e-324});
  Checkpoint checkpoint;
  scale_inplace(array.view(), -1.0, checkpoint, row());
  const std::vector<double> values = array.values();
  EXPECT_EQ(std::bit_cast<std::uint64_t>(values[0]), 0U);
  EXPECT_EQ(values[1], -kInfinity);
  EXPECT_EQ(values[2], kInfinity);
  EXPECT_NE(values[3], values[3]);
  EXPECT_EQ(values[4], -5e-324);
}

template <class T>
void streams_like_it_stores(const ScaleLoops<T>& loops) {
  constexpr std::size_t kCount = 5000 / (64 / sizeof(T)) * (64 / sizeof(T));
  StridedArray<T> source({{kCount}, {}, {}, 4});
  StridedArray<T> streamed({{kCount}, {}, {}});
  StridedArray<T> stored({{kCount}, {}, {}});
  std::vector<T> values(kCount);
  for (std::size_t i = 0; i < kCount; ++i) values[i] = static_cast<T>(i) / T{3};
  source.fill(values);
  ASSERT_TRUE(is_line_aligned(streamed.view().data));
  loops.streaming(streamed.view().data, source.view().data, T{1.7F}, kCount);
  finish_streaming();
  loops.plain(stored.view().data, source.view().data, T{1.7F}, kCount);
  EXPECT_EQ(streamed.values(), stored.values());
  EXPECT_TRUE(streamed.gaps_untouched());
}

TEST_P(ScaleEachRow, StreamsLikeItStores) {
  streams_like_it_stores(row().float64);
  streams_like_it_stores(row().float32);
}

TEST_P(ScaleEachRow, ScalesBeyondTheStreamingThreshold) {
  const auto count = static_cast<std::ptrdiff_t>(streaming_threshold() / 8 + 1001);
  StridedArray<float> source({{count}, {}, {}, 4});
  StridedArray<float> target({{count}, {}, {}, 12});
  std::vector<float> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 1013);
  source.fill(values);
  Checkpoint checkpoint;
  scale(target.view(), source.view(), 2.0, checkpoint, 1, row());
  for (float& value : values) value *= 2;
  EXPECT_EQ(target.values(), values);
}

TEST_P(ScaleEachRow, ScalesIntoFreshMemory) {
  const std::size_t count = streaming_threshold() / 8 + 1001;
  const std::vector<float> values(count, 1.5F);
  const std::unique_ptr<float[]> fresh(new float[count]);  // not initialised
  const auto shape = static_cast<std::ptrdiff_t>(count);
  const std::ptrdiff_t stride = sizeof(float);
  auto* const bytes = reinterpret_cast<std::byte*>(fresh.get());
  const ArrayView target = {bytes, DType::float32, 1, &shape, &stride};
  ArrayView source = target;
  source.data = reinterpret_cast<std::byte*>(const_cast<float*>(values.data()));  // only read
  Checkpoint checkpoint;
  scale(target, source, 2.0, checkpoint, 1, row());
  EXPECT_TRUE(std::all_of(fresh.get(), fresh.get() + count, [](float x) { return x == 3.0F; }));
}

}  // namespace
}  // namespace fastlane::kernels
