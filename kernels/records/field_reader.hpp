// Turns the slices of one token, a block at a time, into values of one field: converts, checks,
// reports, and stores the rows in which every field was good.
// Read next: value_reader.hpp for numbers and times, text_reader.hpp for strings and categories.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/records/block.hpp"
#include "kernels/records/buffer.hpp"
#include "kernels/records/column.hpp"
#include "kernels/records/escapes.hpp"
#include "kernels/records/program.hpp"
#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {

// Text with kPadding readable bytes behind it.
class PaddedText {
 public:
  PaddedText() = default;
  explicit PaddedText(std::string_view text) : bytes_(text) {
    size_ = text.size();
    bytes_.append(kPadding, '\0');
  }
  std::string_view view() const { return {bytes_.data(), size_}; }

 private:
  std::string bytes_;
  std::size_t size_ = 0;
};

// Whether a column of this field can hold nulls.
inline bool is_nullable(const Field& field) {
  return field.nullable && !field.default_text.has_value();
}

// Where a reader stands: which field it is, which slot it reads, how escapes are undone there, and
// whether anybody wants the values behind the checks.
struct ReaderPlace {
  std::size_t index = 0;
  std::size_t slot = 0;
  EscapeRules escapes;
  bool stored = false;
};

class FieldReader {
 public:
  // The field and the column outlive the reader; an unstored field is checked and forgotten.
  FieldReader(const Field& field, const ReaderPlace& place, WindowColumn& column);
  FieldReader(const FieldReader&) = delete;
  FieldReader& operator=(const FieldReader&) = delete;
  virtual ~FieldReader() = default;

  virtual void begin_window() {}
  // Reads and checks every row of the block and reports the bad ones. Throws std::bad_alloc.
  virtual void check(RowBlock& block) = 0;
  // Appends the rows that no field reported. Comes after `check` of all fields on the same block.
  virtual void store(const RowBlock& block) = 0;

 protected:
  // The text that a slice stands for when that takes more than looking, and whether it is null:
  // returns an error code, or gives text that stays where it is until the next call.
  ErrorCode resolve(const char* window, Slice slice, std::string_view& text, bool& null);

  // The error of a null in a field that takes none.
  static ErrorCode refusal_of(Slice slice) {
    return slice.kind() == SliceKind::missing ? ErrorCode::missing : ErrorCode::null;
  }

  bool is_null(std::string_view text) const {
    return has_null_ && text.size() == null_.view().size() && null_literal_.matches(text.data());
  }

  const Field& field_;
  const std::size_t index_;
  const std::size_t slot_;
  const bool stored_;
  const EscapeRules escapes_;
  WindowColumn& column_;
  const bool nullable_;
  const bool has_default_;
  PaddedText default_;

 private:
  const bool has_null_;
  PaddedText null_;
  Literal null_literal_;
  Buffer<char> scratch_;
};

std::unique_ptr<FieldReader> make_reader(const Field& field, const ReaderPlace& place,
                                         WindowColumn& column);

// Throws std::invalid_argument when a field's own texts (format, default) cannot be read.
void check_field_texts(const Field& field);

}  // namespace fastlane::kernels::records
