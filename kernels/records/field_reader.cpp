// What all field readers share, and the choice among them.
#include "kernels/records/field_reader.hpp"

#include <stdexcept>

#include "kernels/records/escapes.hpp"
#include "kernels/records/text_reader.hpp"
#include "kernels/records/utf8.hpp"
#include "kernels/records/value_reader.hpp"

namespace fastlane::kernels::records {

FieldReader::FieldReader(const Field& field, const ReaderPlace& place, WindowColumn& column)
    : field_(field),
      index_(place.index),
      slot_(place.slot),
      stored_(place.stored),
      escapes_(place.escapes),
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

ErrorCode FieldReader::resolve(const char* window, Slice slice, std::string_view& text,
                               bool& null) {
  null = false;
  switch (slice.kind()) {
    case SliceKind::malformed:
      return ErrorCode::format;
    case SliceKind::not_utf8:
      return ErrorCode::utf8;
    case SliceKind::wrong_type:
      return ErrorCode::type;
    case SliceKind::missing:
    case SliceKind::null:
      null = true;
      return ErrorCode::none;
    case SliceKind::plain:
      text = std::string_view(window + slice.begin(), slice.size());
      null = is_null(text);
      return ErrorCode::none;
    case SliceKind::escaped:
      break;
  }
  scratch_.clear();
  char* out = scratch_.extend(slice.size() + kPadding);
  const std::size_t size = undo_escapes(escapes_, window + slice.begin(), slice.size(), out);
  text = std::string_view(out, size);
  if (!is_ascii(text) && !is_utf8(text)) return ErrorCode::utf8;
  null = is_null(text);
  return ErrorCode::none;
}

std::unique_ptr<FieldReader> make_reader(const Field& field, const ReaderPlace& place,
                                         WindowColumn& column) {
  switch (field.type) {
    case Type::string:
      return std::make_unique<StringReader>(field, place, column);
    case Type::category:
      return std::make_unique<CategoryReader>(field, place, column);
    default:
      return make_value_reader(field, place, column);
  }
}

void check_field_texts(const Field& field) {
  WindowColumn column;
  static_cast<void>(make_reader(field, {}, column));
}

}  // namespace fastlane::kernels::records
