// The heap type fastlane.Expression: a parsed expression and the programs that it became, one for
// each combination of element types. Parsing and typing are done in Python, once; see
// module/fastlane/_expressions. Read next: expression_programs.hpp.
#pragma once

#include <Python.h>

#include "module/boundary/arguments.hpp"
#include "module/types/expression_programs.hpp"

namespace fastlane {

// The expression of a source, which is the argument `expression` of a call: a new reference to the
// one that is known, or to one just parsed. Null with an exception set. Runs Python.
PyObject* expression_of(const Arguments& args, PyObject* source);

// Of an Expression. Borrowed: the names of its variables, a tuple of str.
PyObject* variables_of(PyObject* expression) noexcept;
ExpressionPrograms& programs_of(PyObject* expression) noexcept;

// Raises that no array was given for a variable. False.
bool raise_missing(PyObject* expression, PyObject* variable);

// Makes the program for inputs of these types and remembers it. False with an exception set.
// Runs Python.
bool make_program(PyObject* expression, const InputTypes& inputs);

// What calling an Expression does; defined beside evaluate().
PyObject* call_expression(PyObject* self, PyObject* const* args, std::size_t nargsf,
                          PyObject* kwnames) noexcept;

int add_expression_type(PyObject* module);

}  // namespace fastlane
