// Two roads: a decimal of few digits is one exact division of two exact numbers; everything else
// goes through std::from_chars. What that does not take to its end is checked here, because it
// accepts less.
#include "kernels/records/floats.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string_view>
#include <system_error>

#include "kernels/records/integers.hpp"

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

constexpr std::array<std::uint64_t, 20> kTens = [] {
  std::array<std::uint64_t, 20> tens{1};
  for (std::size_t at = 1; at < tens.size(); ++at) tens[at] = tens[at - 1] * 10;
  return tens;
}();

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

// A decimal without exponent that is a quotient of two numbers which T holds; false for any other
// text. Precondition: kPadding readable bytes.
template <class T>
bool read_quotient(const char* text, std::size_t size, T& magnitude) {
  constexpr std::size_t kMostDigits = 19;  // fit into the mantissa whatever they are
  std::size_t whole = count_digits(text);
  if (whole == 8) whole += count_digits(text + 8);
  if (size == 0 || size > kMostDigits) return false;
  std::uint64_t mantissa = 0;
  if (whole >= size) {
    if (read_digits(text, size, mantissa) != ErrorCode::none) return false;
  } else if (text[whole] != '.' || size == 1) {
    return false;
  } else if (whole != 0) {
    if (read_digits(text, whole, mantissa) != ErrorCode::none) return false;
  }
  const std::size_t decimals = whole >= size ? 0 : size - whole - 1;
  if (decimals >= Exact<T>::kPowers.size()) return false;
  if (decimals != 0) {
    std::uint64_t fraction = 0;
    if (read_digits(text + whole + 1, decimals, fraction) != ErrorCode::none) return false;
    mantissa = mantissa * kTens[decimals] + fraction;
  }
  if (mantissa > Exact<T>::kMantissa) return false;
  magnitude = static_cast<T>(mantissa) / Exact<T>::kPowers[decimals];
  return true;
}

template <class T>
ErrorCode read_general(std::string_view text, bool negative, bool allow_nan, T& value) {
  const T sign = negative ? T{-1} : T{1};
  T result = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), result);
  const bool is_number = !text.empty() && (is_digit(text[0]) || text[0] == '.');
  if (is_number && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size()) {
    value = std::copysign(result, sign);
    return ErrorCode::none;
  }
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
  if (parsed.ec == std::errc::result_out_of_range) {
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
  T magnitude = 0;
  if (read_quotient(text, static_cast<std::size_t>(end - text), magnitude)) {
    value = negative ? -magnitude : magnitude;
    return ErrorCode::none;
  }
  return read_general<T>(std::string_view(text, static_cast<std::size_t>(end - text)), negative,
                         allow_nan, value);
}

template ErrorCode read_float<float>(const char*, std::size_t, bool, float&);
template ErrorCode read_float<double>(const char*, std::size_t, bool, double&);

}  // namespace fastlane::kernels::records
