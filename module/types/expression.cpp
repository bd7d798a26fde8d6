// Makes, calls and pickles Expression objects.
#include "module/types/expression.hpp"

#include <structmember.h>

#include "module/boundary/errors.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/state.hpp"

namespace fastlane {
namespace {

// A program that asks for thousands of different expressions would otherwise keep them all.
constexpr Py_ssize_t kMostExpressions = 256;

struct ExpressionObject {
  PyObject_HEAD
  vectorcallfunc call;
  PyObject* source;              // owned: exact str
  PyObject* variables;           // owned: tuple of str
  PyObject* parsed;              // owned: fastlane._expressions.ArrayExpression
  ExpressionPrograms* programs;  // owned
};

ExpressionObject& expression_in(PyObject* self) {
  return *reinterpret_cast<ExpressionObject*>(self);
}

// What the Python side makes of a source. New reference, or null with an exception set.
PyObject* parse(PyObject* source) {
  OwnedRef language = OwnedRef::from_new(PyImport_ImportModule("fastlane._expressions"));
  if (!language) return nullptr;
  PyObject* parsed =
      PyObject_CallMethod(language.borrow(), "parse_for_arrays", "O", source);  // new
  language.decref();
  return parsed;
}

PyObject* new_expression(PyTypeObject* type, PyObject* source) {
  OwnedRef parsed = OwnedRef::from_new(parse(source));
  if (!parsed) return nullptr;
  OwnedRef variables =
      OwnedRef::from_new(PyObject_GetAttrString(parsed.borrow(), "variables"));  // new
  if (!variables) return nullptr;
  auto programs = std::make_unique<ExpressionPrograms>();
  PyObject* self = type->tp_alloc(type, 0);  // new
  if (self == nullptr) return nullptr;
  ExpressionObject& expression = expression_in(self);
  expression.call = call_expression;
  expression.source = Py_NewRef(source);
  expression.variables = variables.transfer();
  expression.parsed = parsed.transfer();
  expression.programs = programs.release();  // transferred
  return self;
}

constexpr const char* kExpressionDoc =
    "Expression(expression)\n--\n\n"
    "An expression over arrays, parsed; fastlane.compile() makes one.\n\n"
    "Call it with an array for each of its variables, and with out=, arena= and threads= as\n"
    "fastlane.evaluate(). source is the text, variables are the names in it. It pickles as its\n"
    "source; equal sources make equal expressions.\n\n"
    "Raises ExpressionError for what is no expression of the language.\n\n"
    "**Memory:** keeps the program of each combination of element types that it has met.";

PyObject* expression_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* const kKeywords[] = {"expression", nullptr};
  PyObject* source_arg = nullptr;  // borrowed from args
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Expression", const_cast<char**>(kKeywords),
                                   &source_arg)) {
    return nullptr;
  }
  PyObject* module = PyType_GetModule(type);  // borrowed
  if (module == nullptr) return nullptr;
  try {
    return expression_of(Arguments("Expression", module, &source_arg, 1, nullptr), source_arg);
  } catch (...) {
    return raise_current_exception(module, "Expression");
  }
}

void expression_dealloc(PyObject* self) {
  ExpressionObject& expression = expression_in(self);
  Py_XDECREF(expression.source);
  Py_XDECREF(expression.variables);
  Py_XDECREF(expression.parsed);
  delete expression.programs;
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);  // instances of a heap type own a reference to it
}

PyObject* expression_repr(PyObject* self) {
  return PyUnicode_FromFormat("fastlane.compile(%R)", expression_in(self).source);
}

Py_hash_t expression_hash(PyObject* self) { return PyObject_Hash(expression_in(self).source); }

PyObject* expression_compare(PyObject* self, PyObject* other, int operation) {
  if (!Py_IS_TYPE(other, Py_TYPE(self)) || (operation != Py_EQ && operation != Py_NE)) {
    Py_RETURN_NOTIMPLEMENTED;
  }
  return PyObject_RichCompare(expression_in(self).source, expression_in(other).source, operation);
}

PyObject* expression_reduce(PyObject* self, PyObject*) {
  return Py_BuildValue("(O(O))", Py_TYPE(self), expression_in(self).source);
}

PyMethodDef methods[] = {
    {"__reduce__", expression_reduce, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr},
};

PyMemberDef members[] = {
    {"source", T_OBJECT_EX, offsetof(ExpressionObject, source), READONLY, "the text"},
    {"variables", T_OBJECT_EX, offsetof(ExpressionObject, variables), READONLY,
     "the names of the arrays that the expression reads"},
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(ExpressionObject, call), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(expression_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(expression_dealloc)},
    {Py_tp_repr, reinterpret_cast<void*>(expression_repr)},
    {Py_tp_hash, reinterpret_cast<void*>(expression_hash)},
    {Py_tp_richcompare, reinterpret_cast<void*>(expression_compare)},
    {Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
    {Py_tp_methods, methods},
    {Py_tp_members, members},
    {Py_tp_doc, const_cast<char*>(kExpressionDoc)},
    {0, nullptr},
};

PyType_Spec spec = {
    .name = "fastlane.Expression",
    .basicsize = sizeof(ExpressionObject),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_HAVE_VECTORCALL,
    .slots = slots,
};

// Made and remembered.
PyObject* learn(ModuleState& state, PyObject* source) {
  OwnedRef expression = OwnedRef::from_new(
      new_expression(reinterpret_cast<PyTypeObject*>(state.expression_type), source));
  if (!expression) return nullptr;
  if (PyDict_GET_SIZE(state.known_expressions) >= kMostExpressions) {
    PyDict_Clear(state.known_expressions);
  }
  if (PyDict_SetItem(state.known_expressions, source, expression.borrow()) < 0) return nullptr;
  return expression.transfer();
}

}  // namespace

PyObject* expression_of(const Arguments& args, PyObject* source) {
  if (!PyUnicode_Check(source)) {
    args.wrong_type("expression", "a str", describe_object(source));
    return nullptr;
  }
  ModuleState& state = args.state();
  // A subclass of str may compare as it likes; its text is what counts.
  OwnedRef text = OwnedRef::from_new(PyUnicode_FromObject(source));
  if (!text) return nullptr;
  PyObject* known = PyDict_GetItemWithError(state.known_expressions, text.borrow());  // borrowed
  PyObject* expression = nullptr;
  if (known != nullptr) {
    expression = Py_NewRef(known);
  } else if (PyErr_Occurred() == nullptr) {
    expression = learn(state, text.borrow());
  }
  text.decref();
  return expression;
}

PyObject* variables_of(PyObject* expression) noexcept {
  return expression_in(expression).variables;
}

ExpressionPrograms& programs_of(PyObject* expression) noexcept {
  return *expression_in(expression).programs;
}

bool raise_missing(PyObject* expression, PyObject* variable) {
  OwnedRef nothing = OwnedRef::from_new(
      PyObject_CallMethod(expression_in(expression).parsed, "raise_missing", "O", variable));
  nothing.decref();
  return false;
}

bool make_program(PyObject* expression, const InputTypes& inputs) {
  const auto count = static_cast<Py_ssize_t>(inputs.size());
  OwnedRef names = OwnedRef::from_new(PyTuple_New(count));
  if (!names) return false;
  for (Py_ssize_t index = 0; index < count; ++index) {
    const auto dtype = static_cast<kernels::DType>(inputs[static_cast<std::size_t>(index)]);
    PyObject* name = PyUnicode_FromString(std::string(kernels::name_of(dtype)).c_str());  // new
    if (name == nullptr) return false;
    PyTuple_SET_ITEM(names.borrow(), index, name);  // stolen
  }
  OwnedRef method =
      OwnedRef::from_new(PyObject_GetAttrString(expression_in(expression).parsed, "program"));
  if (!method) return false;
  OwnedRef program = OwnedRef::from_new(PyObject_Call(method.borrow(), names.borrow(), nullptr));
  method.decref();
  names.decref();
  if (!program) return false;
  kernels::expression::Source source;
  const bool fits = read_program(program.borrow(), inputs, source);
  program.decref();
  if (fits) programs_of(expression).add(inputs, std::move(source));
  return fits;
}

int add_expression_type(PyObject* module) {
  ModuleState& state = state_of(module);
  state.known_expressions = PyDict_New();  // new
  if (state.known_expressions == nullptr) return -1;
  state.expression_type = PyType_FromModuleAndSpec(module, &spec, nullptr);  // new
  if (state.expression_type == nullptr) return -1;
  return PyModule_AddObjectRef(module, "Expression", state.expression_type);
}

}  // namespace fastlane
