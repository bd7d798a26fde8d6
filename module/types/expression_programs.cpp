// Keeps programs and reads them.
#include "module/types/expression_programs.hpp"

#include <array>
#include <string_view>

#include "module/boundary/owned_ref.hpp"

namespace fastlane {
namespace {

using kernels::DType;
using kernels::expression::Instruction;
using kernels::expression::Source;
using kernels::expression::Value;

// Expressions meet few combinations of types; one that meets more forgets the others.
constexpr std::size_t kMostCombinations = 64;

bool find_dtype(std::string_view name, DType& dtype) {
  for (std::size_t index = 0; index < kernels::expression::kTypeCount; ++index) {
    dtype = static_cast<DType>(index);
    if (kernels::name_of(dtype) == name) return true;
  }
  PyErr_Format(PyExc_SystemError, "no element type is called %s", name.data());
  return false;
}

bool read_constant(PyObject* item, Source& source) {
  const char* dtype = nullptr;
  unsigned long long bits = 0;
  kernels::expression::Constant constant;
  if (!PyArg_ParseTuple(item, "sK", &dtype, &bits) || !find_dtype(dtype, constant.dtype)) {
    return false;
  }
  constant.bits = bits;
  source.constants.push_back(constant);
  return true;
}

bool read_instruction(PyObject* item, Source& source) {
  const char* operation = nullptr;
  const char* dtype = nullptr;
  const char* to = nullptr;
  PyObject* operands = nullptr;  // borrowed from item
  Instruction instruction;
  if (!PyArg_ParseTuple(item, "sssO!", &operation, &dtype, &to, &PyTuple_Type, &operands) ||
      !find_dtype(dtype, instruction.dtype) || !find_dtype(to, instruction.to)) {
    return false;
  }
  if (!kernels::expression::find_operation(operation, instruction.operation)) {
    PyErr_Format(PyExc_SystemError, "no operation is called %s", operation);
    return false;
  }
  auto& values = instruction.operands;
  if (!PyArg_ParseTuple(operands, "H|HHH", &values[0], &values[1], &values[2], &values[3])) {
    return false;
  }
  source.instructions.push_back(instruction);
  return true;
}

template <class Read>
bool read_each(PyObject* items, Source& source, Read read) {
  for (Py_ssize_t index = 0; index < PyTuple_GET_SIZE(items); ++index) {
    if (!read(PyTuple_GET_ITEM(items, index), source)) return false;
  }
  return true;
}

}  // namespace

TypedProgram::TypedProgram(Source source)
    : source_(std::move(source)),
      program_(std::make_shared<kernels::expression::Program>(source_)) {}

SharedProgram TypedProgram::with_result(DType out) {
  if (out == result()) return program_;
  for (const auto& [dtype, program] : converted_) {
    if (dtype == out) return program;
  }
  Source source = source_;
  Value& output = source.outputs[0];
  source.instructions.push_back(
      {kernels::expression::Operation::cast, result(), out, {output, 0, 0}});
  output = static_cast<Value>(source.inputs.size() + source.constants.size() +
                              source.instructions.size() - 1);
  auto program = std::make_shared<kernels::expression::Program>(std::move(source));
  converted_.emplace_back(out, program);
  return program;
}

std::shared_ptr<TypedProgram> ExpressionPrograms::find(const InputTypes& inputs) const {
  for (const auto& [known, program] : programs_) {
    if (known == inputs) return program;
  }
  return nullptr;
}

void ExpressionPrograms::add(const InputTypes& inputs, Source source) {
  if (programs_.size() == kMostCombinations) programs_.clear();
  programs_.emplace_back(inputs, std::make_shared<TypedProgram>(std::move(source)));
}

bool read_program(PyObject* program, const InputTypes& inputs, Source& source) {
  PyObject* constants = nullptr;  // borrowed from program
  PyObject* instructions = nullptr;
  Value output = 0;
  if (!PyArg_ParseTuple(program, "O!O!H", &PyTuple_Type, &constants, &PyTuple_Type, &instructions,
                        &output)) {
    return false;
  }
  for (const char dtype : inputs) source.inputs.push_back(static_cast<DType>(dtype));
  source.outputs.push_back(output);
  return read_each(constants, source, read_constant) &&
         read_each(instructions, source, read_instruction);
}

}  // namespace fastlane
