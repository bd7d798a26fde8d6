// Floats against strtod and strtof, which glibc rounds correctly.
#include "kernels/records/floats.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

#include "tests/kernels/records/padded.hpp"

namespace fastlane::kernels::records {
namespace {

float convert(const std::string& text, float) { return std::strtof(text.c_str(), nullptr); }
double convert(const std::string& text, double) { return std::strtod(text.c_str(), nullptr); }

template <class T>
ErrorCode read_padded(std::string_view text, bool allow_nan, T& value) {
  const Padded padded(text);
  return read_float(padded.text(), padded.size(), allow_nan, value);
}

// Precondition: the text is a decimal number.
template <class T>
void expect_like_libc(const std::string& text) {
  T value = 42;
  const ErrorCode code = read_padded(text, false, value);
  const T wanted = convert(text, T{});
  if (std::isinf(wanted)) {
    ASSERT_EQ(code, ErrorCode::overflow) << text;
    return;
  }
  ASSERT_EQ(code, ErrorCode::none) << text;
  ASSERT_EQ(std::memcmp(&value, &wanted, sizeof(T)), 0) << text << " gave " << value;
}

template <class T>
class Floats : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(Floats, Types);

TYPED_TEST(Floats, ReadsRandomDecimals) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200000; ++round) {
    std::string text;
    if (random() % 3 == 0) text += random() % 2 == 0 ? '-' : '+';
    const std::size_t whole = random() % 24;
    const std::size_t decimals = random() % 24;
    for (std::size_t at = 0; at < whole; ++at) text += static_cast<char>('0' + random() % 10);
    if (decimals != 0 || whole == 0) {
      text += '.';
      for (std::size_t at = 0; at < decimals + (whole == 0 ? 1 : 0); ++at) {
        text += static_cast<char>('0' + random() % 10);
      }
    }
    if (random() % 2 == 0) {
      text += random() % 2 == 0 ? 'e' : 'E';
      text += std::to_string(static_cast<int>(random() % 700) - 350);
    }
    expect_like_libc<TypeParam>(text);
  }
}

TYPED_TEST(Floats, ReadsRandomBitPatternsBack) {
  std::mt19937_64 random(12);
  for (int round = 0; round < 100000; ++round) {
    double value = std::bit_cast<double>(random());
    if (round % 2 == 0) {
      value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    }
    if (!std::isfinite(value)) continue;
    char text[64];
    std::snprintf(text, sizeof text, round % 3 == 0 ? "%.9g" : "%.17g", value);
    expect_like_libc<TypeParam>(text);
  }
}

TYPED_TEST(Floats, RoundsTheHardCases) {
  for (const char* text :
       {"0",
        "-0",
        "0.0",
        "-0.0e5",
        "1.",
        ".5",
        "00012",
        "1e0",
        "9007199254740992",
        "9007199254740993",
        "9007199254740993.0000000000000000000001",
        "16777217",
        "16777217.0000001",
        "1e22",
        "1e23",
        "123456789012345678",
        "1234567890123456789",
        "12345678901234567890",
        "3.4028234663852886e38",
        "3.4028235677973362e38",
        "3.4028235677973366e38",
        "3.402823567797337e38",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "1e400",
        "-1e400",
        "1e-400",
        "4.9e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "1e-45",
        "7e-46",
        "0e999999999999999999999",
        "1e-999999999999999",
        "0.000000000000000000000000000000000000000000000000000000000000001e64"}) {
    expect_like_libc<TypeParam>(text);
  }
  expect_like_libc<TypeParam>("1" + std::string(500, '0'));
  expect_like_libc<TypeParam>("0." + std::string(500, '0') + "1");
  expect_like_libc<TypeParam>("0." + std::string(500, '0') + "1e500");
  expect_like_libc<TypeParam>("1" + std::string(500, '0') + "e-500");
}

TYPED_TEST(Floats, HasTheGrammarOfPythonWithoutUnderscores) {
  TypeParam value = 0;
  for (const char* text :
       {"",       " ",   "+",         "-",   ".",     "e5",       ".e5", "1e",
        "1e+",    "1 2", "1,5",       "1_0", "0x1p3", "1e5.0",    "--1", "infinit",
        "nan(1)", "1f",  "1\xC2\xA0", "nan", "inf",   "-Infinity"}) {
    EXPECT_EQ(read_padded(text, false, value), ErrorCode::type) << text;
  }
  for (const char* text : {" 1.5", "1.5\t", "\n 1.5 \r\v\f"}) {
    EXPECT_EQ(read_padded(text, false, value), ErrorCode::none) << text;
    EXPECT_EQ(value, TypeParam{1.5});
  }
}

TYPED_TEST(Floats, TakesNanAndInfWhenAsked) {
  TypeParam value = 0;
  for (const char* text : {"nan", "NaN", "+nan", " NAN "}) {
    EXPECT_EQ(read_padded(text, true, value), ErrorCode::none) << text;
    EXPECT_TRUE(std::isnan(value)) << text;
  }
  for (const char* text : {"inf", "+Inf", "INFINITY", "-inf"}) {
    EXPECT_EQ(read_padded(text, true, value), ErrorCode::none) << text;
    EXPECT_TRUE(std::isinf(value)) << text;
    EXPECT_EQ(std::signbit(value), text[0] == '-') << text;
  }
  EXPECT_EQ(read_padded("infinit", true, value), ErrorCode::type);
  EXPECT_EQ(read_padded("1e999", true, value), ErrorCode::overflow);
}

}  // namespace
}  // namespace fastlane::kernels::records
