// linspace: the bits of NumPy's formula, written out here step by step in plain code.
#include "kernels/arrays/linspace.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/streaming.hpp"
#include "tests/kernels/strided_array.hpp"

namespace fastlane::kernels {
namespace {

using testing::StridedArray;

// NumPy: y = arange(n) * step (or / div * delta where the step is zero); y += start; y[-1] = stop.
// The volatile variables keep a compiler from joining the two roundings.
std::vector<double> reference(std::size_t count, double start, double stop) {
  std::vector<double> values(count);
  volatile double delta = stop - start;
  const double div = static_cast<double>(count) - 1;
  for (std::size_t i = 0; i < count; ++i) {
    volatile double product = static_cast<double>(i) * delta;
    if (count > 1) {
      volatile double step = delta / div;
      product = static_cast<double>(i) * step;
      if (step == 0) {
        volatile double share = static_cast<double>(i) / div;
        product = share * delta;
      }
    }
    values[i] = product + start;
  }
  if (count > 1) values.back() = stop;
  return values;
}

class LinspaceEachRow : public ::testing::TestWithParam<const LinspaceRow*> {
 protected:
  const LinspaceRow& row() { return *GetParam(); }
  void SetUp() override {
    if (!cpu::runs_here(row().level)) GTEST_SKIP() << "this CPU has no " << name_of(row().level);
  }

  void check(std::size_t count, double start, double stop, std::ptrdiff_t step = 1,
             std::size_t offset = 0) {
    StridedArray<double> array({{static_cast<std::ptrdiff_t>(count)}, {}, {step}, offset});
    const ArrayView view = array.view();
    Checkpoint checkpoint;
    linspace(view.data, view.strides[0], count, start, stop, checkpoint, row());
    const std::vector<double> values = array.values();
    const std::vector<double> expected = reference(count, start, stop);
    for (std::size_t i = 0; i < count; ++i) {
      if (std::isnan(expected[i])) {
        ASSERT_TRUE(std::isnan(values[i])) << i;
      } else {
        ASSERT_EQ(std::bit_cast<std::uint64_t>(values[i]),
                  std::bit_cast<std::uint64_t>(expected[i]))
            << "element " << i << " of linspace(" << start << ", " << stop << ", " << count << ")";
      }
    }
    ASSERT_TRUE(array.gaps_untouched());
  }
};

std::vector<const LinspaceRow*> all_rows() {
  std::vector<const LinspaceRow*> rows;
  for (const LinspaceRow& row : linspace_rows()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Rows, LinspaceEachRow, ::testing::ValuesIn(all_rows()),
                         [](const auto& test) {
                           return std::string(cpu::name_of(test.param->level));
                         });

TEST_P(LinspaceEachRow, HasTheBitsOfTheFormula) {
  std::mt19937_64 random(31);
  std::normal_distribution<double> normal;
  for (int round = 0; round < 500; ++round) {
    const double start = std::ldexp(normal(random), static_cast<int>(random() % 80) - 40);
    const double stop = std::ldexp(normal(random), static_cast<int>(random() % 80) - 40);
    check(random() % (round % 20 == 0 ? 100000 : 300), start, stop,
          static_cast<std::ptrdiff_t>(round % 3 == 0 ? 1 + random() % 3 : 1),
          random() % 2 == 0 ? 0 : random() % 8);
  }
  check(5000, 1.0, -1.0, -2);
}

TEST_P(LinspaceEachRow, HandlesFewElements) {
  for (const std::size_t count : {0U, 1U, 2U, 3U}) {
    check(count, 0.0, 1.0);
    check(count, 5.0, 5.0);
    check(count, -0.0, 0.0);
  }
}

TEST_P(LinspaceEachRow, HandlesStepsTooSmallAndSpansTooLarge) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  for (const std::size_t count : {1U, 2U, 7U, 1000U}) {
    check(count, 0.0, 5e-324);
    check(count, 0.0, 2e-323);
    check(count, -1.7e308, 1.7e308);
    check(count, 0.0, kInfinity);
    check(count, -kInfinity, 0.0);
    check(count, kNaN, 1.0);
  }
}

TEST_P(LinspaceEachRow, StreamsLikeItStores) {
  check(streaming_threshold() / sizeof(double) + 1003, 0.1, 9.7, 1, 8);
}

}  // namespace
}  // namespace fastlane::kernels
