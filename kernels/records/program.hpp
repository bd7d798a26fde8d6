// What a records run is asked to do: the source's format, the typed fields with their checks, and
// what to make of the good rows. Plain data, filled by the boundary and checked once by `check`;
// nothing here parses input or holds results. Read next: kernels/records/run.hpp, which executes a
// program.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/records/expression_program.hpp"

namespace fastlane::kernels::records {

__extension__ typedef __int128 Integer;  // holds every sum of 2^63 64-bit integers
__extension__ typedef unsigned __int128 Natural;

enum class Type : std::uint8_t {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float32,
  float64,
  string,
  category,
  timestamp,
};

inline constexpr std::array<std::string_view, 14> kTypeNames = {
    "bool",   "int8",   "int16",   "int32",   "int64",  "uint8",    "uint16",
    "uint32", "uint64", "float32", "float64", "string", "category", "timestamp"};

constexpr std::string_view name_of(Type type) { return kTypeNames[static_cast<std::size_t>(type)]; }
constexpr bool is_integer(Type type) { return type >= Type::int8 && type <= Type::uint64; }
constexpr bool is_float(Type type) { return type == Type::float32 || type == Type::float64; }
constexpr bool is_text(Type type) { return type == Type::string || type == Type::category; }

// Bytes of one value in a column; strings have offsets instead, categories have codes.
constexpr std::size_t width_of(Type type) {
  constexpr std::array<std::size_t, 14> kWidths = {1, 1, 2, 4, 8, 1, 2, 4, 8, 4, 8, 0, 4, 8};
  return kWidths[static_cast<std::size_t>(type)];
}

enum class ErrorCode : std::uint8_t {
  none,
  missing,
  null,
  type,
  range,
  one_of,
  length,
  prefix,
  format,
  overflow,
  utf8,
  syntax,
  columns,
  too_long,
  truncated,
  expression,
};

inline constexpr std::array<std::string_view, 16> kErrorCodeNames = {
    "none",   "missing",  "null", "type",   "range",   "one_of",   "length",    "prefix",
    "format", "overflow", "utf8", "syntax", "columns", "too_long", "truncated", "expression"};

constexpr std::string_view name_of(ErrorCode code) {
  return kErrorCodeNames[static_cast<std::size_t>(code)];
}

// A bound as it was written: a whole number of any size that fits, or a float.
struct Number {
  bool is_whole = true;
  Integer whole = 0;
  double real = 0.0;
};

enum class TokenKind : std::uint8_t {
  plain,    // ends where `after` begins, or at the line's end when it is the last one
  quoted,   // ends at the first unescaped quote, which is the first byte of `after`
  request,  // quoted, and three words: method, path, protocol
};

struct LogToken {
  std::string name;
  TokenKind kind = TokenKind::plain;
  std::string after;
};

struct LogFormat {
  std::string prefix;
  std::vector<LogToken> tokens;
};

struct CsvFormat {
  char delimiter = ',';
  bool has_quotes = true;
  char quote = '"';
  bool has_header = true;  // else the columns are the fields, in their order
};

enum class SourceKind : std::uint8_t { log, csv, ndjson };

// A step into nested JSON: a key of an object, or an index of an array.
struct PathStep {
  std::string key;
  std::int64_t index = -1;  // 0 or more: of an array
};

struct Field {
  std::string name;
  std::string token;           // of a log; of a CSV with a header the column's name there
  std::vector<PathStep> path;  // in NDJSON
  Type type = Type::string;
  bool nullable = false;
  bool allow_nan = false;
  std::optional<std::string> null_text;
  std::optional<std::string> default_text;
  std::optional<Number> ge, gt, le, lt;
  bool has_one_of = false;
  std::vector<std::string> one_of_texts;
  std::vector<Integer> one_of_integers;
  std::optional<std::uint64_t> max_length, min_length;  // code points
  std::optional<std::string> starts_with;
  std::string format;       // of a timestamp
  bool is_derived = false;  // computed, not read; such fields come behind the others
  std::size_t node = 0;     // of a derived field: which node it is
};

enum class Function : std::uint8_t {
  count,
  sum,
  min,
  max,
  mean,
  std,
  any,
  all,
  first,
  last,
  count_distinct,
  quantile,
};

inline constexpr std::array<std::string_view, 12> kFunctionNames = {
    "count", "sum", "min",   "max",  "mean",           "std",
    "any",   "all", "first", "last", "count_distinct", "quantile"};

constexpr std::string_view name_of(Function function) {
  return kFunctionNames[static_cast<std::size_t>(function)];
}

struct Aggregate {
  std::string name;
  Function function = Function::count;
  std::optional<std::size_t> column;  // index into Program::fields
  double parameter = 0.0;             // of std the degrees of freedom, of quantile which one
};

inline constexpr std::uint32_t kMaxRowBytes = (std::uint32_t{1} << 29) - 1;

struct Program {
  SourceKind kind = SourceKind::log;
  LogFormat source;  // of a log
  CsvFormat csv;
  std::vector<Field> fields;
  std::vector<std::size_t> group_by;  // indices into fields
  std::vector<Aggregate> aggregates;
  std::vector<ExpressionNode> nodes;
  std::optional<std::size_t> where;  // the node that says which rows are kept
  std::vector<std::size_t> select;   // what comes back when nothing is grouped or aggregated
  std::uint64_t max_errors = 1000;
  std::uint32_t max_row_bytes = std::uint32_t{16} << 20;

  bool has_expressions() const { return !nodes.empty(); }
  bool aggregates_rows() const { return !group_by.empty() || !aggregates.empty(); }
};

// A program that cannot be run: the place in the plan, such as "fields[2].token", what belongs
// there, and what stands there.
class ProgramError : public std::invalid_argument {
 public:
  ProgramError(std::string path, std::string expected, std::string got)
      : std::invalid_argument(path + " must be " + expected + ", got " + got),
        path_(std::move(path)),
        expected_(std::move(expected)),
        got_(std::move(got)) {}
  const std::string& path() const { return path_; }
  const std::string& expected() const { return expected_; }
  const std::string& got() const { return got_; }

 private:
  std::string path_, expected_, got_;
};

// Throws ProgramError for the first piece that makes no sense. Allocates only to build the message.
void check(const Program& program);

}  // namespace fastlane::kernels::records
