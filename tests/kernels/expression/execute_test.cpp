// Whole programs over arrays of every layout, in every CPU row, against one element at a time.
#include "kernels/expression/execute.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/streaming.hpp"
#include "tests/kernels/strided_array.hpp"

namespace fastlane::kernels::expression {
namespace {

using kernels::testing::random_layout;
using kernels::testing::random_shape;
using kernels::testing::StridedArray;
using Op = Operation;

constexpr DType kF8 = DType::float64;
constexpr DType kF4 = DType::float32;
constexpr DType kI4 = DType::int32;
constexpr DType kI8 = DType::int64;
constexpr DType kBool = DType::boolean;

class ExecuteEachRow : public ::testing::TestWithParam<const LoopRow*> {
 protected:
  const LoopTable& table() { return GetParam()->table(); }
  void SetUp() override {
    if (!cpu::runs_here(GetParam()->level)) {
      GTEST_SKIP() << "this CPU has no " << cpu::name_of(GetParam()->level);
    }
  }

  template <class T>
  std::vector<T> executed(const Program& program, std::vector<std::vector<T>> inputs) {
    std::vector<StridedArray<T>> arrays;
    arrays.reserve(inputs.size());
    const auto size = static_cast<std::ptrdiff_t>(inputs.empty() ? 5 : inputs[0].size());
    std::vector<ArrayView> views;
    for (const auto& values : inputs) {
      arrays.emplace_back(kernels::testing::Layout{{size}, {}, {}});
      arrays.back().fill(values);
    }
    for (auto& array : arrays) views.push_back(array.view());
    StridedArray<T> target({{size}, {}, {}});
    const ArrayView out = target.view();
    Checkpoint checkpoint;
    execute(program, views, {&out, 1}, checkpoint, table());
    EXPECT_TRUE(target.gaps_untouched());
    return target.values();
  }
};

std::vector<const LoopRow*> all_rows() {
  std::vector<const LoopRow*> rows;
  for (const LoopRow& row : loop_rows()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Rows, ExecuteEachRow, ::testing::ValuesIn(all_rows()),
                         [](const auto& test) {
                           return std::string(cpu::name_of(test.param->level));
                         });

// where(x < i, x * x + 1, i) and x < i, for a float64 x and an int32 i.
Program mixed_program() {
  return Program({{kF8, kI4},
                  {Constant::of(1.0)},
                  {{Op::cast, kI4, kF8, {1, 0, 0}},
                   {Op::less, kF8, kF8, {0, 3, 0}},
                   {Op::multiply, kF8, kF8, {0, 0, 0}},
                   {Op::add, kF8, kF8, {2, 5, 0}},
                   {Op::where, kF8, kF8, {4, 6, 3}}},
                  {7, 4}});
}

TEST_P(ExecuteEachRow, HandlesEveryLayout) {
  const Program program = mixed_program();
  std::mt19937_64 random(71);
  for (int round = 0; round < 400; ++round) {
    const auto shape = random_shape(random, round % 10 == 0 ? 50000 : 3000);
    StridedArray<double> x(random_layout(random, shape, false));
    StridedArray<std::int32_t> i(random_layout(random, shape, false));
    StridedArray<double> value(random_layout(random, shape, true));
    StridedArray<bool> smaller(random_layout(random, shape, true));
    std::vector<double> xs(x.size());
    std::vector<std::int32_t> is(i.size());
    for (double& element : xs) element = static_cast<double>(random() % 1000) / 7 - 60;
    for (std::int32_t& element : is) element = static_cast<std::int32_t>(random() % 120) - 60;
    x.fill(xs);
    i.fill(is);
    xs = x.values();
    is = i.values();
    const ArrayView inputs[] = {x.view(), i.view()};
    const ArrayView outputs[] = {value.view(), smaller.view()};
    Checkpoint checkpoint;
    execute(program, inputs, outputs, checkpoint, table());
    const std::vector<double> values = value.values();
    const std::vector<bool> comparisons = smaller.values();
    for (std::size_t k = 0; k < xs.size(); ++k) {
      ASSERT_EQ(comparisons[k], xs[k] < is[k]);
      ASSERT_EQ(values[k], xs[k] < is[k] ? xs[k] * xs[k] + 1 : is[k]);
    }
    ASSERT_TRUE(value.gaps_untouched());
    ASSERT_TRUE(smaller.gaps_untouched());
  }
}

// Programs drawn at random, evaluated here without reuse of memory and without joined products.
TEST_P(ExecuteEachRow, GivesEveryValueItsOwnMemoryWhileItIsNeeded) {
  std::mt19937_64 random(72);
  for (int round = 0; round < 300; ++round) {
    const std::size_t size = 1 + random() % 300;
    const std::vector<std::vector<double>> inputs(3, [&] {
      std::vector<double> values(size);
      for (double& value : values) value = static_cast<double>(random() % 64) / 8 - 4;
      return values;
    }());
    Source source;
    source.inputs = {kF8, kF8, kF8};
    source.constants = {Constant::of(0.5)};
    std::vector<std::vector<double>> values = inputs;
    values.emplace_back(size, 0.5);
    const std::size_t length = 1 + random() % 25;
    for (std::size_t k = 0; k < length; ++k) {
      static constexpr Op kOps[] = {Op::add,     Op::subtract, Op::multiply, Op::multiply,
                                    Op::minimum, Op::maximum,  Op::negative};
      const Op op = kOps[random() % 7];
      const auto a = static_cast<Value>(random() % values.size());
      const auto b = static_cast<Value>(random() % values.size());
      source.instructions.push_back({op, kF8, kF8, {a, b, 0}});
      std::vector<double> result(size);
      for (std::size_t i = 0; i < size; ++i) {
        const double left = values[a][i];
        const double right = values[b][i];
        switch (op) {
          case Op::add:
            result[i] = left + right;
            break;
          case Op::subtract:
            result[i] = left - right;
            break;
          case Op::multiply:
            result[i] = left * right;
            break;
          case Op::minimum:
            result[i] = std::min(left, right);
            break;
          case Op::maximum:
            result[i] = std::max(left, right);
            break;
          default:
            result[i] = -left;
            break;
        }
        if (std::fabs(result[i]) > 1e3 || result[i] == 0) result[i] += 0.0;
      }
      values.push_back(result);
    }
    source.outputs = {static_cast<Value>(values.size() - 1)};
    const std::vector<double> expected = values.back();
    const std::vector<double> found = executed<double>(Program(source), inputs);
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_TRUE(found[i] == expected[i] || (std::isnan(found[i]) && std::isnan(expected[i])));
    }
  }
}

TEST_P(ExecuteEachRow, JoinsProductsWithTwoRoundings) {
  const double x = 1 + 0x1p-30;
  volatile double square = x * x;
  const auto joined = [&](Op op, Value left, Value right) {
    const Program program({{kF8},
                           {Constant::of(1.0)},
                           {{Op::multiply, kF8, kF8, {0, 0, 0}}, {op, kF8, kF8, {left, right, 0}}},
                           {3}});
    EXPECT_EQ(program.steps().size(), 1U);
    return executed<double>(program, {{x}})[0];
  };
  EXPECT_EQ(joined(Op::add, 2, 1), square + 1);
  EXPECT_EQ(joined(Op::add, 1, 2), square + 1);
  EXPECT_EQ(joined(Op::subtract, 2, 1), square - 1);
  EXPECT_EQ(joined(Op::subtract, 1, 2), 1 - square);
}

TEST_P(ExecuteEachRow, JoinsTwoProductsWithThreeRoundings) {
  const double x = 1 + 0x1p-30;
  const double y = 3 - 0x1p-40;
  volatile double square = x * x;
  volatile double product = x * y;
  const auto joined = [&](Op op, std::size_t steps) {
    const Program program({{kF8, kF8},
                           {},
                           {{Op::multiply, kF8, kF8, {0, 0}},
                            {Op::multiply, kF8, kF8, {0, 1}},
                            {op, kF8, kF8, {2, 3}}},
                           {4}});
    EXPECT_EQ(program.steps().size(), steps);
    return executed<double>(program, {{x}, {y}})[0];
  };
  EXPECT_EQ(joined(Op::add, 1), square + product);
  EXPECT_EQ(joined(Op::subtract, 2), square - product);
}

TEST_P(ExecuteEachRow, UsesLongRunsWhereTheyLie) {
  const Program program({{kF8, kF8},
                         {Constant::of(3.0)},
                         {{Op::multiply, kF8, kF8, {0, 2}}, {Op::maximum, kF8, kF8, {3, 1}}},
                         {4}});
  constexpr std::ptrdiff_t kRows = 3;
  constexpr std::ptrdiff_t kColumns = 2000;  // several blocks and a rest
  for (const std::size_t offset : {0, 8, 4}) {
    StridedArray<double> x({{kRows, kColumns}, {}, {}, offset});
    StridedArray<double> least({{kRows, kColumns}, {}, {1, 0}});
    StridedArray<double> target({{kRows, kColumns}, {}, {2, 1}});
    std::vector<double> values(kRows * kColumns);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 101);
    x.fill(values);
    std::vector<double> rows(values.size());
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<double>(i / kColumns);
    least.fill(rows);
    const ArrayView inputs[] = {x.view(), least.view()};
    const ArrayView output = target.view();
    Checkpoint checkpoint;
    execute(program, inputs, {&output, 1}, checkpoint, table());
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = std::max(values[i] * 3, rows[i]);
    EXPECT_EQ(target.values(), values);
    EXPECT_TRUE(target.gaps_untouched());
  }
}

TEST_P(ExecuteEachRow, RunsFloat32FunctionsInFloat64) {
  const Program program({{kF4}, {}, {{Op::sin, kF4, kF4, {0, 0, 0}}}, {1}});
  std::vector<float> x;
  for (int i = 0; i < 1000; ++i) x.push_back(static_cast<float>(i) * 0.37F);
  const std::vector<float> found = executed<float>(program, {x});
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_EQ(found[i], static_cast<float>(std::sin(static_cast<double>(x[i]))));
  }
}

TEST_P(ExecuteEachRow, DeliversInputsConstantsAndRepeatedResults) {
  const Program program(
      {{kF8}, {Constant::of(2.5)}, {{Op::negative, kF8, kF8, {0, 0, 0}}}, {0, 1, 2, 2}});
  StridedArray<double> x({{70}, {}, {}});
  std::vector<double> values(70);
  for (std::size_t i = 0; i < 70; ++i) values[i] = static_cast<double>(i);
  x.fill(values);
  std::vector<StridedArray<double>> targets(4, StridedArray<double>({{70}, {}, {-1}}));
  std::vector<ArrayView> outputs;
  for (auto& target : targets) outputs.push_back(target.view());
  const ArrayView input = x.view();
  Checkpoint checkpoint;
  execute(program, {&input, 1}, outputs, checkpoint, table());
  EXPECT_EQ(targets[0].values(), values);
  EXPECT_EQ(targets[1].values(), std::vector<double>(70, 2.5));
  for (double& value : values) value = -value;
  EXPECT_EQ(targets[2].values(), values);
  EXPECT_EQ(targets[3].values(), values);
}

TEST_P(ExecuteEachRow, StreamsLargeOutputs) {
  const Program program({{kF8}, {Constant::of(3.0)}, {{Op::multiply, kF8, kF8, {0, 1, 0}}}, {2}});
  const auto size = static_cast<std::ptrdiff_t>(streaming_threshold() / 16 + 1111);
  StridedArray<double> x({{size}, {}, {}, 0});
  StridedArray<double> target({{size}, {}, {}, 24});
  std::vector<double> values(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i % 1013);
  x.fill(values);
  const ArrayView input = x.view();
  const ArrayView output = target.view();
  Checkpoint checkpoint;
  execute(program, {&input, 1}, {&output, 1}, checkpoint, table());
  for (double& value : values) value *= 3;
  EXPECT_TRUE(target.values() == values);
  EXPECT_TRUE(target.gaps_untouched());
}

TEST_P(ExecuteEachRow, TakesManyInputs) {
  constexpr Value kInputs = 40;
  Source source;
  source.inputs.assign(kInputs, kF8);
  Value sum = 0;
  for (Value i = 1; i < kInputs; ++i) {
    source.instructions.push_back({Op::add, kF8, kF8, {sum, i, 0}});
    sum = static_cast<Value>(kInputs + i - 1);
  }
  source.outputs = {sum};
  const Program program(source);
  const std::vector<std::vector<double>> inputs(kInputs, std::vector<double>(100, 1.0));
  EXPECT_EQ(executed<double>(program, inputs), std::vector<double>(100, kInputs));
}

TEST_P(ExecuteEachRow, PropagatesWhatTheCheckpointThrows) {
  const Program program({{kF8}, {}, {{Op::exp, kF8, kF8, {0, 0, 0}}}, {1}});
  StridedArray<double> x({{1 << 20}, {}, {0}});
  StridedArray<double> target({{1 << 20}, {}, {}});
  const ArrayView input = x.view();
  const ArrayView output = target.view();
  struct Stop {};
  Checkpoint checkpoint([](void*) { throw Stop{}; }, nullptr);
  const auto many_times = [&] {
    for (int i = 0; i < 1000; ++i) execute(program, {&input, 1}, {&output, 1}, checkpoint, table());
  };
  EXPECT_THROW(many_times(), Stop);
}

TEST_P(ExecuteEachRow, RefusesNegativeExponentsOfTheArrayOnly) {
  // base ** (exponent - 1): what fills up the last group must not count.
  const Program program({{kI8, kI8},
                         {Constant::of(std::int64_t{1})},
                         {{Op::subtract, kI8, kI8, {1, 2, 0}}, {Op::power, kI8, kI8, {0, 3, 0}}},
                         {4}});
  EXPECT_EQ(executed<std::int64_t>(program, {{2, 3, -3}, {1, 4, 4}}),
            (std::vector<std::int64_t>{1, 27, -27}));
  EXPECT_THROW(executed<std::int64_t>(program, {{2, 3}, {1, 0}}), std::domain_error);
}

TEST(Program, RefusesWhatDoesNotFit) {
  const auto refused = [](Source source) {
    try {
      Program program(std::move(source));
    } catch (const std::invalid_argument& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(refused({{kF8}, {}, {{Op::add, kF8, kF8, {0, 1, 0}}}, {1}}).find("comes later"),
            std::string::npos);
  EXPECT_NE(refused({{kF8, kI4}, {}, {{Op::add, kF8, kF8, {0, 1, 0}}}, {2}}).find("int32"),
            std::string::npos);
  EXPECT_NE(refused({{kBool}, {}, {{Op::add, kBool, kBool, {0, 0, 0}}}, {1}}).find("exist"),
            std::string::npos);
  EXPECT_NE(refused({{kF8}, {}, {{Op::cast, kF8, kI4, {0, 0, 0}}}, {1}}).find("cannot give"),
            std::string::npos);
  EXPECT_NE(refused({{kF8}, {}, {{Op::where, kF8, kF8, {0, 0, 0}}}, {1}}).find("bool"),
            std::string::npos);
  EXPECT_NE(refused({{kF8}, {}, {}, {}}), "");
  EXPECT_NE(refused({{kF8}, {}, {}, {1}}), "");
  EXPECT_NE(refused({{DType::unsupported}, {}, {}, {0}}), "");
  EXPECT_NE(refused({std::vector<DType>(5000, kF8), {}, {}, {0}}).find("too long"),
            std::string::npos);
  EXPECT_EQ(refused({{kF8}, {}, {}, {0}}), "");
}

TEST(Program, DropsWhatIsNotUsed) {
  const Program program(
      {{kF8}, {}, {{Op::sin, kF8, kF8, {0, 0, 0}}, {Op::negative, kF8, kF8, {0, 0, 0}}}, {2}});
  EXPECT_EQ(program.steps().size(), 1U);
}

TEST(Program, HasALoopForEverythingItAccepts) {
  for (std::size_t op = 0; op < kOperationCount; ++op) {
    const auto operation = static_cast<Operation>(op);
    Operation found = Operation::copy;
    ASSERT_TRUE(find_operation(name_of(operation), found));
    ASSERT_EQ(found, operation);
    for (std::size_t type = 0; type < kTypeCount; ++type) {
      const auto dtype = static_cast<DType>(type);
      for (std::size_t target = 0; target < kTypeCount; ++target) {
        const auto to = static_cast<DType>(target);
        if (!accepts(operation, dtype)) continue;
        const bool casts = operation == Operation::cast;
        if (!casts && to != dtype) continue;
        Source source = {{dtype, kBool}, {}, {{operation, dtype, to, {0, 0, 0}}}, {2}};
        if (operation == Operation::where) source.instructions[0].operands[0] = 1;
        try {
          const Program program(source);
          for (const LoopRow& row : loop_rows()) {
            for (const Step& step : program.steps()) {
              ASSERT_NE(loop_of(row.table(), step), nullptr)
                  << name_of(operation) << " " << name_of(dtype) << " " << name_of(to);
            }
          }
        } catch (const std::invalid_argument&) {
          ASSERT_TRUE(casts);
        }
      }
    }
  }
}

}  // namespace
}  // namespace fastlane::kernels::expression
