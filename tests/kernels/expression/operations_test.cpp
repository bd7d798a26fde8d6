// Every operation on every type, in every CPU row, against one element at a time in wider
// arithmetic.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <type_traits>
#include <vector>

#include "kernels/expression/loops.hpp"

namespace fastlane::kernels::expression {
namespace {

__extension__ typedef __int128 Wide;  // NOLINT(modernize-use-using)

template <class T>
using Stored = std::conditional_t<std::is_same_v<T, bool>, std::uint8_t, T>;

class OperationsEachRow : public ::testing::TestWithParam<const LoopRow*> {
 protected:
  void SetUp() override {
    if (!cpu::runs_here(GetParam()->level)) {
      GTEST_SKIP() << "this CPU has no " << cpu::name_of(GetParam()->level);
    }
  }

  template <class Result, class T>
  std::vector<Stored<Result>> computed(Operation operation, const std::vector<Stored<T>>& a,
                                       const std::vector<Stored<T>>& b,
                                       const std::vector<Stored<T>>& c) {
    std::vector<Stored<Result>> target(a.size());
    const Loop loop = GetParam()->table().loops[static_cast<std::size_t>(operation)]
                                               [static_cast<std::size_t>(dtype_of<T>())];
    EXPECT_NE(loop, nullptr) << name_of(operation);
    if (loop == nullptr) return target;
    loop(bytes_of(target), bytes_of(a), bytes_of(b), bytes_of(c), bytes_of(a), a.size());
    return target;
  }

  template <class T>
  static std::byte* bytes_of(std::vector<T>& values) {
    return reinterpret_cast<std::byte*>(values.data());
  }
  template <class T>
  static const std::byte* bytes_of(const std::vector<T>& values) {
    return reinterpret_cast<const std::byte*>(values.data());
  }

  template <class T>
  static std::vector<Stored<T>> samples(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<Stored<T>> values(64 * 7);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if constexpr (std::is_same_v<T, bool>) {
        values[i] = random() % 2;
      } else if constexpr (std::is_floating_point_v<T>) {
        constexpr T kInfinity = std::numeric_limits<T>::infinity();
        const T specials[] = {
            T{0},   -T{0},   kInfinity, -kInfinity, std::numeric_limits<T>::quiet_NaN(),
            T(0.5), T(-2.5), T(1)};
        values[i] = random() % 3 == 0
                        ? specials[random() % 8]
                        : static_cast<T>(static_cast<double>(random() % 2001) / 8 - 125);
      } else {
        const T specials[] = {0,
                              1,
                              static_cast<T>(-1),
                              std::numeric_limits<T>::min(),
                              std::numeric_limits<T>::max(),
                              7,
                              static_cast<T>(-7),
                              2};
        values[i] = random() % 2 == 0 ? specials[random() % 8] : static_cast<T>(random());
      }
    }
    return values;
  }

  // The loop's results against reference(a, b, c), bit by bit but for NaN.
  template <class Result, class T, class Reference>
  void check(Operation operation, Reference reference) {
    const auto a = samples<T>(1);
    const auto b = samples<T>(2);
    const auto c = samples<T>(3);
    const auto found = computed<Result, T>(operation, a, b, c);
    for (std::size_t i = 0; i < a.size(); ++i) {
      const auto expected = static_cast<Stored<Result>>(reference(a[i], b[i], c[i]));
      if (expected != expected) {
        ASSERT_TRUE(found[i] != found[i]) << name_of(operation) << " of " << +a[i] << ", " << +b[i];
        continue;
      }
      ASSERT_EQ(std::memcmp(&found[i], &expected, sizeof expected), 0)
          << name_of(operation) << " of " << name_of(dtype_of<T>()) << " " << +a[i] << ", " << +b[i]
          << " is " << +found[i] << ", not " << +expected;
    }
  }
};

std::vector<const LoopRow*> all_rows() {
  std::vector<const LoopRow*> rows;
  for (const LoopRow& row : loop_rows()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Rows, OperationsEachRow, ::testing::ValuesIn(all_rows()),
                         [](const auto& test) {
                           return std::string(cpu::name_of(test.param->level));
                         });

Wide floored(Wide a, Wide b) { return a / b - ((a % b != 0 && (a < 0) != (b < 0)) ? 1 : 0); }

Wide power_of(Wide base, Wide exponent) {
  std::uint64_t result = 1;
  auto factor = static_cast<std::uint64_t>(base);
  for (auto left = static_cast<std::uint64_t>(exponent); left != 0; left >>= 1) {
    if ((left & 1) != 0) result *= factor;
    factor *= factor;
  }
  return static_cast<Wide>(result);
}

template <class Check>
void for_integers(Check&& check) {
  check.template operator()<std::int8_t>();
  check.template operator()<std::int16_t>();
  check.template operator()<std::int32_t>();
  check.template operator()<std::int64_t>();
  check.template operator()<std::uint8_t>();
  check.template operator()<std::uint16_t>();
  check.template operator()<std::uint32_t>();
  check.template operator()<std::uint64_t>();
}

TEST_P(OperationsEachRow, IntegersWrap) {
  for_integers([&]<class T>() {
    using W = Wide;
    check<T, T>(Operation::add, [](W a, W b, W) { return a + b; });
    check<T, T>(Operation::subtract, [](W a, W b, W) { return a - b; });
    check<T, T>(Operation::multiply, [](W a, W b, W) {
      return static_cast<W>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
    });
    check<T, T>(Operation::negative, [](W a, W, W) { return -a; });
    check<T, T>(Operation::absolute, [](W a, W, W) { return a < 0 ? -a : a; });
    check<T, T>(Operation::invert, [](W a, W, W) { return ~a; });
    check<T, T>(Operation::copy, [](W a, W, W) { return a; });
    check<T, T>(Operation::minimum, [](W a, W b, W) { return a < b ? a : b; });
    check<T, T>(Operation::maximum, [](W a, W b, W) { return a > b ? a : b; });
    check<T, T>(Operation::bit_and, [](W a, W b, W) { return a & b; });
    check<T, T>(Operation::bit_or, [](W a, W b, W) { return a | b; });
    check<T, T>(Operation::floor_divide, [](W a, W b, W) { return b == 0 ? 0 : floored(a, b); });
    check<T, T>(Operation::remainder,
                [](W a, W b, W) { return b == 0 ? 0 : a - b * floored(a, b); });
  });
}

TEST_P(OperationsEachRow, IntegerPowersWrapAndRefuseNegativeExponents) {
  for_integers([&]<class T>() {
    std::vector<T> base(64);
    std::vector<T> exponent(64);
    for (std::size_t i = 0; i < 64; ++i) {
      base[i] = static_cast<T>(static_cast<int>(i) - 32);
      exponent[i] = static_cast<T>(i % 13);
    }
    const auto found = computed<T, T>(Operation::power, base, exponent, base);
    for (std::size_t i = 0; i < 64; ++i) {
      ASSERT_EQ(found[i], static_cast<T>(power_of(base[i], exponent[i])));
    }
    if constexpr (std::is_signed_v<T>) {
      exponent[63] = -1;
      EXPECT_THROW((computed<T, T>(Operation::power, base, exponent, base)), std::domain_error);
    }
  });
}

TEST_P(OperationsEachRow, IntegersCompare) {
  for_integers([&]<class T>() {
    using W = Wide;
    check<bool, T>(Operation::less, [](W a, W b, W) { return a < b; });
    check<bool, T>(Operation::less_equal, [](W a, W b, W) { return a <= b; });
    check<bool, T>(Operation::equal, [](W a, W b, W) { return a == b; });
    check<bool, T>(Operation::not_equal, [](W a, W b, W) { return a != b; });
  });
}

TEST_P(OperationsEachRow, OverflowIsSeen) {
  using W = Wide;
  const auto overflows = [](W value) { return value != static_cast<std::int64_t>(value); };
  check<bool, std::int64_t>(Operation::add_overflows,
                            [&](W a, W b, W) { return overflows(a + b); });
  check<bool, std::int64_t>(Operation::subtract_overflows,
                            [&](W a, W b, W) { return overflows(a - b); });
  check<bool, std::int64_t>(Operation::multiply_overflows,
                            [&](W a, W b, W) { return overflows(a * b); });
}

TEST_P(OperationsEachRow, BooleansAreLogical) {
  using B = bool;
  check<B, B>(Operation::bit_and, [](B a, B b, B) { return a && b; });
  check<B, B>(Operation::bit_or, [](B a, B b, B) { return a || b; });
  check<B, B>(Operation::invert, [](B a, B, B) { return !a; });
  check<B, B>(Operation::minimum, [](B a, B b, B) { return a && b; });
  check<B, B>(Operation::maximum, [](B a, B b, B) { return a || b; });
  check<B, B>(Operation::less, [](B a, B b, B) { return !a && b; });
  check<B, B>(Operation::less_equal, [](B a, B b, B) { return !a || b; });
  check<B, B>(Operation::equal, [](B a, B b, B) { return a == b; });
  check<B, B>(Operation::not_equal, [](B a, B b, B) { return a != b; });
  check<B, B>(Operation::copy, [](B a, B, B) { return a; });
}

template <class T>
T lesser(T a, T b) {
  if (a != a || b != b) return std::numeric_limits<T>::quiet_NaN();
  return a < b ? a : b;
}
template <class T>
T greater(T a, T b) {
  if (a != a || b != b) return std::numeric_limits<T>::quiet_NaN();
  return a > b ? a : b;
}

TEST_P(OperationsEachRow, FloatsFollowIeee) {
  const auto floats = [&]<class T>() {
    check<T, T>(Operation::add, [](T a, T b, T) { return a + b; });
    check<T, T>(Operation::subtract, [](T a, T b, T) { return a - b; });
    check<T, T>(Operation::multiply, [](T a, T b, T) { return a * b; });
    check<T, T>(Operation::divide, [](T a, T b, T) { return a / b; });
    check<T, T>(Operation::negative, [](T a, T, T) { return -a; });
    check<T, T>(Operation::absolute, [](T a, T, T) { return std::fabs(a); });
    check<T, T>(Operation::copy, [](T a, T, T) { return a; });
    check<T, T>(Operation::floor, [](T a, T, T) { return std::floor(a); });
    check<T, T>(Operation::ceil, [](T a, T, T) { return std::ceil(a); });
    check<T, T>(Operation::trunc, [](T a, T, T) { return std::trunc(a); });
    check<T, T>(Operation::round, [](T a, T, T) { return std::nearbyint(a); });
    check<T, T>(Operation::sqrt, [](T a, T, T) { return std::sqrt(a); });
    check<bool, T>(Operation::isnan, [](T a, T, T) { return std::isnan(a); });
    check<bool, T>(Operation::isfinite, [](T a, T, T) { return std::isfinite(a); });
    check<bool, T>(Operation::less, [](T a, T b, T) { return a < b; });
    check<bool, T>(Operation::less_equal, [](T a, T b, T) { return a <= b; });
    check<bool, T>(Operation::equal, [](T a, T b, T) { return a == b; });
    check<bool, T>(Operation::not_equal, [](T a, T b, T) { return a != b; });
    check<T, T>(Operation::multiply_add, [](T a, T b, T c) {
      volatile T product = a * b;
      return product + c;
    });
    check<T, T>(Operation::multiply_subtract, [](T a, T b, T c) {
      volatile T product = a * b;
      return product - c;
    });
    check<T, T>(Operation::subtract_product, [](T a, T b, T c) {
      volatile T product = a * b;
      return c - product;
    });
    check<T, T>(Operation::sum_of_products, [](T a, T b, T c) {  // the fourth operand is a
      volatile T left = a * b;
      volatile T right = c * a;
      return left + right;
    });
    const auto a = samples<T>(1);
    const auto b = samples<T>(2);
    // Whether 0.0 or -0.0 is the lesser is left open, so these are compared as numbers.
    const auto low = computed<T, T>(Operation::minimum, a, b, b);
    const auto high = computed<T, T>(Operation::maximum, a, b, b);
    for (std::size_t i = 0; i < a.size(); ++i) {
      const T expected_low = lesser(a[i], b[i]);
      const T expected_high = greater(a[i], b[i]);
      ASSERT_TRUE(low[i] == expected_low || (std::isnan(low[i]) && std::isnan(expected_low)));
      ASSERT_TRUE(high[i] == expected_high || (std::isnan(high[i]) && std::isnan(expected_high)));
    }
  };
  floats.template operator()<double>();
  floats.template operator()<float>();
}

TEST_P(OperationsEachRow, WhereChooses) {
  const auto chooses = [&]<class T>() {
    const auto b = samples<T>(2);
    const auto c = samples<T>(3);
    std::vector<std::uint8_t> condition(b.size());
    for (std::size_t i = 0; i < b.size(); ++i) condition[i] = static_cast<std::uint8_t>(i % 3);
    std::vector<Stored<T>> found(b.size());
    const Loop loop = GetParam()->table().loops[static_cast<std::size_t>(Operation::where)]
                                               [static_cast<std::size_t>(dtype_of<T>())];
    loop(bytes_of(found), bytes_of(condition), bytes_of(b), bytes_of(c), nullptr, b.size());
    for (std::size_t i = 0; i < b.size(); ++i) {
      const Stored<T> expected = condition[i] != 0 ? b[i] : c[i];
      ASSERT_EQ(std::memcmp(&found[i], &expected, sizeof expected), 0);
    }
  };
  for_integers(chooses);
  chooses.template operator()<bool>();
  chooses.template operator()<float>();
  chooses.template operator()<double>();
}

template <class From, class To>
Stored<To> converted(Stored<From> value) {
  if constexpr (std::is_same_v<To, bool>) return value != Stored<From>{0};
  if constexpr (std::is_same_v<From, bool>) return static_cast<Stored<To>>(value != 0);
  return static_cast<Stored<To>>(value);
}

TEST_P(OperationsEachRow, CastsConvertLikeTheLanguage) {
  const auto cast = [&]<class From, class To>() {
    const Loop loop = GetParam()->table().casts[static_cast<std::size_t>(dtype_of<From>())]
                                               [static_cast<std::size_t>(dtype_of<To>())];
    ASSERT_NE(loop, nullptr) << name_of(dtype_of<From>()) << " to " << name_of(dtype_of<To>());
    const auto from = samples<From>(5);
    std::vector<Stored<To>> found(from.size());
    loop(bytes_of(found), bytes_of(from), nullptr, nullptr, nullptr, from.size());
    for (std::size_t i = 0; i < from.size(); ++i) {
      const Stored<To> expected = converted<From, To>(from[i]);
      ASSERT_TRUE(found[i] == expected || (expected != expected && found[i] != found[i]))
          << name_of(dtype_of<From>()) << " to " << name_of(dtype_of<To>()) << " of " << +from[i];
    }
  };
  const auto from_any = [&]<class From>() {
    const auto to = [&]<class To>() { cast.template operator()<From, To>(); };
    if constexpr (!std::is_floating_point_v<From>) for_integers(to);
    to.template operator()<bool>();
    to.template operator()<float>();
    to.template operator()<double>();
  };
  for_integers(from_any);
  from_any.template operator()<bool>();
  from_any.template operator()<float>();
  from_any.template operator()<double>();
}

}  // namespace
}  // namespace fastlane::kernels::expression
