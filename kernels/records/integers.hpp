// Reads integers written in decimal: an optional sign, then digits, leading zeros allowed.
// Eight digits at a time in one word. Knows nothing of fields or columns.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "kernels/records/program.hpp"
#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {

// The value of eight bytes that are digit values already, first byte most significant.
inline std::uint32_t combine_digits(std::uint64_t digits) {
  digits = (digits * 10) + (digits >> 8);
  constexpr std::uint64_t kPairs = 0x000000FF000000FF;
  constexpr std::uint64_t kHundreds = 0x000F424000000064;  // 100 + (1000000 << 32)
  constexpr std::uint64_t kOnes = 0x0000271000000001;      // 1 + (10000 << 32)
  return static_cast<std::uint32_t>(
      (((digits & kPairs) * kHundreds) + (((digits >> 16) & kPairs) * kOnes)) >> 32);
}

// How many digits the text begins with, of eight. Precondition: eight readable bytes.
inline std::size_t count_digits(const char* text) {
  const std::uint64_t digits = load_word(text) ^ 0x3030303030303030;
  const std::uint64_t others = (digits | (digits + 0x7676767676767676)) & 0x8080808080808080;
  return others == 0 ? 8 : static_cast<std::size_t>(std::countr_zero(others)) / 8;
}

// Up to eight digits. Returns false when a byte is not a digit. Precondition: eight readable bytes,
// size >= 1.
inline bool read_short_digits(const char* text, std::size_t size, std::uint32_t& value) {
  std::uint64_t digits = load_word(text) ^ 0x3030303030303030;
  digits <<= (8 - size) * 8;
  if (((digits | (digits + 0x7676767676767676)) & 0x8080808080808080) != 0) return false;
  value = combine_digits(digits);
  return true;
}

// Any number of digits, for the few that do not fit into sixteen. Returns none, type or overflow.
inline ErrorCode read_long_digits(const char* text, std::size_t size, std::uint64_t& value) {
  Natural sum = 0;
  bool fits = true;
  for (std::size_t at = 0; at < size; ++at) {
    const auto digit = static_cast<unsigned char>(text[at] - '0');
    if (digit > 9) return ErrorCode::type;
    if (!fits) continue;
    sum = sum * 10 + digit;
    fits = sum <= std::numeric_limits<std::uint64_t>::max();
  }
  value = static_cast<std::uint64_t>(sum);
  return fits ? ErrorCode::none : ErrorCode::overflow;
}

// Digits without a sign. Returns none, type or overflow. Precondition: eight readable bytes.
inline ErrorCode read_digits(const char* text, std::size_t size, std::uint64_t& value) {
  std::uint32_t low = 0;
  if (size <= 8) {
    if (size == 0 || !read_short_digits(text, size, low)) return ErrorCode::type;
    value = low;
    return ErrorCode::none;
  }
  if (size <= 16) {
    std::uint32_t high = 0;
    if (!read_short_digits(text, size - 8, high) || !read_short_digits(text + size - 8, 8, low)) {
      return ErrorCode::type;
    }
    value = std::uint64_t{high} * 100000000 + low;
    return ErrorCode::none;
  }
  return read_long_digits(text, size, value);
}

// One integer of type T. Returns none, type or overflow; never allocates.
// Precondition: eight readable bytes from `text` on, whatever the size.
template <class T>
ErrorCode read_integer(const char* text, std::size_t size, T& value) {
  static_assert(std::is_integral_v<T>);
  bool negative = false;
  if (size != 0 && (*text == '-' || *text == '+')) {
    negative = *text == '-';
    ++text;
    --size;
  }
  std::uint64_t magnitude = 0;
  const ErrorCode code = read_digits(text, size, magnitude);
  if (code != ErrorCode::none) return code;
  constexpr std::uint64_t kLargest = static_cast<std::uint64_t>(std::numeric_limits<T>::max());
  std::uint64_t limit = kLargest;
  if (negative) limit = std::is_signed_v<T> ? kLargest + 1 : 0;
  if (magnitude > limit) return ErrorCode::overflow;
  value = static_cast<T>(negative ? 0 - magnitude : magnitude);
  return ErrorCode::none;
}

}  // namespace fastlane::kernels::records
