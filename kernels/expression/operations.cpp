// What each operation is called, how many operands it has, and which types it takes and gives.
#include <algorithm>
#include <array>

#include "kernels/expression/program.hpp"

namespace fastlane::kernels::expression {
namespace {

enum Types : std::uint8_t {
  kBoolean = 1,
  kInteger = 2,
  kFloat = 4,
  kInt64 = 8,
  kNumber = kInteger | kFloat,
  kBits = kBoolean | kInteger,
  kAny = kBoolean | kNumber,
};

enum class Gives : std::uint8_t { same, boolean, to };

struct Signature {
  Operation operation;
  std::string_view name;
  std::uint8_t operands;
  std::uint8_t takes;
  Gives gives;
};

constexpr std::array<Signature, kOperationCount> kSignatures = {{
    {Operation::copy, "copy", 1, kAny, Gives::same},
    {Operation::negative, "negative", 1, kNumber, Gives::same},
    {Operation::absolute, "absolute", 1, kNumber, Gives::same},
    {Operation::invert, "invert", 1, kBits, Gives::same},
    {Operation::floor, "floor", 1, kFloat, Gives::same},
    {Operation::ceil, "ceil", 1, kFloat, Gives::same},
    {Operation::trunc, "trunc", 1, kFloat, Gives::same},
    {Operation::round, "round", 1, kFloat, Gives::same},
    {Operation::sqrt, "sqrt", 1, kFloat, Gives::same},
    {Operation::exp, "exp", 1, kFloat, Gives::same},
    {Operation::expm1, "expm1", 1, kFloat, Gives::same},
    {Operation::log, "log", 1, kFloat, Gives::same},
    {Operation::log2, "log2", 1, kFloat, Gives::same},
    {Operation::log10, "log10", 1, kFloat, Gives::same},
    {Operation::log1p, "log1p", 1, kFloat, Gives::same},
    {Operation::sin, "sin", 1, kFloat, Gives::same},
    {Operation::cos, "cos", 1, kFloat, Gives::same},
    {Operation::tan, "tan", 1, kFloat, Gives::same},
    {Operation::asin, "asin", 1, kFloat, Gives::same},
    {Operation::acos, "acos", 1, kFloat, Gives::same},
    {Operation::atan, "atan", 1, kFloat, Gives::same},
    {Operation::tanh, "tanh", 1, kFloat, Gives::same},
    {Operation::cast, "cast", 1, kAny, Gives::to},
    {Operation::isnan, "isnan", 1, kFloat, Gives::boolean},
    {Operation::isfinite, "isfinite", 1, kFloat, Gives::boolean},
    {Operation::add, "add", 2, kNumber, Gives::same},
    {Operation::subtract, "subtract", 2, kNumber, Gives::same},
    {Operation::multiply, "multiply", 2, kNumber, Gives::same},
    {Operation::divide, "divide", 2, kFloat, Gives::same},
    {Operation::floor_divide, "floor_divide", 2, kNumber, Gives::same},
    {Operation::remainder, "remainder", 2, kNumber, Gives::same},
    {Operation::power, "power", 2, kNumber, Gives::same},
    {Operation::minimum, "minimum", 2, kAny, Gives::same},
    {Operation::maximum, "maximum", 2, kAny, Gives::same},
    {Operation::atan2, "atan2", 2, kFloat, Gives::same},
    {Operation::hypot, "hypot", 2, kFloat, Gives::same},
    {Operation::bit_and, "bit_and", 2, kBits, Gives::same},
    {Operation::bit_or, "bit_or", 2, kBits, Gives::same},
    {Operation::less, "less", 2, kAny, Gives::boolean},
    {Operation::less_equal, "less_equal", 2, kAny, Gives::boolean},
    {Operation::equal, "equal", 2, kAny, Gives::boolean},
    {Operation::not_equal, "not_equal", 2, kAny, Gives::boolean},
    {Operation::add_overflows, "add_overflows", 2, kInt64, Gives::boolean},
    {Operation::subtract_overflows, "subtract_overflows", 2, kInt64, Gives::boolean},
    {Operation::multiply_overflows, "multiply_overflows", 2, kInt64, Gives::boolean},
    {Operation::where, "where", 3, kAny, Gives::same},
    {Operation::multiply_add, "multiply_add", 3, kFloat, Gives::same},
    {Operation::multiply_subtract, "multiply_subtract", 3, kFloat, Gives::same},
    {Operation::subtract_product, "subtract_product", 3, kFloat, Gives::same},
    {Operation::sum_of_products, "sum_of_products", 4, kFloat, Gives::same},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    if (static_cast<std::size_t>(kSignatures[i].operation) != i) return false;
  }
  return true;
}
static_assert(in_order());

const Signature& signature(Operation operation) {
  return kSignatures[static_cast<std::size_t>(operation)];
}

std::uint8_t types_of(DType dtype) {
  switch (dtype) {
    case DType::unsupported:
      return 0;
    case DType::boolean:
      return kBoolean;
    case DType::float32:
    case DType::float64:
      return kFloat;
    case DType::int64:
      return kInteger | kInt64;
    default:
      return kInteger;
  }
}

}  // namespace

std::string_view name_of(Operation operation) { return signature(operation).name; }

bool find_operation(std::string_view name, Operation& operation) {
  const auto* found = std::find_if(kSignatures.begin(), kSignatures.end(),
                                   [&](const Signature& s) { return s.name == name; });
  if (found == kSignatures.end()) return false;
  operation = found->operation;
  return true;
}

std::size_t operand_count(Operation operation) { return signature(operation).operands; }

bool accepts(Operation operation, DType dtype) {
  return (signature(operation).takes & types_of(dtype)) != 0;
}

DType result_type(Operation operation, DType dtype, DType to) {
  switch (signature(operation).gives) {
    case Gives::boolean:
      return DType::boolean;
    case Gives::to:
      return to;
    case Gives::same:
      break;
  }
  return dtype;
}

}  // namespace fastlane::kernels::expression
