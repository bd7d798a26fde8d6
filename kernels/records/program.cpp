// Whether a program makes sense.
#include "kernels/records/program.hpp"

#include <algorithm>

#include "kernels/records/accumulators.hpp"
#include "kernels/records/byte_index.hpp"
#include "kernels/records/field_reader.hpp"
#include "kernels/records/layout.hpp"
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

[[noreturn]] void refuse(const std::string& path, std::string expected, std::string got) {
  throw ProgramError(path, std::move(expected), std::move(got));
}

std::string quoted(std::string_view text) {
  std::string shown = "'";
  shown += text;
  shown += '\'';
  return shown;
}

void check_source(const LogFormat& format) {
  if (format.tokens.empty()) refuse("source.tokens", "at least one token", "none");
  std::string first_bytes = "\n\\\" ";
  if (format.prefix.find('\n') != std::string::npos) {
    refuse("source.prefix", "text of one line", "a line break in it");
  }
  for (std::size_t index = 0; index < format.tokens.size(); ++index) {
    const LogToken& token = format.tokens[index];
    const std::string path = element("source.tokens", index);
    if (token.name.empty()) refuse(path + ".name", "a name", "an empty one");
    if (token.after.find('\n') != std::string::npos) {
      refuse(path + ".after", "text of one line", "a line break in it");
    }
    const bool last = index + 1 == format.tokens.size();
    if (token.after.empty() && !last) {
      refuse(path + ".after", "a character between two tokens", "none");
    }
    if (token.kind != TokenKind::plain && (token.after.empty() || token.after[0] != '"')) {
      refuse(path + ".after", "text that begins with the closing quote", quoted(token.after));
    }
    if (!token.after.empty() && first_bytes.find(token.after[0]) == std::string::npos) {
      first_bytes += token.after[0];
    }
  }
  if (first_bytes.size() > kMostByteClasses) {
    refuse("source.tokens",
           "literals that begin with at most " + std::to_string(kMostByteClasses - 4) +
               " different bytes",
           std::to_string(first_bytes.size() - 4));
  }
}

void check_csv(const CsvFormat& format) {
  const auto is_odd = [](char byte) {
    return byte == '\n' || byte == '\r' || static_cast<unsigned char>(byte) >= 0x80;
  };
  if (is_odd(format.delimiter)) {
    refuse("source.delimiter", "an ASCII character that ends no line", "another one");
  }
  if (!format.has_quotes) return;
  if (is_odd(format.quote) || format.quote == format.delimiter) {
    refuse("source.quote", "an ASCII character that neither ends a line nor a cell", "another one");
  }
}

void check_text(const std::string& path, const std::string& text) {
  if (!is_utf8(text)) refuse(path, "UTF-8", "other bytes");
}

bool has_bounds(const Field& field) { return field.ge || field.gt || field.le || field.lt; }

void check_options(const Field& field, const std::string& path) {
  const std::string type(name_of(field.type));
  const bool has_lengths = field.max_length || field.min_length || field.starts_with;
  if (has_lengths && !is_text(field.type)) {
    refuse(path + ".type", "string or category for lengths and starts_with", type);
  }
  if (has_bounds(field) && (is_text(field.type) || field.type == Type::boolean)) {
    refuse(path + ".type", "a number or a timestamp for ge, gt, le and lt", type);
  }
  if (field.has_one_of && !is_text(field.type) && !is_integer(field.type)) {
    refuse(path + ".type", "string, category or an integer for one_of", type);
  }
  if (is_text(field.type) ? !field.one_of_integers.empty() : !field.one_of_texts.empty()) {
    refuse(path + ".one_of", "values of the type " + type, "others");
  }
  if (field.allow_nan && !is_float(field.type)) {
    refuse(path + ".type", "float32 or float64 for allow_nan", type);
  }
  for (const std::string& text : field.one_of_texts) check_text(path + ".one_of", text);
  if (field.default_text) check_text(path + ".default", *field.default_text);
}

void check_fields(const Program& program) {
  if (program.fields.empty()) refuse("fields", "at least one field", "none");
  // Errors name fields in sixteen bits.
  constexpr std::size_t kMostFields = 32000;
  if (program.fields.size() > kMostFields) {
    refuse("fields", "at most 32000 fields", std::to_string(program.fields.size()));
  }
  const std::unique_ptr<Layout> layout = make_layout(program);
  for (std::size_t index = 0; index < program.fields.size(); ++index) {
    const Field& field = program.fields[index];
    if (field.is_derived) continue;
    const std::string path = element("fields", index);
    if (program.kind == SourceKind::ndjson && field.path.empty()) {
      refuse(path + ".path", "at least one step", "none");
    }
    if (layout->slot_of_field(index) == kNoSlot) {
      refuse(path + ".token", "a token of the source", quoted(field.token));
    }
    check_options(field, path);
    try {
      check_field_texts(field);
    } catch (const std::invalid_argument& refused) {
      if (field.type == Type::timestamp && !field.default_text) {
        refuse(path + ".format", "a time format", refused.what());
      }
      refuse(path, "a field whose default can be read", refused.what());
    }
  }
}

void check_index(const char* list, std::size_t index, std::size_t field, std::size_t fields) {
  if (field < fields) return;
  refuse(element(list, index), "a field", std::to_string(field));
}

}  // namespace

// Types are Python's business; places are looked at here, because a wrong one would be read.
void check_nodes(const Program& program) {
  for (std::size_t index = 0; index < program.nodes.size(); ++index) {
    const ExpressionNode& node = program.nodes[index];
    const std::string path = element("nodes", index);
    for (const std::size_t operand : node.operands) {
      if (operand >= index) refuse(path + ".operands", "earlier nodes", std::to_string(operand));
    }
    const bool needs_none =
        node.operation == Operation::field || node.operation == Operation::constant;
    const std::size_t least = node.operation == Operation::choose ? 3 : needs_none ? 0 : 1;
    if (node.operands.size() < least) refuse(path + ".operands", "operands", "too few");
    if (node.operation != Operation::field) continue;
    if (node.field >= program.fields.size() || program.fields[node.field].is_derived) {
      refuse(path + ".field", "a field", std::to_string(node.field));
    }
  }
  if (program.where && (*program.where >= program.nodes.size() ||
                        program.nodes[*program.where].type != ExpressionType::boolean)) {
    refuse("where", "a boolean node", std::to_string(*program.where));
  }
  for (const Field& field : program.fields) {
    if (field.is_derived && field.node >= program.nodes.size()) {
      refuse("fields", "derived fields that are nodes", std::to_string(field.node));
    }
  }
}

void check(const Program& program) {
  if (program.kind == SourceKind::log) check_source(program.source);
  if (program.kind == SourceKind::csv) check_csv(program.csv);
  check_fields(program);
  check_nodes(program);
  const std::size_t fields = program.fields.size();
  for (std::size_t index = 0; index < program.group_by.size(); ++index) {
    check_index("group_by", index, program.group_by[index], fields);
  }
  for (std::size_t index = 0; index < program.select.size(); ++index) {
    check_index("select", index, program.select[index], fields);
  }
  for (std::size_t index = 0; index < program.aggregates.size(); ++index) {
    const Aggregate& aggregate = program.aggregates[index];
    const std::string path = element("aggregates", index) + ".column";
    std::optional<Type> type;
    if (aggregate.column) {
      if (*aggregate.column >= fields) refuse(path, "a field", std::to_string(*aggregate.column));
      type = program.fields[*aggregate.column].type;
    }
    if (can_aggregate(aggregate.function, type)) continue;
    const std::string function(name_of(aggregate.function));
    refuse(path, "a column that " + function + " can aggregate",
           type ? std::string(name_of(*type)) : "none");
  }
  if (program.max_row_bytes == 0 || program.max_row_bytes > kMaxRowBytes) {
    refuse("max_row_bytes", "1 to " + std::to_string(kMaxRowBytes),
           std::to_string(program.max_row_bytes));
  }
}

}  // namespace fastlane::kernels::records
