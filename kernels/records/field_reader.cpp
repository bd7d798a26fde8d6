// What all field readers share, and the choice among them.
#include "kernels/records/field_reader.hpp"

#include <stdexcept>

#include "kernels/records/escapes.hpp"
#include "kernels/records/text_reader.hpp"
#include "kernels/records/utf8.hpp"
#include "kernels/records/value_reader.hpp"

namespace fastlane::kernels::records {

FieldReader::FieldReader(const Field& field, std::size_t index, std::size_t slot, bool stored,
                         WindowColumn& column)
    : field_(field),
      index_(index),
      slot_(slot),
      stored_(stored),
      column_(column),
      nullable_(is_nullable(field)),
      has_default_(field.default_text.has_value()),
      default_(field.default_text.value_or(std::string())),
      has_null_(field.null_text.has_value()),
      null_(field.null_text.value_or(std::string())),
      null_literal_(null_.view()) {
  column_.type = field.type;
  column_.nullable = nullable_;
}

ErrorCode FieldReader::resolve(const char* window, Slice slice, std::string_view& text) {
  switch (slice.kind()) {
    case SliceKind::malformed:
      return ErrorCode::format;
    case SliceKind::not_utf8:
      return ErrorCode::utf8;
    case SliceKind::plain:
      text = std::string_view(window + slice.begin(), slice.size());
      return ErrorCode::none;
    case SliceKind::escaped:
      break;
  }
  scratch_.clear();
  char* out = scratch_.extend(slice.size() + kPadding);
  const std::size_t size = undo_escapes(window + slice.begin(), slice.size(), out);
  text = std::string_view(out, size);
  return is_ascii(text) || is_utf8(text) ? ErrorCode::none : ErrorCode::utf8;
}

std::unique_ptr<FieldReader> make_reader(const Field& field, std::size_t index, std::size_t slot,
                                         bool stored, WindowColumn& column) {
  switch (field.type) {
    case Type::string:
      return std::make_unique<StringReader>(field, index, slot, stored, column);
    case Type::category:
      return std::make_unique<CategoryReader>(field, index, slot, stored, column);
    default:
      return make_value_reader(field, index, slot, stored, column);
  }
}

void check_field_texts(const Field& field) {
  WindowColumn column;
  static_cast<void>(make_reader(field, 0, 0, false, column));
}

}  // namespace fastlane::kernels::records
