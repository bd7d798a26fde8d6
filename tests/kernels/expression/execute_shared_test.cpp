// Programs on several threads, in place, and over broadcast inputs give what one thread gives.
#include <gtest/gtest.h>

#include <random>
#include <stdexcept>
#include <vector>

#include "kernels/expression/broadcast.hpp"
#include "kernels/expression/execute.hpp"
#include "tests/kernels/strided_array.hpp"

namespace fastlane::kernels::expression {
namespace {

using kernels::testing::random_layout;
using kernels::testing::random_shape;
using kernels::testing::StridedArray;
using Op = Operation;

constexpr DType kF8 = DType::float64;
constexpr DType kI8 = DType::int64;

// sqrt(9) * x + sin(x)
Program sample_program() {
  return Program({{kF8},
                  {Constant::of(9.0)},
                  {{Op::sqrt, kF8, kF8, {1, 0, 0}},
                   {Op::multiply, kF8, kF8, {2, 0, 0}},
                   {Op::sin, kF8, kF8, {0, 0, 0}},
                   {Op::add, kF8, kF8, {3, 4, 0}}},
                  {5}});
}

std::vector<double> numbers(std::size_t count) {
  std::vector<double> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<double>(i % 977) / 31 - 12;
  return values;
}

TEST(Program, DoesOnceWhatReadsConstantsOnly) {
  const Program program = sample_program();
  ASSERT_EQ(program.first_steps().size(), 1U);
  EXPECT_EQ(program.first_steps()[0].operation, Op::sqrt);
  EXPECT_EQ(program.steps().size(), 2U);
  // A constant output has to be written in every block all the same.
  const Program constant({{}, {Constant::of(9.0)}, {{Op::sqrt, kF8, kF8, {0, 0, 0}}}, {1}});
  EXPECT_EQ(constant.first_steps().size(), 0U);
  EXPECT_EQ(constant.steps().size(), 1U);
}

TEST(ExecuteShared, GivesWhatOneThreadGives) {
  const Program program = sample_program();
  std::mt19937_64 random(13);
  for (int round = 0; round < 30; ++round) {
    const auto shape = random_shape(random, 400000);
    StridedArray<double> x(random_layout(random, shape, false));
    StridedArray<double> alone(random_layout(random, shape, true));
    StridedArray<double> shared(random_layout(random, shape, true));
    x.fill(numbers(x.size()));
    const ArrayView input = x.view();
    const ArrayView output = alone.view();
    const ArrayView target = shared.view();
    Checkpoint checkpoint;
    execute(program, {&input, 1}, {&output, 1}, checkpoint);
    execute_shared(program, {&input, 1}, {&target, 1}, checkpoint, 1 + round % 3);
    EXPECT_TRUE(shared.values() == alone.values());
    EXPECT_TRUE(shared.gaps_untouched());
  }
}

TEST(ExecuteShared, PassesOnWhatAStepThrows) {
  const Program power({{kI8, kI8}, {}, {{Op::power, kI8, kI8, {0, 1, 0}}}, {2}});
  std::vector<std::int64_t> base(1000000, 3);
  std::vector<std::int64_t> exponent(base.size(), 2);
  exponent[900000] = -1;
  std::vector<std::int64_t> result(base.size());
  const std::ptrdiff_t shape = static_cast<std::ptrdiff_t>(base.size());
  const std::ptrdiff_t stride = sizeof(std::int64_t);
  const auto view = [&](std::vector<std::int64_t>& values) {
    return ArrayView{reinterpret_cast<std::byte*>(values.data()), kI8, 1, &shape, &stride};
  };
  const ArrayView inputs[] = {view(base), view(exponent)};
  const ArrayView output = view(result);
  Checkpoint checkpoint;
  EXPECT_THROW(execute_shared(power, inputs, {&output, 1}, checkpoint, 2), std::domain_error);
}

TEST(Execute, MayWriteOverAnInput) {
  const Program program = sample_program();
  std::mt19937_64 random(17);
  for (int round = 0; round < 100; ++round) {
    const auto layout = random_layout(random, random_shape(random, 20000), true);
    StridedArray<double> x(layout);
    StridedArray<double> expected(layout);
    auto values = numbers(x.size());
    if (!values.empty()) values.back() = 1e300;  // the sine of which is computed in a second pass
    x.fill(values);
    const ArrayView view = x.view();
    const ArrayView target = expected.view();
    Checkpoint checkpoint;
    execute(program, {&view, 1}, {&target, 1}, checkpoint);
    execute(program, {&view, 1}, {&view, 1}, checkpoint);
    EXPECT_TRUE(x.values() == expected.values());
    EXPECT_TRUE(x.gaps_untouched());
  }
}

ArrayView view_of(const std::vector<std::ptrdiff_t>& shape,
                  const std::vector<std::ptrdiff_t>& strides) {
  return {nullptr, kF8, static_cast<int>(shape.size()), shape.data(), strides.data()};
}

TEST(Broadcast, AlignsShapesAtTheirLastAxes) {
  const std::vector<std::ptrdiff_t> column = {3, 1};
  const std::vector<std::ptrdiff_t> row = {4};
  const std::vector<std::ptrdiff_t> cube = {2, 1, 1};
  const std::vector<std::ptrdiff_t> strides = {16, 8, 8};
  Broadcast broadcast;
  EXPECT_TRUE(broadcast.join(view_of({}, {})));
  EXPECT_EQ(broadcast.ndim(), 0);
  ASSERT_TRUE(broadcast.join(view_of(row, strides)));
  ASSERT_TRUE(broadcast.join(view_of(column, strides)));
  ASSERT_TRUE(broadcast.join(view_of(cube, strides)));
  const std::vector<std::ptrdiff_t> common(broadcast.shape(), broadcast.shape() + broadcast.ndim());
  EXPECT_EQ(common, (std::vector<std::ptrdiff_t>{2, 3, 4}));
  std::ptrdiff_t made[3];
  const ArrayView wide = broadcast.expanded(view_of(column, strides), made);
  EXPECT_EQ(wide.ndim, 3);
  EXPECT_EQ((std::vector<std::ptrdiff_t>(made, made + 3)), (std::vector<std::ptrdiff_t>{0, 16, 0}));
}

TEST(Broadcast, RefusesShapesThatDoNotFit) {
  const std::vector<std::ptrdiff_t> three = {3};
  const std::vector<std::ptrdiff_t> four = {4};
  const std::vector<std::ptrdiff_t> none = {0};
  const std::vector<std::ptrdiff_t> one = {1};
  const std::vector<std::ptrdiff_t> strides = {8};
  Broadcast broadcast;
  ASSERT_TRUE(broadcast.join(view_of(three, strides)));
  EXPECT_FALSE(broadcast.join(view_of(four, strides)));
  EXPECT_FALSE(broadcast.join(view_of(none, strides)));
  Broadcast empty;
  ASSERT_TRUE(empty.join(view_of(one, strides)));
  ASSERT_TRUE(empty.join(view_of(none, strides)));
  EXPECT_EQ(empty.shape()[0], 0);
}

}  // namespace
}  // namespace fastlane::kernels::expression
