// Strings and categories: checks, and the copies into a window's columns.
#include "kernels/records/text_reader.hpp"

#include <cstring>
#include <limits>

#include "kernels/records/utf8.hpp"

namespace fastlane::kernels::records {
namespace {

// Copies in steps of 32 bytes, so that short texts cost no call. Precondition: kPadding bytes
// behind both ends.
inline void copy_padded(char* to, const char* from, std::size_t size) {
  for (std::size_t at = 0; at < size; at += 32) std::memcpy(to + at, from + at, 32);
}

}  // namespace

TextLimits::TextLimits(const Field& field)
    : any_(field.max_length || field.min_length || field.starts_with || field.has_one_of),
      least_(field.min_length.value_or(0)),
      most_(field.max_length.value_or(std::numeric_limits<std::uint64_t>::max())),
      has_prefix_(field.starts_with.has_value()),
      prefix_(field.starts_with.value_or(std::string())),
      prefix_literal_(prefix_.view()),
      listed_only_(field.has_one_of) {
  for (const std::string& text : field.one_of_texts) {
    static_cast<void>(listed_.add(PaddedText(text).view()));
  }
}

ErrorCode TextLimits::check(std::string_view text) const {
  if (text.size() > most_ || text.size() / 4 < least_) {
    const std::size_t length = count_code_points(text);
    if (length > most_ || length < least_) return ErrorCode::length;
  }
  if (has_prefix_) {
    const bool has_room = text.size() >= prefix_literal_.size();
    if (!has_room || !prefix_literal_.matches(text.data())) return ErrorCode::prefix;
  }
  if (listed_only_ && listed_.find(text) < 0) return ErrorCode::one_of;
  return ErrorCode::none;
}

StringReader::StringReader(const Field& field, const ReaderPlace& place, WindowColumn& column)
    : FieldReader(field, place, column), limits_(field) {}

void StringReader::check(RowBlock& block) {
  const Slice* slices = block.slot(slot_);
  const bool unchecked = limits_.none() && (nullable_ || has_default_ || !field_.null_text);
  for (std::size_t row = 0; row < block.rows; ++row) {
    const Slice slice = slices[row];
    if (unchecked && slice.is_plain()) continue;
    std::string_view text(block.text + slice.begin(), slice.size());
    ErrorCode code = ErrorCode::none;
    bool null = false;
    if (slice.is_plain()) [[likely]] {
      null = is_null(text);
    } else {
      code = resolve(block.text, slice, text, null);
    }
    if (code == ErrorCode::none) {
      if (!null) {
        code = limits_.check(text);
      } else if (!nullable_ && !has_default_) {
        code = refusal_of(slice);
      }
    }
    if (code != ErrorCode::none) [[unlikely]] {
      block.report(row, index_, code);
    }
  }
}

void StringReader::store(const RowBlock& block) {
  if (!stored_) return;
  const Slice* slices = block.slot(slot_);
  std::uint32_t* sizes = column_.sizes.extend(block.rows);
  std::uint8_t* valid = nullable_ ? column_.valid.extend(block.rows) : nullptr;
  std::size_t kept = 0;
  for (std::size_t row = 0; row < block.rows; ++row) {
    if (block.bad[row] != 0) continue;
    const Slice slice = slices[row];
    std::string_view text(block.text + slice.begin(), slice.size());
    bool null = false;
    if (slice.is_plain()) [[likely]] {
      null = is_null(text);
    } else {
      static_cast<void>(resolve(block.text, slice, text, null));
    }
    if (valid != nullptr) valid[kept] = null ? 0 : 1;
    if (null) text = has_default_ ? default_.view() : std::string_view();
    column_.texts.reserve(text.size() + kPadding);
    copy_padded(column_.texts.end(), text.data(), text.size());
    column_.texts.resize(column_.texts.size() + text.size());
    sizes[kept++] = static_cast<std::uint32_t>(text.size());
  }
  column_.length += kept;
  column_.sizes.resize(column_.length);
  if (nullable_) column_.valid.resize(column_.length);
}

CategoryReader::CategoryReader(const Field& field, const ReaderPlace& place, WindowColumn& column)
    : FieldReader(field, place, column), limits_(field) {}

std::int32_t CategoryReader::code_of(std::string_view text) {
  const std::int32_t code = column_.dictionary.add(text);
  if (static_cast<std::size_t>(code) == verdicts_.size()) verdicts_.push_back(limits_.check(text));
  return code;
}

void CategoryReader::check(RowBlock& block) {
  const Slice* slices = block.slot(slot_);
  for (std::size_t row = 0; row < block.rows; ++row) {
    const Slice slice = slices[row];
    std::string_view text(block.text + slice.begin(), slice.size());
    ErrorCode code = ErrorCode::none;
    bool null = false;
    if (slice.is_plain()) [[likely]] {
      null = is_null(text);
    } else {
      code = resolve(block.text, slice, text, null);
    }
    if (code == ErrorCode::none) {
      valid_[row] = null && !has_default_ ? 0 : 1;
      codes_[row] = 0;
      if (!null) {
        codes_[row] = code_of(text);
        code = verdicts_[static_cast<std::size_t>(codes_[row])];
      } else if (has_default_) {
        codes_[row] = code_of(default_.view());
      } else if (!nullable_) {
        code = refusal_of(slice);
      }
    }
    if (code != ErrorCode::none) [[unlikely]] {
      block.report(row, index_, code);
    }
  }
}

void CategoryReader::store(const RowBlock& block) {
  if (!stored_) return;
  auto* to =
      reinterpret_cast<std::int32_t*>(column_.values.extend(block.rows * sizeof(std::int32_t)));
  std::uint8_t* valid = nullable_ ? column_.valid.extend(block.rows) : nullptr;
  std::size_t kept = 0;
  for (std::size_t row = 0; row < block.rows; ++row) {
    to[kept] = codes_[row];
    if (valid != nullptr) valid[kept] = valid_[row];
    kept += block.bad[row] ^ 1U;
  }
  column_.length += kept;
  column_.values.resize(column_.length * sizeof(std::int32_t));
  if (nullable_) column_.valid.resize(column_.length);
}

}  // namespace fastlane::kernels::records
