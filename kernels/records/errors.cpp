// Puts errors into words, one at a time and only for those that are kept in full.
#include "kernels/records/errors.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace fastlane::kernels::records {
namespace {

std::string text_of(Integer value) {
  if (value == 0) return "0";
  Natural left = value < 0 ? Natural{0} - static_cast<Natural>(value) : static_cast<Natural>(value);
  std::string digits;
  for (; left != 0; left /= 10) digits += static_cast<char>('0' + static_cast<int>(left % 10));
  if (value < 0) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string text_of(const Number& number) {
  if (number.is_whole) return text_of(number.whole);
  std::array<char, 32> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number.real).ptr;
  return {digits.data(), end};
}

std::string quoted(std::string_view text) {
  std::string shown = "'";
  shown += text;
  shown += '\'';
  return shown;
}

std::string range_of(const Field& field) {
  std::string text;
  const auto bound = [&text](const char* sign, const std::optional<Number>& number) {
    if (!number) return;
    if (!text.empty()) text += " and ";
    text += sign;
    text += text_of(*number);
  };
  bound(">= ", field.ge);
  bound("> ", field.gt);
  bound("<= ", field.le);
  bound("< ", field.lt);
  if (!text.empty()) return text;
  return field.type == Type::timestamp ? "a time that exists" : "a value in range";
}

std::string list_of(const Field& field) {
  constexpr std::size_t kShown = 12;
  std::string text = "one of ";
  std::size_t listed = 0;
  const auto add = [&](const std::string& one) {
    if (listed != 0 && listed <= kShown) text += ", ";
    if (listed <= kShown) text += listed < kShown ? one : "...";
    ++listed;
  };
  for (const std::string& one : field.one_of_texts) add(quoted(one));
  for (const Integer one : field.one_of_integers) add(text_of(one));
  return text;
}

std::string length_of(const Field& field) {
  std::string text;
  if (field.min_length) text += "at least " + std::to_string(*field.min_length);
  if (field.min_length && field.max_length) text += " and ";
  if (field.max_length) text += "at most " + std::to_string(*field.max_length);
  return text + " characters";
}

std::string limits_of(Type type) {
  switch (type) {
    case Type::int8:
      return "-128 to 127";
    case Type::int16:
      return "-32768 to 32767";
    case Type::int32:
      return "-2147483648 to 2147483647";
    case Type::int64:
      return "-9223372036854775808 to 9223372036854775807";
    case Type::uint8:
      return "0 to 255";
    case Type::uint16:
      return "0 to 65535";
    case Type::uint32:
      return "0 to 4294967295";
    case Type::uint64:
      return "0 to 18446744073709551615";
    case Type::float32:
      return "-3.4028235e38 to 3.4028235e38";
    default:
      return "-1.7976931348623157e308 to 1.7976931348623157e308";
  }
}

std::string type_of(const Field& field) {
  if (is_integer(field.type)) return "an integer";
  if (field.type == Type::boolean) return "true, false, 1 or 0";
  if (is_text(field.type)) return "a text";
  if (field.type == Type::timestamp) return "a time like " + field.format;
  return field.allow_nan ? "a number, nan or inf" : "a finite number";
}

bool is_request_part(const Program& program, const Field& field) {
  if (program.kind != SourceKind::log) return false;
  for (const LogToken& token : program.source.tokens) {
    if (token.name == field.token) return false;
  }
  return true;
}

}  // namespace

void ErrorCounts::join(const ErrorCounts& other) {
  for (std::size_t at = 0; at < counts_.size(); ++at) counts_[at] += other.counts_[at];
}

void ErrorCounts::clear() { std::fill(counts_.begin(), counts_.end(), 0); }

std::string expectation_of(const Program& program, std::int16_t field_index, ErrorCode code) {
  if (code == ErrorCode::utf8) return "valid UTF-8";
  if (code == ErrorCode::too_long) {
    return "a row of at most " + std::to_string(program.max_row_bytes) + " bytes";
  }
  if (code == ErrorCode::expression)
    return "a result: int64 cannot hold this, or a division by zero";
  if (code == ErrorCode::truncated) return "the rest of the row";
  if (field_index == kWholeRow) return std::string(name_of(code));
  const Field& field = program.fields[static_cast<std::size_t>(field_index)];
  switch (code) {
    case ErrorCode::null:
    case ErrorCode::missing:
      return "a value";
    case ErrorCode::type:
      return type_of(field);
    case ErrorCode::range:
      return range_of(field);
    case ErrorCode::one_of:
      return list_of(field);
    case ErrorCode::length:
      return length_of(field);
    case ErrorCode::prefix:
      return "text that starts with " + quoted(field.starts_with.value_or(std::string()));
    case ErrorCode::format:
      if (is_request_part(program, field))
        return "a request of three words: method, path, protocol";
      return "a time like " + field.format;
    case ErrorCode::overflow:
      return std::string(name_of(field.type)) + ", " + limits_of(field.type);
    default:
      return std::string(name_of(code));
  }
}

ErrorDetail explain(const Program& program, const Layout& layout, const Problem& problem,
                    std::string_view row, std::size_t input) {
  ErrorDetail detail;
  detail.field = problem.field;
  detail.code = problem.code;
  detail.raw = row.substr(0, kRawBytes);
  const bool is_told = problem.code == ErrorCode::too_long ||
                       problem.code == ErrorCode::truncated ||
                       problem.code == ErrorCode::expression;
  if (problem.field == kWholeRow && !is_told && problem.code != ErrorCode::utf8) {
    Mismatch mismatch = layout.explain(row, input);
    detail.expected = std::move(mismatch.expected);
    detail.got = std::move(mismatch.got);
    return detail;
  }
  detail.expected = expectation_of(program, problem.field, problem.code);
  if (problem.field != kWholeRow && problem.code != ErrorCode::expression) {
    const std::size_t slot = layout.slot_of_field(static_cast<std::size_t>(problem.field));
    detail.got = layout.text_of_slot(row, slot, input).substr(0, kRawBytes);
  }
  return detail;
}

}  // namespace fastlane::kernels::records
