// Whether a program makes sense.
#include "kernels/records/program.hpp"

#include <algorithm>

#include "kernels/records/accumulators.hpp"
#include "kernels/records/byte_index.hpp"
#include "kernels/records/field_reader.hpp"
#include "kernels/records/log_layout.hpp"
#include "kernels/records/utf8.hpp"

namespace fastlane::kernels::records {
namespace {

std::string element(const char* list, std::size_t index) {
  std::string path = list;
  path += '[';
  path += std::to_string(index);
  path += ']';
  return path;
}

[[noreturn]] void refuse(const std::string& path, const std::string& message) {
  throw ProgramError(path, message);
}

void check_source(const LogFormat& format) {
  if (format.tokens.empty()) refuse("source.tokens", "a log without a token");
  std::string first_bytes = "\n\\\" ";
  if (format.prefix.find('\n') != std::string::npos) refuse("source.prefix", "a line break");
  for (std::size_t index = 0; index < format.tokens.size(); ++index) {
    const LogToken& token = format.tokens[index];
    const std::string path = element("source.tokens", index);
    if (token.name.empty()) refuse(path + ".name", "a token without a name");
    if (token.after.find('\n') != std::string::npos) refuse(path + ".after", "a line break");
    const bool last = index + 1 == format.tokens.size();
    if (token.after.empty() && !last) {
      refuse(path + ".after", "nothing between two tokens: their values could not be told apart");
    }
    if (token.kind != TokenKind::plain && (token.after.empty() || token.after[0] != '"')) {
      refuse(path + ".after", "a quoted token that no quote ends");
    }
    if (!token.after.empty() && first_bytes.find(token.after[0]) == std::string::npos) {
      first_bytes += token.after[0];
    }
  }
  if (first_bytes.size() > kMostByteClasses) {
    refuse("source.tokens", "literals that begin with more than " +
                                std::to_string(kMostByteClasses - 4) + " different bytes");
  }
}

void check_text(const std::string& path, const std::string& text) {
  if (!is_utf8(text)) refuse(path, "text that is not UTF-8");
}

bool has_bounds(const Field& field) { return field.ge || field.gt || field.le || field.lt; }

void check_options(const Field& field, const std::string& path) {
  const bool has_lengths = field.max_length || field.min_length || field.starts_with;
  if (has_lengths && !is_text(field.type)) {
    refuse(path, "max_length, min_length and starts_with belong to string and category");
  }
  if (has_bounds(field) && (is_text(field.type) || field.type == Type::boolean)) {
    refuse(path, "ge, gt, le and lt belong to numbers and times");
  }
  if (field.has_one_of && !is_text(field.type) && !is_integer(field.type)) {
    refuse(path + ".one_of", "a list of values belongs to string, category and integers");
  }
  if (is_text(field.type) ? !field.one_of_integers.empty() : !field.one_of_texts.empty()) {
    refuse(path + ".one_of", "values that are not of the field's type");
  }
  if (field.allow_nan && !is_float(field.type)) refuse(path + ".allow_nan", "it belongs to floats");
  for (const std::string& text : field.one_of_texts) check_text(path + ".one_of", text);
  if (field.default_text) check_text(path + ".default", *field.default_text);
}

void check_fields(const Program& program) {
  if (program.fields.empty()) refuse("fields", "no field at all");
  // Errors name fields in sixteen bits.
  if (program.fields.size() > 32000) refuse("fields", "more than 32000 fields");
  const LogLayout layout(program);
  for (std::size_t index = 0; index < program.fields.size(); ++index) {
    const Field& field = program.fields[index];
    const std::string path = element("fields", index);
    if (layout.slot_of_field(index) == kNoSlot) {
      refuse(path + ".token", "the source has no token '" + field.token + "'");
    }
    check_options(field, path);
    try {
      check_field_texts(field);
    } catch (const std::invalid_argument& refused) {
      refuse(path + (field.type == Type::timestamp ? ".format" : ".default"), refused.what());
    }
  }
}

}  // namespace

void check(const Program& program) {
  check_source(program.source);
  check_fields(program);
  const std::size_t fields = program.fields.size();
  for (std::size_t index = 0; index < program.group_by.size(); ++index) {
    if (program.group_by[index] >= fields) refuse(element("group_by", index), "no such field");
  }
  for (std::size_t index = 0; index < program.select.size(); ++index) {
    if (program.select[index] >= fields) refuse(element("select", index), "no such field");
  }
  for (std::size_t index = 0; index < program.aggregates.size(); ++index) {
    const Aggregate& aggregate = program.aggregates[index];
    const std::string path = element("aggregates", index);
    std::optional<Type> type;
    if (aggregate.column) {
      if (*aggregate.column >= fields) refuse(path + ".column", "no such field");
      type = program.fields[*aggregate.column].type;
    }
    if (can_aggregate(aggregate.function, type)) continue;
    const std::string function(name_of(aggregate.function));
    if (!type) refuse(path + ".column", function + " needs a column");
    refuse(path + ".column", function + " over " + std::string(name_of(*type)) + " has no meaning");
  }
  if (program.max_row_bytes == 0 || program.max_row_bytes > kMaxRowBytes) {
    refuse("max_row_bytes", "1 to " + std::to_string(kMaxRowBytes));
  }
}

}  // namespace fastlane::kernels::records
