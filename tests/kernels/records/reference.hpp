// The records engine once more, in the plainest C++: one line after the other, strings that own
// their bytes, maps. The tests hold the engine against it; it shares no code with it but the
// programs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <optional>
#include <ostream>
#include <regex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/records/program.hpp"

namespace fastlane::kernels::records::reference {

// A value of a good row, as text that is the same for equal values; nullopt is null.
using Value = std::optional<std::string>;

struct Error {
  std::int64_t row, line, byte_offset;
  int source;
  std::string field;  // empty: the whole row
  ErrorCode code;
  auto operator<=>(const Error&) const = default;
};

inline std::ostream& operator<<(std::ostream& out, const Error& error) {
  return out << error.source << ":" << error.line << " row " << error.row << " " << error.field
             << " " << name_of(error.code);
}

struct Result {
  std::map<std::string, std::vector<Value>> columns;
  std::int64_t rows_in = 0, rows_bad = 0, rows_blank = 0;
  std::vector<Error> errors;  // sorted
};

struct Token {
  std::string text;
  bool quoted = false;
  bool malformed = false;
};
using Tokens = std::map<std::string, Token>;

// Walks over UTF-8 by its table of well-formed byte sequences.
inline bool well_formed(const std::string& text, std::size_t* length = nullptr) {
  std::size_t at = 0;
  std::size_t count = 0;
  const auto in = [&](std::size_t place, int low, int high) {
    if (place >= text.size()) return false;
    const int byte = static_cast<unsigned char>(text[place]);
    return byte >= low && byte <= high;
  };
  while (at < text.size()) {
    ++count;
    if (in(at, 0x00, 0x7F)) {
      at += 1;
    } else if (in(at, 0xC2, 0xDF) && in(at + 1, 0x80, 0xBF)) {
      at += 2;
    } else if (((in(at, 0xE0, 0xE0) && in(at + 1, 0xA0, 0xBF)) ||
                (in(at, 0xE1, 0xEC) && in(at + 1, 0x80, 0xBF)) ||
                (in(at, 0xED, 0xED) && in(at + 1, 0x80, 0x9F)) ||
                (in(at, 0xEE, 0xEF) && in(at + 1, 0x80, 0xBF))) &&
               in(at + 2, 0x80, 0xBF)) {
      at += 3;
    } else if (((in(at, 0xF0, 0xF0) && in(at + 1, 0x90, 0xBF)) ||
                (in(at, 0xF1, 0xF3) && in(at + 1, 0x80, 0xBF)) ||
                (in(at, 0xF4, 0xF4) && in(at + 1, 0x80, 0x8F))) &&
               in(at + 2, 0x80, 0xBF) && in(at + 3, 0x80, 0xBF)) {
      at += 4;
    } else {
      return false;
    }
  }
  if (length != nullptr) *length = count;
  return true;
}

inline std::string without_escapes(const std::string& text) {
  const std::map<char, char> named = {{'"', '"'},  {'\\', '\\'}, {'b', '\b'}, {'n', '\n'},
                                      {'r', '\r'}, {'t', '\t'},  {'v', '\v'}};
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      const auto found = named.find(text[at + 1]);
      if (found != named.end()) {
        out += found->second;
        ++at;
        continue;
      }
      const std::string digits = text.substr(at + 2 < text.size() ? at + 2 : text.size(), 2);
      if (text[at + 1] == 'x' && digits.size() == 2 &&
          digits.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos) {
        out += static_cast<char>(std::stoi(digits, nullptr, 16));
        at += 3;
        continue;
      }
    }
    out += text[at];
  }
  return out;
}

inline bool take_apart(const LogFormat& format, const std::string& line, Tokens& tokens) {
  if (line.rfind(format.prefix, 0) != 0) return false;
  std::size_t at = format.prefix.size();
  for (const LogToken& token : format.tokens) {
    std::size_t end = at;
    if (token.after.empty()) {
      end = line.size();
    } else if (token.kind == TokenKind::plain) {
      end = line.find(token.after, at);
      if (end == std::string::npos) return false;
    } else {
      while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2 : 1;
      if (end >= line.size() || line.compare(end, token.after.size(), token.after) != 0)
        return false;
    }
    tokens[token.name] = {line.substr(at, end - at), token.kind != TokenKind::plain, false};
    at = end + token.after.size();
  }
  if (at != line.size()) return false;
  for (const LogToken& token : format.tokens) {
    if (token.kind != TokenKind::request) continue;
    const std::string request = tokens[token.name].text;
    std::vector<std::string> words(1);
    for (const char byte : request) {
      if (byte == ' ') {
        words.emplace_back();
      } else {
        words.back() += byte;
      }
    }
    const bool good =
        words.size() == 3 && !words[0].empty() && !words[1].empty() && !words[2].empty();
    const char* parts[] = {"method", "path", "protocol"};
    for (std::size_t part = 0; part < 3; ++part) {
      if (tokens.count(parts[part]) != 0) continue;
      tokens[parts[part]] = good ? Token{words[part], true, false} : Token{request, true, true};
    }
  }
  return true;
}

inline bool within(const Field& field, long double value) {
  const auto bound = [](const Number& number) {
    return number.is_whole ? static_cast<long double>(number.whole) : number.real;
  };
  if (field.ge && !(value >= bound(*field.ge))) return false;
  if (field.gt && !(value > bound(*field.gt))) return false;
  if (field.le && !(value <= bound(*field.le))) return false;
  return !field.lt || value < bound(*field.lt);
}

inline ErrorCode read_integer(const Field& field, const std::string& text, Value& value) {
  const std::size_t sign = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  if (text.size() == sign) return ErrorCode::type;
  Integer number = 0;
  for (std::size_t at = sign; at < text.size(); ++at) {
    if (text[at] < '0' || text[at] > '9') return ErrorCode::type;
    number = std::min<Integer>(number * 10 + (text[at] - '0'), Integer{1} << 100);
  }
  if (text[0] == '-') number = -number;
  const int bits = static_cast<int>(width_of(field.type)) * 8;
  const bool is_signed = field.type <= Type::int64;
  const Integer high = (Integer{1} << (is_signed ? bits - 1 : bits)) - 1;
  const Integer low = is_signed ? -high - 1 : 0;
  if (number < low || number > high) return ErrorCode::overflow;
  if (!within(field, static_cast<long double>(number))) return ErrorCode::range;
  const auto& listed = field.one_of_integers;
  if (field.has_one_of && std::find(listed.begin(), listed.end(), number) == listed.end()) {
    return ErrorCode::one_of;
  }
  value = std::to_string(static_cast<long long>(number));
  return ErrorCode::none;
}

inline ErrorCode read_float(const Field& field, const std::string& given, Value& value) {
  const char* spaces = " \t\n\r\v\f";
  const std::size_t first = std::min(given.find_first_not_of(spaces), given.size());
  const std::string text = given.substr(first, given.find_last_not_of(spaces) - first + 1);
  if (text.empty() || text.find_first_not_of("0123456789+-.eE") != std::string::npos) {
    return ErrorCode::type;
  }
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  if (*end != '\0') return ErrorCode::type;
  if (number - number != 0) return ErrorCode::overflow;
  if (!within(field, number)) return ErrorCode::range;
  char shown[40];
  std::snprintf(shown, sizeof shown, "%.17g", number);
  value = shown;
  return ErrorCode::none;
}

// Only "%d/%b/%Y:%H:%M:%S %z".
inline ErrorCode read_time(const std::string& text, Value& value) {
  static const std::regex shape(
      "([0-9]{1,2}| [0-9])/([a-zA-Z]{3})/([0-9]{4}):([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2}) "
      "(Z|([+-])([0-9]{2}):?([0-9]{2}))");
  const std::string months = "janfebmaraprmayjunjulaugsepoctnovdec";
  std::smatch parts;
  if (!std::regex_match(text, parts, shape)) return ErrorCode::format;
  std::string name = parts[2];
  for (char& letter : name) letter = static_cast<char>(letter | 0x20);
  const std::size_t month = months.find(name);
  if (month == std::string::npos || month % 3 != 0) return ErrorCode::format;
  const auto number = [&](std::size_t part) {
    return parts[part].length() == 0 ? 0 : std::stoi(parts[part]);
  };
  std::tm moment = {};
  moment.tm_mday = number(1);
  moment.tm_mon = static_cast<int>(month / 3);
  moment.tm_year = number(3) - 1900;
  moment.tm_hour = number(4);
  moment.tm_min = number(5);
  moment.tm_sec = number(6);
  const std::tm wanted = moment;
  const std::time_t seconds = timegm(&moment);
  const bool same = moment.tm_mday == wanted.tm_mday && moment.tm_mon == wanted.tm_mon &&
                    moment.tm_hour == wanted.tm_hour && moment.tm_min == wanted.tm_min &&
                    moment.tm_sec == wanted.tm_sec && wanted.tm_mday > 0;
  const int offset = (number(9) * 60 + number(10)) * (parts[8] == "-" ? -60 : 60);
  if (!same || number(3) == 0 || number(9) > 23 || number(10) > 59) return ErrorCode::range;
  const std::int64_t total = seconds - offset;
  if (total < -62135596800 || total >= 253402300800) return ErrorCode::range;
  value = std::to_string(total * 1000000);
  return ErrorCode::none;
}

inline ErrorCode read_text(const Field& field, const std::string& text, Value& value) {
  std::size_t length = 0;
  well_formed(text, &length);
  if (field.max_length && length > *field.max_length) return ErrorCode::length;
  if (field.min_length && length < *field.min_length) return ErrorCode::length;
  if (field.starts_with && text.rfind(*field.starts_with, 0) != 0) return ErrorCode::prefix;
  const auto& listed = field.one_of_texts;
  if (field.has_one_of && std::find(listed.begin(), listed.end(), text) == listed.end()) {
    return ErrorCode::one_of;
  }
  value = text;
  return ErrorCode::none;
}

inline ErrorCode read_value(const Field& field, const std::string& text, Value& value) {
  if (is_text(field.type)) return read_text(field, text, value);
  if (field.type == Type::timestamp) return read_time(text, value);
  if (field.type == Type::float64) return read_float(field, text, value);
  return read_integer(field, text, value);
}

inline ErrorCode read_field(const Field& field, const Token& token, Value& value) {
  if (token.malformed) return ErrorCode::format;
  if (!well_formed(token.text)) return ErrorCode::utf8;
  const std::string text = token.quoted ? without_escapes(token.text) : token.text;
  if (!well_formed(text)) return ErrorCode::utf8;
  if (field.null_text && text == *field.null_text) {
    if (field.default_text) {
      Field unchecked;
      unchecked.type = field.type;
      return read_value(unchecked, *field.default_text, value);
    }
    value = std::nullopt;
    return field.nullable ? ErrorCode::none : ErrorCode::null;
  }
  return read_value(field, text, value);
}

inline Value aggregate(const Program& program, const Aggregate& each,
                       const std::vector<const std::vector<Value>*>& rows) {
  std::vector<Integer> values;
  for (const auto* row : rows) {
    if (!each.column) continue;
    const Value& value = (*row)[*each.column];
    if (value) values.push_back(std::stoll(*value));
  }
  static_cast<void>(program);
  if (each.function == Function::count) {
    return std::to_string(each.column ? values.size() : rows.size());
  }
  Integer sum = 0;
  for (const Integer value : values) sum += value;
  if (each.function == Function::sum) return std::to_string(static_cast<long long>(sum));
  if (values.empty()) return std::nullopt;
  if (each.function == Function::mean) {
    char shown[40];
    const double mean = static_cast<double>(static_cast<long double>(sum) /
                                            static_cast<long double>(values.size()));
    std::snprintf(shown, sizeof shown, "%.15g", mean);
    return shown;
  }
  const auto end = each.function == Function::min ? *std::min_element(values.begin(), values.end())
                                                  : *std::max_element(values.begin(), values.end());
  return std::to_string(static_cast<long long>(end));
}

// Supports integers, float64, string, category and timestamps in "%d/%b/%Y:%H:%M:%S %z", with all
// checks, and the aggregates over int64.
inline Result run(const Program& program, const std::vector<std::string>& inputs) {
  Result result;
  std::vector<std::vector<Value>> rows;
  for (std::size_t source = 0; source < inputs.size(); ++source) {
    const std::string& input = inputs[source];
    std::size_t at = input.rfind("\xEF\xBB\xBF", 0) == 0 ? 3 : 0;
    for (std::int64_t number = 1; at < input.size(); ++number) {
      const std::size_t newline = std::min(input.find('\n', at), input.size());
      std::string line = input.substr(at, newline - at);
      const auto offset = static_cast<std::int64_t>(at);
      at = newline + 1;
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (line.empty()) {
        ++result.rows_blank;
        continue;
      }
      std::vector<std::pair<std::string, ErrorCode>> found;
      std::vector<Value> values(program.fields.size());
      Tokens tokens;
      if (line.size() > program.max_row_bytes) {
        found.emplace_back("", ErrorCode::too_long);
      } else if (!take_apart(program.source, line, tokens)) {
        found.emplace_back("", ErrorCode::format);
      } else {
        bool located = false;
        for (std::size_t field = 0; field < program.fields.size(); ++field) {
          const Token& token = tokens.at(program.fields[field].token);
          located = located || !well_formed(token.text);
          const ErrorCode code = read_field(program.fields[field], token, values[field]);
          if (code != ErrorCode::none) found.emplace_back(program.fields[field].name, code);
        }
        if (!located && !well_formed(line)) found.emplace_back("", ErrorCode::utf8);
      }
      for (const auto& [field, code] : found) {
        result.errors.push_back(
            {result.rows_in, number, offset, static_cast<int>(source), field, code});
      }
      ++result.rows_in;
      if (!found.empty()) {
        ++result.rows_bad;
      } else {
        rows.push_back(values);
      }
    }
  }
  std::sort(result.errors.begin(), result.errors.end());
  if (!program.aggregates_rows()) {
    for (const std::size_t field : program.select) {
      auto& column = result.columns[program.fields[field].name];
      for (const auto& row : rows) column.push_back(row[field]);
    }
    return result;
  }
  for (const std::size_t field : program.group_by) result.columns[program.fields[field].name];
  for (const Aggregate& each : program.aggregates) result.columns[each.name];
  std::vector<std::vector<Value>> keys;
  std::map<std::vector<Value>, std::vector<const std::vector<Value>*>> members;
  for (const auto& row : rows) {
    std::vector<Value> key;
    for (const std::size_t field : program.group_by) key.push_back(row[field]);
    if (members.count(key) == 0) keys.push_back(key);
    members[key].push_back(&row);
  }
  if (keys.empty() && program.group_by.empty()) keys.emplace_back();
  for (const auto& key : keys) {
    for (std::size_t index = 0; index < key.size(); ++index) {
      result.columns[program.fields[program.group_by[index]].name].push_back(key[index]);
    }
    for (const Aggregate& each : program.aggregates) {
      result.columns[each.name].push_back(aggregate(program, each, members[key]));
    }
  }
  return result;
}

}  // namespace fastlane::kernels::records::reference
