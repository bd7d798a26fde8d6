// The scalars of JSON in text that ends with a line end: strings, numbers and words, as strict as
// RFC 8259 and Python's json have them. A line end stops every scan, so nothing else bounds them.
#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace fastlane::kernels::records {

inline const char* skip_json_space(const char* at) {
  while (*at == ' ' || *at == '\t' || *at == '\r') ++at;
  return at;
}

// The first quote, backslash or control character from `at` on. Precondition: a line end follows,
// and sixteen readable bytes behind it.
[[gnu::always_inline]] inline const char* find_string_mark(const char* at) {
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i control = _mm_set1_epi8(0x1F);
  while (true) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i marks =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                     _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(marks));
    if (mask != 0) return at + std::countr_zero(mask);
    at += 16;
  }
}

inline bool is_json_digit(char byte) { return static_cast<unsigned char>(byte - '0') <= 9; }

// Behind the escape at `at`, or null.
inline const char* skip_json_escape(const char* at) {
  const char letter = at[1];
  if (letter != 'u') {
    const bool known = letter == '"' || letter == '\\' || letter == '/' || letter == 'b' ||
                       letter == 'f' || letter == 'n' || letter == 'r' || letter == 't';
    return known ? at + 2 : nullptr;
  }
  at += 2;
  for (const char* end = at + 4; at != end; ++at) {
    const auto lower = static_cast<unsigned char>(*at | 0x20);
    if (!is_json_digit(*at) && (lower < 'a' || lower > 'f')) return nullptr;
  }
  return at;
}

// The closing quote of the string whose text begins at `at`. On failure null, with `at` at the byte
// that is wrong.
[[gnu::always_inline]] inline const char* find_string_end(const char*& at, bool& escaped) {
  escaped = false;
  while (true) {
    at = find_string_mark(at);
    if (*at == '"') [[likely]]
      return at;
    if (*at != '\\') return nullptr;
    escaped = true;
    const char* behind = skip_json_escape(at);
    if (behind == nullptr) return nullptr;
    at = behind;
  }
}

// Behind the number at `at`, or null.
[[gnu::always_inline]] inline const char* skip_json_number(const char* at) {
  if (*at == '-') ++at;
  if (*at == '0') {
    ++at;
  } else {
    if (!is_json_digit(*at)) return nullptr;
    do {
      ++at;
    } while (is_json_digit(*at));
  }
  if (*at == '.') {
    ++at;
    if (!is_json_digit(*at)) return nullptr;
    do {
      ++at;
    } while (is_json_digit(*at));
  }
  if ((*at | 0x20) == 'e') {
    ++at;
    if (*at == '+' || *at == '-') ++at;
    if (!is_json_digit(*at)) return nullptr;
    do {
      ++at;
    } while (is_json_digit(*at));
  }
  return at;
}

template <std::size_t kSize>
inline bool begins_with(const char* at, const char (&word)[kSize]) {
  return std::memcmp(at, word, kSize - 1) == 0;
}

// What a scalar that is no string is.
enum class JsonWord : std::uint8_t { none, number, boolean, null };

// Behind the number or word at `at`, or null. Python's json also takes NaN, Infinity and -Infinity
// for numbers. Precondition: sixteen readable bytes.
inline const char* skip_json_word(const char* at, JsonWord& word) {
  switch (*at) {
    case 't':
      word = JsonWord::boolean;
      return begins_with(at, "true") ? at + 4 : nullptr;
    case 'f':
      word = JsonWord::boolean;
      return begins_with(at, "false") ? at + 5 : nullptr;
    case 'n':
      word = JsonWord::null;
      return begins_with(at, "null") ? at + 4 : nullptr;
    case 'N':
      word = JsonWord::number;
      return begins_with(at, "NaN") ? at + 3 : nullptr;
    case 'I':
      word = JsonWord::number;
      return begins_with(at, "Infinity") ? at + 8 : nullptr;
    case '-':
      word = JsonWord::number;
      if (at[1] == 'I') return begins_with(at, "-Infinity") ? at + 9 : nullptr;
      return skip_json_number(at);
    default:
      word = JsonWord::number;
      return skip_json_number(at);
  }
}

}  // namespace fastlane::kernels::records
