// The programs of one expression, by the types of its inputs, and how a program is read from what
// the Python side wrote.
#pragma once

#include <Python.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kernels/expression/program.hpp"

namespace fastlane {

// The element types of a call's arrays, one byte for each.
using InputTypes = std::string;

using SharedProgram = std::shared_ptr<const kernels::expression::Program>;

// One typed program, and its variants that convert the result to the type of an `out=`.
class TypedProgram {
 public:
  explicit TypedProgram(kernels::expression::Source source);

  kernels::DType result() const { return program_->outputs()[0]; }
  SharedProgram with_result(kernels::DType out);

 private:
  kernels::expression::Source source_;
  SharedProgram program_;
  std::vector<std::pair<kernels::DType, SharedProgram>> converted_;
};

class ExpressionPrograms {
 public:
  // Null when there is none yet for inputs of these types.
  std::shared_ptr<TypedProgram> find(const InputTypes& inputs) const;
  void add(const InputTypes& inputs, kernels::expression::Source source);

 private:
  std::vector<std::pair<InputTypes, std::shared_ptr<TypedProgram>>> programs_;
};

// Reads what fastlane._expressions.builder.Program holds. False with an exception set.
bool read_program(PyObject* program, const InputTypes& inputs, kernels::expression::Source& source);

}  // namespace fastlane
