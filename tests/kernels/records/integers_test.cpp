// Integers against a reader that goes digit by digit in 128 bits.
#include "kernels/records/integers.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <utility>

#include "tests/kernels/records/padded.hpp"

namespace fastlane::kernels::records {
namespace {

template <class T>
std::pair<ErrorCode, T> oracle(const std::string& text) {
  std::size_t at = 0;
  bool negative = false;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) negative = text[at++] == '-';
  if (at == text.size()) return {ErrorCode::type, 0};
  Integer value = 0;
  for (; at < text.size(); ++at) {
    if (text[at] < '0' || text[at] > '9') return {ErrorCode::type, 0};
    value = value * 10 + (text[at] - '0');
    if (value > Integer{1} << 100) value = Integer{1} << 100;
  }
  if (negative) value = -value;
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) {
    return {ErrorCode::overflow, 0};
  }
  return {ErrorCode::none, static_cast<T>(value)};
}

template <class T>
void expect_like_oracle(const std::string& text) {
  const Padded padded(text);
  T value = 0;
  const ErrorCode code = read_integer(padded.text(), padded.size(), value);
  const auto [wanted_code, wanted] = oracle<T>(text);
  ASSERT_EQ(code, wanted_code) << text;
  if (code == ErrorCode::none) {
    ASSERT_EQ(value, wanted) << text;
  }
}

template <class T>
class Integers : public ::testing::Test {};
using Types = ::testing::Types<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                               std::uint16_t, std::uint32_t, std::uint64_t>;
TYPED_TEST_SUITE(Integers, Types);

TYPED_TEST(Integers, ReadsEveryLengthOfDigits) {
  std::mt19937_64 random(7);
  for (std::size_t size = 0; size < 60; ++size) {
    for (int round = 0; round < 300; ++round) {
      std::string text;
      if (round % 3 == 1) text += round % 2 == 0 ? '-' : '+';
      const std::size_t zeros = round % 4 == 0 ? random() % (size + 1) : 0;
      for (std::size_t at = 0; at < size; ++at) {
        text += at < zeros ? '0' : static_cast<char>('0' + random() % 10);
      }
      expect_like_oracle<TypeParam>(text);
    }
  }
}

TYPED_TEST(Integers, StopsAtTheEndsOfItsType) {
  const Integer low = std::numeric_limits<TypeParam>::min();
  const Integer high = std::numeric_limits<TypeParam>::max();
  for (const Integer end : {low, high}) {
    for (Integer value = end - 3; value <= end + 3; ++value) {
      Natural left =
          value < 0 ? Natural{0} - static_cast<Natural>(value) : static_cast<Natural>(value);
      std::string digits;
      do {
        digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(left % 10)));
        left /= 10;
      } while (left != 0);
      for (const char* zeros : {"", "0", "000000000", "00000000000000000000000000"}) {
        expect_like_oracle<TypeParam>((value < 0 ? "-" : "") + (zeros + digits));
        expect_like_oracle<TypeParam>((value < 0 ? "-" : "+") + (zeros + digits));
      }
    }
  }
}

TYPED_TEST(Integers, RefusesEveryForeignByteAtEveryPlace) {
  for (std::size_t size = 1; size <= 24; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, '1');
        text[place] = static_cast<char>(byte);
        expect_like_oracle<TypeParam>(text);
      }
    }
  }
}

TYPED_TEST(Integers, RefusesWhatLooksLikeNumbersElsewhere) {
  for (const char* text : {"", "+", "-", "--1", "+-1", "1.0", "1e3", " 1", "1 ", "0x10", "1_000",
                           "-", "1-", "\xD9\xA1", "nan"}) {
    TypeParam value = 0;
    const Padded padded(text);
    EXPECT_EQ(read_integer(padded.text(), padded.size(), value), ErrorCode::type) << text;
  }
}

}  // namespace
}  // namespace fastlane::kernels::records
