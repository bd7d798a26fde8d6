// Shares cover every element once, and what is joined over them does not depend on the threads.
#include "kernels/shares.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/arrays/describe.hpp"
#include "kernels/arrays/scale.hpp"
#include "kernels/arrays/sum.hpp"
#include "tests/kernels/strided_array.hpp"

namespace fastlane::kernels {
namespace {

using testing::random_layout;
using testing::random_shape;
using testing::StridedArray;

constexpr std::size_t kThreads[] = {1, 2, 3, 7, 0};

TEST(Shares, CoverEveryElementOnce) {
  std::mt19937_64 random(41);
  for (int round = 0; round < 40; ++round) {
    const auto shape = random_shape(random, 400000);
    StridedArray<float> target(random_layout(random, shape, true));
    StridedArray<float> source(random_layout(random, shape, true));
    std::vector<float> numbers(source.size());
    std::iota(numbers.begin(), numbers.end(), 0.0F);
    source.fill(numbers);
    target.fill(std::vector<float>(numbers.size(), -1.0F));
    const ArrayView to = target.view();
    const ArrayView from = source.view();
    const Shares<2> shares({&to, &from});
    ASSERT_GE(shares.count(), 1U);
    ASSERT_LE(shares.count(), kMostShares);
    Checkpoint checkpoint;
    std::vector<std::size_t> sizes(shares.count());
    for_each_share(shares, 3, checkpoint,
                   [&](std::size_t share, const auto& views, Checkpoint& mine) {
                     sizes[share] = views[0].size();
                     scale(views[0], views[1], 2.0, mine);
                   });
    ASSERT_EQ(std::accumulate(sizes.begin(), sizes.end(), std::size_t{0}), numbers.size());
    for (float& number : numbers) number *= 2;
    ASSERT_EQ(target.values(), numbers);
    ASSERT_TRUE(target.gaps_untouched());
  }
}

TEST(Shares, AreFewHoweverManyElementsThereAre) {
  const double one = 1;
  auto* data = reinterpret_cast<std::byte*>(const_cast<double*>(&one));
  constexpr std::ptrdiff_t kNone[] = {0, 0, 0};
  for (const std::ptrdiff_t long_axis : {1L << 17, 1L << 31, 1L << 52}) {
    for (const std::ptrdiff_t short_axis : {1L, 65L, 100L}) {
      const std::ptrdiff_t shape[] = {short_axis, long_axis, short_axis};
      const ArrayView view = {data, DType::float64, 3, shape, kNone};
      const Shares<1> shares({&view});
      EXPECT_LE(shares.count(), kMostShares);
      EXPECT_GT(shares.count(), 1U);
    }
  }
}

template <class T>
std::vector<T> wild_values(std::size_t count, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<T> values(count);
  for (T& value : values) value = static_cast<T>(std::exp(8 * normal(random)) * normal(random));
  return values;
}

template <class T>
void results_do_not_depend_on_threads(const std::vector<std::ptrdiff_t>& shape) {
  StridedArray<T> array(
      {shape, {}, std::vector<std::ptrdiff_t>(shape.size(), shape.size() > 1 ? -2 : 1)});
  array.fill(wild_values<T>(array.size(), 42));
  Checkpoint checkpoint;
  const double sum = sum_floats(array.view(), checkpoint, 1);
  const Description description = describe(array.view(), checkpoint, 1);
  for (const std::size_t threads : kThreads) {
    EXPECT_EQ(std::bit_cast<std::uint64_t>(sum_floats(array.view(), checkpoint, threads)),
              std::bit_cast<std::uint64_t>(sum));
    const Description found = describe(array.view(), checkpoint, threads);
    EXPECT_EQ(found.sum, description.sum);
    EXPECT_EQ(found.mean, description.mean);
    EXPECT_EQ(found.standard_deviation, description.standard_deviation);
    EXPECT_EQ(found.min, description.min);
    EXPECT_EQ(found.max, description.max);
    EXPECT_EQ(found.count, description.count);
  }
  EXPECT_NEAR(sum, description.sum, 1e-15 * std::abs(sum));
}

TEST(Shares, JoinToTheSameBitsForAnyNumberOfThreads) {
  results_do_not_depend_on_threads<double>({1 << 20});
  results_do_not_depend_on_threads<float>({(1 << 20) + 12345});
  results_do_not_depend_on_threads<double>({3, 7, 40000});
  results_do_not_depend_on_threads<float>({1000, 777});
}

TEST(Shares, IntegersAreExactOnManyThreads) {
  StridedArray<std::int64_t> array({{700'000}, {}, {}});
  std::vector<std::int64_t> values(700'000, INT64_MAX);
  array.fill(values);
  Checkpoint checkpoint;
  for (const std::size_t threads : kThreads) {
    const WideInteger sum = sum_integers(array.view(), checkpoint, threads);
    EXPECT_EQ(sum.hi, 349'999);
    EXPECT_EQ(sum.lo, 0 - std::uint64_t{700'000});
  }
}

TEST(Shares, StopForTheCheckpointOnEveryThread) {
  struct Enough {};
  const double one = 1;
  auto* data = reinterpret_cast<std::byte*>(const_cast<double*>(&one));
  constexpr std::ptrdiff_t kShape[] = {std::ptrdiff_t{1} << 46};
  constexpr std::ptrdiff_t kNone[] = {0};
  const ArrayView endless = {data, DType::float64, 1, kShape, kNone};
  for (const std::size_t threads : {1, 2, 5}) {
    Checkpoint checkpoint([](void*) { throw Enough{}; }, nullptr);
    EXPECT_THROW(sum_floats(endless, checkpoint, threads), Enough);
  }
}

}  // namespace
}  // namespace fastlane::kernels
