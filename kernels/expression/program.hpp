// The small typed programs that expressions become. The compiler (on the Python side, or the record
// planner) decides all types and writes every conversion as an instruction; this file checks the
// program, joins a product with its sum, drops what is not used and gives values their memory.
// Programs hold no data and are shared by threads. Read next: kernels/expression/execute.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/array_view.hpp"

namespace fastlane::kernels::expression {

enum class Operation : std::uint8_t {
  // One operand; the result has its type.
  copy,
  negative,  // integers wrap
  absolute,  // integers wrap
  invert,    // every bit; of a boolean, its opposite
  floor,
  ceil,
  trunc,
  round,  // to the nearest, halves to even
  sqrt,
  exp,
  expm1,
  log,
  log2,
  log10,
  log1p,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  tanh,
  // One operand; the result has the type `to`, or is a boolean.
  cast,
  isnan,
  isfinite,
  // Two operands of one type; the result has it too.
  add,  // integers wrap here and below
  subtract,
  multiply,
  divide,
  floor_divide,  // of integers by zero: 0, as in NumPy; rounds towards minus infinity
  remainder,     // has the sign of the divisor; of integers by zero: 0
  power,         // integers: throws std::domain_error for a negative exponent
  minimum,       // NaN if one is NaN
  maximum,
  atan2,
  hypot,
  bit_and,  // of booleans: logical
  bit_or,
  // Two operands of one type; the result is a boolean.
  less,
  less_equal,
  equal,
  not_equal,
  add_overflows,  // would the int64 result wrap?
  subtract_overflows,
  multiply_overflows,
  // Three operands.
  where,              // (boolean, T, T)
  multiply_add,       // a * b + c, with two roundings
  multiply_subtract,  // a * b - c
  subtract_product,   // c - a * b
  // Four operands.
  sum_of_products,  // a * b + c * d, with three roundings
};

inline constexpr std::size_t kOperationCount =
    static_cast<std::size_t>(Operation::sum_of_products) + 1;
inline constexpr std::size_t kMostOperands = 4;
inline constexpr std::size_t kTypeCount = 11;  // DType without `unsupported`

std::string_view name_of(Operation operation);
bool find_operation(std::string_view name, Operation& operation);
std::size_t operand_count(Operation operation);

// Does the operation take operands of this type? (`where`: the type of its second and third.)
bool accepts(Operation operation, DType dtype);

// The type of the result of operands of this type; `to` matters for casts only.
DType result_type(Operation operation, DType dtype, DType to);

// Values are numbered: first the inputs, then the constants, then the results of the instructions.
using Value = std::uint16_t;

struct Instruction {
  Operation operation = Operation::copy;
  DType dtype = DType::float64;  // of the operands; of `where`: of the second and third
  DType to = DType::float64;     // of the result of a cast
  std::array<Value, kMostOperands> operands = {};
};

struct Constant {
  DType dtype = DType::float64;
  std::uint64_t bits = 0;  // the constant's bytes, little end first

  template <class T>
  static Constant of(T value);
};

struct Source {
  std::vector<DType> inputs;
  std::vector<Constant> constants;
  std::vector<Instruction> instructions;
  std::vector<Value> outputs;
};

// An instruction whose operands and target are places; see Program.
struct Step {
  Operation operation;
  DType dtype;
  DType to;
  std::uint8_t operands_used;
  Value target;
  std::array<Value, kMostOperands> operands;
};

class Program {
 public:
  // Throws std::invalid_argument with a sentence about the first instruction that does not fit.
  explicit Program(Source source);

  // Places are numbered: inputs, constants, outputs, then memory that steps share.
  std::span<const DType> inputs() const { return inputs_; }
  std::span<const Constant> constants() const { return constants_; }
  std::span<const DType> outputs() const { return outputs_; }
  std::span<const Step> steps() const { return steps_; }
  // Steps that read nothing but constants: to be done once, before the first of the others.
  std::span<const Step> first_steps() const { return first_steps_; }
  std::size_t first_constant() const { return inputs_.size(); }
  std::size_t first_output() const { return inputs_.size() + constants_.size(); }
  std::size_t place_count() const { return place_count_; }

  // Bytes of the largest type that the program handles.
  std::size_t widest() const { return widest_; }

 private:
  void assign_places(const Source& source);

  std::vector<DType> inputs_;
  std::vector<Constant> constants_;
  std::vector<DType> outputs_;
  std::vector<Step> steps_;
  std::vector<Step> first_steps_;
  std::size_t place_count_ = 0;
  std::size_t widest_ = 1;
};

template <class T>
Constant Constant::of(T value) {
  Constant constant;
  constant.dtype = dtype_of<T>();
  std::uint64_t bits = 0;
  static_assert(sizeof(T) <= sizeof bits);
  __builtin_memcpy(&bits, &value, sizeof value);
  constant.bits = bits;
  return constant;
}

}  // namespace fastlane::kernels::expression
