// The nodes of derived columns and of the condition, in the order in which they are computed.
// Filled by the boundary from what Python has typed and checked.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fastlane::kernels::records {

enum class ExpressionType : std::uint8_t { integer, real, boolean, text };

inline constexpr std::array<std::string_view, 4> kExpressionTypeNames = {"integer", "real",
                                                                         "boolean", "text"};

// From sqrt to hypot: functions of reals.
enum class Operation : std::uint8_t {
  field,
  constant,
  negative,
  add,
  subtract,
  multiply,
  divide,
  floor_divide,
  remainder,
  power,
  less,
  less_equal,
  greater,
  greater_equal,
  equal,
  not_equal,
  bit_and,
  bit_or,
  invert,
  in,
  choose,
  minimum,
  maximum,
  absolute,
  same,
  floor,
  ceil,
  round,
  trunc,
  sqrt,
  exp,
  log,
  log2,
  log10,
  log1p,
  expm1,
  sin,
  cos,
  tan,
  tanh,
  asin,
  acos,
  atan,
  atan2,
  is_nan,
  is_finite,
  hypot,
  is_null,
  starts_with,
  ends_with,
  contains,
  length,
};

inline constexpr std::array<std::string_view, 52> kOperationNames = {
    "field",        "constant",  "negative", "add",       "subtract",   "multiply", "divide",
    "floor_divide", "remainder", "power",    "less",      "less_equal", "greater",  "greater_equal",
    "equal",        "not_equal", "bit_and",  "bit_or",    "invert",     "in",       "choose",
    "minimum",      "maximum",   "absolute", "same",      "floor",      "ceil",     "round",
    "trunc",        "sqrt",      "exp",      "log",       "log2",       "log10",    "log1p",
    "expm1",        "sin",       "cos",      "tan",       "tanh",       "asin",     "acos",
    "atan",         "atan2",     "is_nan",   "is_finite", "hypot",      "is_null",  "starts_with",
    "ends_with",    "contains",  "length"};

struct ExpressionNode {
  Operation operation = Operation::constant;
  ExpressionType type = ExpressionType::integer;
  std::vector<std::size_t> operands;  // earlier nodes
  std::size_t field = 0;              // of a field: which one
  std::int64_t integer = 0;           // of a constant, by its type; a boolean is 0 or 1
  double real = 0.0;
  std::string text;
  std::vector<std::string> texts;  // of `in`
  std::vector<double> numbers;
};

}  // namespace fastlane::kernels::records
