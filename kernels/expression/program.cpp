// Checks programs, rewrites them and gives values their places; see kernels/expression/program.hpp.
#include "kernels/expression/program.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace fastlane::kernels::expression {
namespace {

constexpr std::size_t kMostValues = 4096;

[[noreturn]] void refuse(std::size_t index, const Instruction& instruction,
                         const std::string& reason) {
  throw std::invalid_argument("instruction " + std::to_string(index) + " (" +
                              std::string(name_of(instruction.operation)) + " of " +
                              std::string(kernels::name_of(instruction.dtype)) + ") " + reason);
}

bool is_float(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

DType type_of(const Source& source, const std::vector<DType>& results, Value value) {
  std::size_t index = value;
  if (index < source.inputs.size()) return source.inputs[index];
  index -= source.inputs.size();
  if (index < source.constants.size()) return source.constants[index].dtype;
  return results[index - source.constants.size()];
}

void check_instruction(const Source& source, const std::vector<DType>& results, std::size_t index) {
  const Instruction& instruction = source.instructions[index];
  const std::size_t known = source.inputs.size() + source.constants.size() + index;
  if (static_cast<std::size_t>(instruction.operation) >= kOperationCount) {
    throw std::invalid_argument("instruction " + std::to_string(index) + " is no operation");
  }
  if (!accepts(instruction.operation, instruction.dtype)) {
    refuse(index, instruction, "does not exist");
  }
  if (instruction.operation == Operation::cast &&
      (instruction.to == DType::unsupported ||
       (is_float(instruction.dtype) && !is_float(instruction.to) &&
        instruction.to != DType::boolean))) {
    refuse(index, instruction, "cannot give " + std::string(kernels::name_of(instruction.to)));
  }
  for (std::size_t i = 0; i < operand_count(instruction.operation); ++i) {
    if (instruction.operands[i] >= known) {
      refuse(index, instruction, "reads a value that comes later");
    }
    const bool condition = instruction.operation == Operation::where && i == 0;
    const DType expected = condition ? DType::boolean : instruction.dtype;
    const DType found = type_of(source, results, instruction.operands[i]);
    if (found != expected) {
      refuse(index, instruction,
             "reads a " + std::string(kernels::name_of(found)) + " where it takes a " +
                 std::string(kernels::name_of(expected)));
    }
  }
}

std::vector<DType> checked_results(const Source& source) {
  const std::size_t values =
      source.inputs.size() + source.constants.size() + source.instructions.size();
  if (values > kMostValues) {
    throw std::invalid_argument("the expression is too long: " + std::to_string(values) +
                                " values, at most " + std::to_string(kMostValues));
  }
  for (const DType dtype : source.inputs) {
    if (dtype == DType::unsupported) throw std::invalid_argument("an input has no supported type");
  }
  for (const Constant& constant : source.constants) {
    if (constant.dtype == DType::unsupported) {
      throw std::invalid_argument("a constant has no supported type");
    }
  }
  std::vector<DType> results;
  for (std::size_t i = 0; i < source.instructions.size(); ++i) {
    check_instruction(source, results, i);
    const Instruction& instruction = source.instructions[i];
    results.push_back(result_type(instruction.operation, instruction.dtype, instruction.to));
  }
  if (source.outputs.empty()) throw std::invalid_argument("the program has no output");
  for (const Value output : source.outputs) {
    if (output >= values) throw std::invalid_argument("an output is no value of the program");
  }
  return results;
}

// These exist for float64 only; float32 goes there and back, which also rounds better.
bool runs_as_float64(Operation operation) {
  switch (operation) {
    case Operation::exp:
    case Operation::expm1:
    case Operation::log:
    case Operation::log2:
    case Operation::log10:
    case Operation::log1p:
    case Operation::sin:
    case Operation::cos:
    case Operation::tan:
    case Operation::asin:
    case Operation::acos:
    case Operation::atan:
    case Operation::tanh:
    case Operation::floor_divide:
    case Operation::remainder:
    case Operation::power:
    case Operation::atan2:
    case Operation::hypot:
      return true;
    default:
      return false;
  }
}

// Copies a source instruction by instruction and keeps track of where each value went.
class Rewriter {
 public:
  explicit Rewriter(const Source& source) : fixed_(source.inputs.size() + source.constants.size()) {
    rewritten_.inputs = source.inputs;
    rewritten_.constants = source.constants;
    for (std::size_t i = 0; i < fixed_; ++i) places_.push_back(static_cast<Value>(i));
  }

  Value append(Instruction instruction) {
    rewritten_.instructions.push_back(instruction);
    return static_cast<Value>(fixed_ + rewritten_.instructions.size() - 1);
  }

  void keep(Value result) { places_.push_back(result); }
  Value now(Value before) const { return places_[before]; }
  Source& rewritten() { return rewritten_; }

  Instruction moved(Instruction instruction) const {
    for (std::size_t i = 0; i < operand_count(instruction.operation); ++i) {
      instruction.operands[i] = now(instruction.operands[i]);
    }
    return instruction;
  }

 private:
  std::size_t fixed_;
  Source rewritten_;
  std::vector<Value> places_;
};

Instruction conversion(Value value, DType from, DType to) {
  return {Operation::cast, from, to, {value, 0, 0}};
}

// Widens what runs as float64, and gives every output an instruction of its own.
Source lowered(const Source& source, const std::vector<DType>& results) {
  Rewriter rewriter(source);
  for (const Instruction& original : source.instructions) {
    Instruction instruction = rewriter.moved(original);
    if (instruction.dtype != DType::float32 || !runs_as_float64(instruction.operation)) {
      rewriter.keep(rewriter.append(instruction));
      continue;
    }
    instruction.dtype = DType::float64;
    for (std::size_t i = 0; i < operand_count(instruction.operation); ++i) {
      instruction.operands[i] =
          rewriter.append(conversion(instruction.operands[i], DType::float32, DType::float64));
    }
    const Value wide = rewriter.append(instruction);
    rewriter.keep(rewriter.append(conversion(wide, DType::float64, DType::float32)));
  }
  std::vector<Value> taken;
  for (const Value output : source.outputs) {
    const DType dtype = type_of(source, results, output);
    Value value = rewriter.now(output);
    const bool is_result = output >= source.inputs.size() + source.constants.size();
    if (!is_result || std::find(taken.begin(), taken.end(), value) != taken.end()) {
      value = rewriter.append({Operation::copy, dtype, dtype, {value, 0, 0}});
    }
    taken.push_back(value);
  }
  Source result = std::move(rewriter.rewritten());
  result.outputs = std::move(taken);
  return result;
}

std::vector<std::size_t> use_counts(const Source& source) {
  const std::size_t fixed = source.inputs.size() + source.constants.size();
  std::vector<std::size_t> uses(fixed + source.instructions.size(), 0);
  for (const Instruction& instruction : source.instructions) {
    for (std::size_t i = 0; i < operand_count(instruction.operation); ++i) {
      ++uses[instruction.operands[i]];
    }
  }
  for (const Value output : source.outputs) ++uses[output];
  return uses;
}

// The product that a sum reads, if nobody else does. Null otherwise.
const Instruction* product_of(const Source& source, const std::vector<std::size_t>& uses,
                              Value value) {
  const std::size_t fixed = source.inputs.size() + source.constants.size();
  if (value < fixed || uses[value] != 1) return nullptr;
  const Instruction& found = source.instructions[value - fixed];
  return found.operation == Operation::multiply ? &found : nullptr;
}

// Such a product becomes part of the sum: one pass over memory less.
void join_products(Source& source) {
  const std::vector<std::size_t> uses = use_counts(source);
  for (Instruction& sum : source.instructions) {
    const bool adds = sum.operation == Operation::add;
    if (!is_float(sum.dtype) || (!adds && sum.operation != Operation::subtract)) continue;
    const Value left = sum.operands[0];
    const Value right = sum.operands[1];
    const Instruction* const first = product_of(source, uses, left);
    const Instruction* const second = product_of(source, uses, right);
    if (first != nullptr && second != nullptr && adds) {
      sum.operation = Operation::sum_of_products;
      sum.operands = {first->operands[0], first->operands[1], second->operands[0],
                      second->operands[1]};
    } else if (first != nullptr) {
      sum.operation = adds ? Operation::multiply_add : Operation::multiply_subtract;
      sum.operands = {first->operands[0], first->operands[1], right};
    } else if (second != nullptr) {
      sum.operation = adds ? Operation::multiply_add : Operation::subtract_product;
      sum.operands = {second->operands[0], second->operands[1], left};
    }
  }
}

// Instructions whose result is the same for all elements. Outputs are not: they have to be written.
std::vector<bool> constant_results(const Source& source) {
  const std::size_t fixed = source.inputs.size() + source.constants.size();
  std::vector<bool> constant(source.instructions.size(), true);
  for (const Value output : source.outputs) constant[output - fixed] = false;
  for (std::size_t i = 0; i < source.instructions.size(); ++i) {
    const Instruction& instruction = source.instructions[i];
    for (std::size_t k = 0; k < operand_count(instruction.operation); ++k) {
      const std::size_t operand = instruction.operands[k];
      const bool varies =
          operand < fixed ? operand < source.inputs.size() : !constant[operand - fixed];
      if (varies) constant[i] = false;
    }
  }
  return constant;
}

std::vector<bool> used_instructions(const Source& source) {
  const std::size_t fixed = source.inputs.size() + source.constants.size();
  std::vector<bool> used(source.instructions.size(), false);
  for (const Value output : source.outputs) used[output - fixed] = true;
  for (std::size_t i = source.instructions.size(); i-- > 0;) {
    if (!used[i]) continue;
    const Instruction& instruction = source.instructions[i];
    for (std::size_t k = 0; k < operand_count(instruction.operation); ++k) {
      if (instruction.operands[k] >= fixed) used[instruction.operands[k] - fixed] = true;
    }
  }
  return used;
}

}  // namespace

Program::Program(Source source) : inputs_(source.inputs), constants_(source.constants) {
  const std::vector<DType> results = checked_results(source);
  for (const Value output : source.outputs) outputs_.push_back(type_of(source, results, output));
  Source rewritten = lowered(source, results);
  join_products(rewritten);
  assign_places(rewritten);

  const auto widen = [&](DType dtype) { widest_ = std::max(widest_, size_of(dtype)); };
  for (const DType dtype : inputs_) widen(dtype);
  for (const Constant& constant : constants_) widen(constant.dtype);
  const auto widen_by = [&](const Step& step) {
    widen(step.dtype);
    widen(result_type(step.operation, step.dtype, step.to));
  };
  for (const Step& step : first_steps_) widen_by(step);
  for (const Step& step : steps_) widen_by(step);
}

// Outputs have places of their own. Other results take a place that no later step reads; a target
// is never the place of an operand of the same step, so loops may assume that they do not overlap.
void Program::assign_places(const Source& source) {
  const std::size_t fixed = inputs_.size() + constants_.size();
  const std::vector<bool> used = used_instructions(source);
  const std::vector<bool> constant = constant_results(source);
  std::vector<std::size_t> last_use(source.instructions.size(), 0);
  for (std::size_t i = 0; i < source.instructions.size(); ++i) {
    if (!used[i]) continue;
    for (std::size_t k = 0; k < operand_count(source.instructions[i].operation); ++k) {
      const Value operand = source.instructions[i].operands[k];
      if (operand >= fixed) last_use[operand - fixed] = i;
    }
  }
  std::vector<Value> places(source.instructions.size(), 0);
  std::vector<Value> vacant;
  place_count_ = fixed + outputs_.size();
  for (std::size_t i = 0; i < source.instructions.size(); ++i) {
    if (!used[i]) continue;
    const Instruction& instruction = source.instructions[i];
    const auto output = std::find(source.outputs.begin(), source.outputs.end(), fixed + i);
    if (output != source.outputs.end()) {
      places[i] =
          static_cast<Value>(fixed + static_cast<std::size_t>(output - source.outputs.begin()));
    } else if (!constant[i] && !vacant.empty()) {
      places[i] = vacant.back();
      vacant.pop_back();
    } else {
      places[i] = static_cast<Value>(place_count_++);
    }
    Step step = {instruction.operation, instruction.dtype, instruction.to, 0, places[i], {}};
    step.operands_used = static_cast<std::uint8_t>(operand_count(instruction.operation));
    for (std::size_t k = 0; k < step.operands_used; ++k) {
      const Value operand = instruction.operands[k];
      step.operands[k] = operand < fixed ? operand : places[operand - fixed];
    }
    (constant[i] ? first_steps_ : steps_).push_back(step);
    for (std::size_t k = 0; k < step.operands_used; ++k) {
      const Value place = step.operands[k];
      const Value operand = instruction.operands[k];
      if (operand < fixed || constant[operand - fixed] || last_use[operand - fixed] != i) continue;
      if (place < fixed + outputs_.size()) continue;
      if (std::find(vacant.begin(), vacant.end(), place) == vacant.end()) vacant.push_back(place);
    }
  }
}

}  // namespace fastlane::kernels::expression
