// Two roads: a decimal of few digits is one exact division of two exact numbers; everything else
// goes through std::from_chars. The grammar is checked here, because from_chars accepts less and
// more.
#include "kernels/records/floats.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <system_error>

namespace fastlane::kernels::records {
namespace {

bool is_space(char byte) { return byte == ' ' || (byte >= '\t' && byte <= '\r'); }
bool is_digit(char byte) { return static_cast<unsigned char>(byte - '0') <= 9; }

// Powers of ten that T holds exactly, and the largest mantissa it holds exactly.
template <class T>
struct Exact;
template <>
struct Exact<double> {
  static constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  static constexpr std::uint64_t kMantissa = std::uint64_t{1} << 53;
};
template <>
struct Exact<float> {
  static constexpr std::array<float, 11> kPowers = {1e0F, 1e1F, 1e2F, 1e3F, 1e4F, 1e5F,
                                                    1e6F, 1e7F, 1e8F, 1e9F, 1e10F};
  static constexpr std::uint64_t kMantissa = std::uint64_t{1} << 24;
};

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) | 0x20U) != static_cast<unsigned char>(lower[at])) {
      return false;
    }
  }
  return true;
}

// The shape of a number without its sign. `magnitude` is the decimal exponent of its first digit
// that is not zero, which tells a number too large from one too small.
struct Shape {
  bool valid = false;
  bool is_zero = true;
  std::int64_t magnitude = 0;
};

Shape shape_of(std::string_view text) {
  Shape shape;
  std::size_t at = 0;
  std::int64_t whole_digits = 0;   // from the first digit that is not zero
  std::int64_t leading_zeros = 0;  // behind the point, before the first digit that is not zero
  bool any_digit = false;
  for (; at < text.size() && is_digit(text[at]); ++at) {
    any_digit = true;
    if (text[at] != '0') shape.is_zero = false;
    if (!shape.is_zero) ++whole_digits;
  }
  if (at < text.size() && text[at] == '.') {
    for (++at; at < text.size() && is_digit(text[at]); ++at) {
      any_digit = true;
      if (shape.is_zero && text[at] == '0') ++leading_zeros;
      if (text[at] != '0') shape.is_zero = false;
    }
  }
  if (!any_digit) return shape;
  std::int64_t exponent = 0;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    bool negative = false;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) negative = text[at++] == '-';
    if (at == text.size()) return shape;
    constexpr std::int64_t kBound = std::numeric_limits<std::int64_t>::max() / 16;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      if (exponent < kBound) exponent = exponent * 10 + (text[at] - '0');
    }
    if (negative) exponent = -exponent;
    if (!is_digit(text[at - 1])) return shape;
  }
  shape.valid = at == text.size();
  shape.magnitude = exponent + (whole_digits != 0 ? whole_digits : -leading_zeros);
  return shape;
}

template <class T>
ErrorCode read_general(std::string_view text, bool negative, bool allow_nan, T& value) {
  const T sign = negative ? T{-1} : T{1};
  if (allow_nan) {
    if (equals_ignoring_case(text, "inf") || equals_ignoring_case(text, "infinity")) {
      value = std::copysign(std::numeric_limits<T>::infinity(), sign);
      return ErrorCode::none;
    }
    if (equals_ignoring_case(text, "nan")) {
      value = std::copysign(std::numeric_limits<T>::quiet_NaN(), sign);
      return ErrorCode::none;
    }
  }
  const Shape shape = shape_of(text);
  if (!shape.valid) return ErrorCode::type;
  if (shape.is_zero) {
    value = std::copysign(T{0}, sign);
    return ErrorCode::none;
  }
  T result = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), result);
  if (parsed.ec == std::errc::result_out_of_range || std::isinf(result)) {
    if (shape.magnitude > 0) return ErrorCode::overflow;
    result = 0;
  }
  value = std::copysign(result, sign);
  return ErrorCode::none;
}

}  // namespace

template <class T>
ErrorCode read_float(const char* text, std::size_t size, bool allow_nan, T& value) {
  const char* end = text + size;
  while (text != end && is_space(*text)) ++text;
  while (text != end && is_space(end[-1])) --end;
  bool negative = false;
  if (text != end && (*text == '-' || *text == '+')) negative = *text++ == '-';
  const char* at = text;
  std::uint64_t mantissa = 0;
  std::size_t decimals = 0;
  // Nineteen digits fit into the mantissa whatever they are.
  const char* limit = end - at > 20 ? at + 20 : end;
  while (at != limit && is_digit(*at))
    mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at++ - '0');
  bool any_digit = at != text;
  if (at != limit && *at == '.') {
    const char* point = at++;
    while (at != limit && is_digit(*at)) {
      mantissa = mantissa * 10 + static_cast<std::uint64_t>(*at++ - '0');
    }
    decimals = static_cast<std::size_t>(at - point) - 1;
    any_digit = any_digit || decimals != 0;
  }
  const bool short_enough = at == end && at - text <= 19;
  if (short_enough && any_digit && mantissa <= Exact<T>::kMantissa &&
      decimals < Exact<T>::kPowers.size()) {
    const T magnitude = static_cast<T>(mantissa) / Exact<T>::kPowers[decimals];
    value = negative ? -magnitude : magnitude;
    return ErrorCode::none;
  }
  return read_general<T>(std::string_view(text, static_cast<std::size_t>(end - text)), negative,
                         allow_nan, value);
}

template ErrorCode read_float<float>(const char*, std::size_t, bool, float&);
template ErrorCode read_float<double>(const char*, std::size_t, bool, double&);

}  // namespace fastlane::kernels::records
