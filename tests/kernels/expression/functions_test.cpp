// Elementary functions of float64 in every CPU row: within two units in the last place of the C
// library's long double functions, and the C library's answer for every special argument.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/expression/loops.hpp"

namespace fastlane::kernels::expression {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kPi = 3.14159265358979323846;

class FunctionsEachRow : public ::testing::TestWithParam<const LoopRow*> {
 protected:
  void SetUp() override {
    if (!cpu::runs_here(GetParam()->level)) {
      GTEST_SKIP() << "this CPU has no " << cpu::name_of(GetParam()->level);
    }
  }

  std::vector<double> computed(Operation operation, std::vector<double> a,
                               std::vector<double> b = {}) {
    const std::size_t size = a.size();
    while (a.size() % kLoopGroup != 0) a.push_back(0.5);
    b.resize(a.size(), 0.5);
    std::vector<double> target(a.size());
    const Loop loop = GetParam()->table().loops[static_cast<std::size_t>(operation)]
                                               [static_cast<std::size_t>(DType::float64)];
    loop(reinterpret_cast<std::byte*>(target.data()), reinterpret_cast<const std::byte*>(a.data()),
         reinterpret_cast<const std::byte*>(b.data()), nullptr, nullptr, a.size());
    target.resize(size);
    return target;
  }

  // In units of the last place of the exact result.
  static double error_of(double found, long double exact) {
    const auto rounded = static_cast<double>(exact);
    if (std::isnan(found) && std::isnan(rounded)) return 0;
    if (found == rounded) return 0;
    if (!std::isfinite(rounded) || !std::isfinite(found)) return kInfinity;
    int exponent = 0;
    std::frexp(rounded, &exponent);
    const double unit = std::ldexp(1.0, std::max(exponent - 53, -1074));
    return static_cast<double>(std::fabs(found - exact) / unit);
  }

  void expect_close(Operation operation, long double (*exact)(long double),
                    const std::vector<double>& arguments) {
    const std::vector<double> found = computed(operation, arguments);
    double worst = 0;
    double where = 0;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const double error = error_of(found[i], exact(arguments[i]));
      if (error > worst) {
        worst = error;
        where = arguments[i];
      }
    }
    // The baseline row is the C library itself, whose tanh goes a little further.
    const double bound = GetParam()->level == cpu::Level::baseline ? 2.5 : 2.0;
    EXPECT_LE(worst, bound) << name_of(operation) << "(" << where << ")";
  }

  void expect_library(Operation operation, double (*library)(double)) {
    std::vector<double> arguments = {0.0,
                                     -0.0,
                                     1.0,
                                     -1.0,
                                     0.5,
                                     -0.5,
                                     kInfinity,
                                     -kInfinity,
                                     std::numeric_limits<double>::quiet_NaN(),
                                     5e-324,
                                     -5e-324,
                                     2e-310,
                                     -2e-310,
                                     1e300,
                                     -1e300,
                                     1.7976931348623157e308,
                                     -1.7976931348623157e308,
                                     1.0000000000000002,
                                     -1.0000000000000002,
                                     -2.0,
                                     2.0,
                                     1e-300,
                                     -1e-300,
                                     710.0,
                                     -746.0,
                                     709.7,
                                     -745.2,
                                     -708.5,
                                     1e22,
                                     0x1p29,
                                     -0x1p29,
                                     0x1p52,
                                     0x1p60,
                                     1e16};
    const std::vector<double> found = computed(operation, arguments);
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const double expected = library(arguments[i]);
      EXPECT_LE(error_of(found[i], expected), 2.0)
          << name_of(operation) << "(" << arguments[i] << ") is " << found[i];
      if (expected == 0) {
        EXPECT_EQ(std::signbit(found[i]), std::signbit(expected))
            << name_of(operation) << "(" << arguments[i] << ")";
      }
    }
  }
};

std::vector<const LoopRow*> all_rows() {
  std::vector<const LoopRow*> rows;
  for (const LoopRow& row : loop_rows()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Rows, FunctionsEachRow, ::testing::ValuesIn(all_rows()),
                         [](const auto& test) {
                           return std::string(cpu::name_of(test.param->level));
                         });

std::mt19937_64& generator() {
  static std::mt19937_64 random(61);
  return random;
}

std::vector<double> between(double low, double high, std::size_t count = 100000) {
  std::uniform_real_distribution<double> uniform(low, high);
  std::vector<double> values(count);
  for (double& value : values) value = uniform(generator());
  return values;
}

// Of every magnitude from 2^low to 2^high.
std::vector<double> spread(int low, int high, bool negative, std::size_t count = 100000) {
  std::uniform_real_distribution<double> mantissa(1.0, 2.0);
  std::uniform_int_distribution<int> exponent(low, high - 1);
  std::vector<double> values(count);
  for (double& value : values) {
    value = std::ldexp(mantissa(generator()), exponent(generator()));
    if (negative && generator()() % 2 == 0) value = -value;
  }
  return values;
}

// Multiples of a quarter circle and their neighbours, where results cancel to almost nothing.
std::vector<double> near_zeros() {
  std::vector<double> values;
  for (int k = -20000; k <= 20000; ++k) {
    const double zero = k * (kPi / 2);
    values.insert(values.end(),
                  {zero, std::nextafter(zero, kInfinity), std::nextafter(zero, -kInfinity)});
  }
  return values;
}

TEST_P(FunctionsEachRow, TrigonometricStayClose) {
  for (const auto& arguments :
       {between(-10, 10), between(-1e5, 1e5), spread(-60, 29, true), near_zeros()}) {
    expect_close(Operation::sin, sinl, arguments);
    expect_close(Operation::cos, cosl, arguments);
    expect_close(Operation::tan, tanl, arguments);
  }
}

TEST_P(FunctionsEachRow, ExponentialsStayClose) {
  for (const auto& arguments : {between(-750, 712), between(-2, 2), spread(-60, 10, true)}) {
    expect_close(Operation::exp, expl, arguments);
    expect_close(Operation::expm1, expm1l, arguments);
    expect_close(Operation::tanh, tanhl, arguments);
  }
  expect_close(Operation::tanh, tanhl, between(-25, 25));
  expect_close(Operation::expm1, expm1l, between(-45, 45));
}

TEST_P(FunctionsEachRow, LogarithmsStayClose) {
  for (const auto& arguments :
       {between(0.5, 2), between(0.999, 1.001), spread(-1074, 1024, false)}) {
    expect_close(Operation::log, logl, arguments);
    expect_close(Operation::log2, log2l, arguments);
    expect_close(Operation::log10, log10l, arguments);
  }
  for (const auto& arguments :
       {between(-0.9999999, 3), between(-0.01, 0.01), spread(-80, 1024, false)}) {
    expect_close(Operation::log1p, log1pl, arguments);
  }
}

TEST_P(FunctionsEachRow, InversesStayClose) {
  for (const auto& arguments : {between(-5, 5), between(-0.5, 0.5), spread(-80, 1023, true)}) {
    expect_close(Operation::atan, atanl, arguments);
  }
  for (const auto& arguments :
       {between(-1, 1), between(0.99, 1), between(-0.51, -0.49), spread(-80, 0, true)}) {
    expect_close(Operation::asin, asinl, arguments);
    expect_close(Operation::acos, acosl, arguments);
  }
}

TEST_P(FunctionsEachRow, SpecialArgumentsGetTheLibrarysAnswer) {
  expect_library(Operation::exp, std::exp);
  expect_library(Operation::expm1, std::expm1);
  expect_library(Operation::log, std::log);
  expect_library(Operation::log2, std::log2);
  expect_library(Operation::log10, std::log10);
  expect_library(Operation::log1p, std::log1p);
  expect_library(Operation::sin, std::sin);
  expect_library(Operation::cos, std::cos);
  expect_library(Operation::tan, std::tan);
  expect_library(Operation::asin, std::asin);
  expect_library(Operation::acos, std::acos);
  expect_library(Operation::atan, std::atan);
  expect_library(Operation::tanh, std::tanh);
}

TEST_P(FunctionsEachRow, ExactResultsAreExact) {
  EXPECT_EQ(computed(Operation::cos, {0.0}), std::vector<double>{1.0});
  EXPECT_EQ(computed(Operation::exp, {0.0}), std::vector<double>{1.0});
  std::vector<double> powers;
  std::vector<double> exponents;
  for (int n = -1022; n <= 1023; ++n) {
    powers.push_back(std::ldexp(1.0, n));
    exponents.push_back(n);
  }
  EXPECT_EQ(computed(Operation::log2, powers), exponents);
  EXPECT_EQ(computed(Operation::log10, {1.0, 10.0, 100.0, 1000.0, 1e6, 1e15, 1e22}),
            (std::vector<double>{0, 1, 2, 3, 6, 15, 22}));
}

TEST_P(FunctionsEachRow, HypotStaysClose) {
  for (const int most : {1, 20, 400, 1000}) {
    const std::vector<double> a = spread(-most, most, true);
    const std::vector<double> b = spread(-most, most, true);
    const std::vector<double> found = computed(Operation::hypot, a, b);
    for (std::size_t i = 0; i < a.size(); ++i) {
      ASSERT_LE(error_of(found[i], hypotl(a[i], b[i])), 1.0) << a[i] << ", " << b[i];
    }
  }
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> found =
      computed(Operation::hypot, {0.0, kInfinity, nan, nan, 3.0, -0.0, 5e-324},
               {0.0, nan, -kInfinity, 1.0, 4.0, 0.0, 0.0});
  EXPECT_EQ(found[0], 0.0);
  EXPECT_EQ(found[1], kInfinity);
  EXPECT_EQ(found[2], kInfinity);
  EXPECT_TRUE(std::isnan(found[3]));
  EXPECT_EQ(found[4], 5.0);
  EXPECT_EQ(found[5], 0.0);
  EXPECT_EQ(found[6], 5e-324);
}

// NumPy's definition, by the remainder of the C library.
double floor_divided(double a, double b) {
  if (b == 0) return a / b;
  double remainder = std::fmod(a, b);
  double quotient = (a - remainder) / b;
  if (remainder != 0 && (b < 0) != (remainder < 0)) quotient -= 1.0;
  if (quotient == 0) return std::copysign(0.0, a / b);
  const double floored = std::floor(quotient);
  return quotient - floored > 0.5 ? floored + 1.0 : floored;
}

double remainder_of(double a, double b) {
  double remainder = std::fmod(a, b);
  if (b == 0) return remainder;
  if (remainder == 0) return std::copysign(0.0, b);
  return (b < 0) != (remainder < 0) ? remainder + b : remainder;
}

TEST_P(FunctionsEachRow, DivisionRoundsDownAsNumPyDoes) {
  std::vector<double> a = spread(-40, 40, true);
  std::vector<double> b = spread(-40, 40, true);
  const std::vector<double> specials = {
      0.0,    -0.0,   1.0,       -1.0,       0.1,
      -0.3,   3.0,    kInfinity, -kInfinity, std::numeric_limits<double>::quiet_NaN(),
      5e-324, -1e-20, 1e308,     -1e308,     6.0,
      0x1p53, 1e-310};
  for (const double left : specials) {
    for (const double right : specials) {
      a.push_back(left);
      b.push_back(right);
    }
  }
  for (int i = -300; i < 300; ++i) {  // quotients that are integers or just miss them
    a.push_back(i * 0.1);
    b.push_back(i % 2 == 0 ? 0.1 : -0.1);
    a.push_back(i);
    b.push_back(7);
  }
  const std::vector<double> quotients = computed(Operation::floor_divide, a, b);
  const std::vector<double> remainders = computed(Operation::remainder, a, b);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double quotient = floor_divided(a[i], b[i]);
    const double remainder = remainder_of(a[i], b[i]);
    ASSERT_TRUE(quotients[i] == quotient || (std::isnan(quotients[i]) && std::isnan(quotient)))
        << a[i] << " // " << b[i] << " is " << quotients[i] << ", not " << quotient;
    ASSERT_TRUE(remainders[i] == remainder || (std::isnan(remainders[i]) && std::isnan(remainder)))
        << a[i] << " % " << b[i] << " is " << remainders[i] << ", not " << remainder;
    ASSERT_TRUE(std::isnan(quotient) || std::signbit(quotients[i]) == std::signbit(quotient))
        << a[i] << " // " << b[i];
    ASSERT_TRUE(std::isnan(remainder) || std::signbit(remainders[i]) == std::signbit(remainder))
        << a[i] << " % " << b[i];
  }
}

}  // namespace
}  // namespace fastlane::kernels::expression
