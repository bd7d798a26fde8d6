// The slow half of reading arguments: keywords, conversions that may run Python, and complaints.
#include "module/boundary/arguments.hpp"

#include <utility>

#include "module/boundary/owned_ref.hpp"

namespace fastlane {
namespace {

// An exception that the object's own method raised is passed on, unless it only says "wrong type".
bool is_plain_type_error() { return PyErr_ExceptionMatches(PyExc_TypeError) != 0; }

}  // namespace

bool Arguments::wrong_type(const char* argument, std::string expected, std::string got,
                           std::string hint) const {
  return raise(state().argument_type_error,
               {function_, argument, std::move(expected), std::move(got), std::move(hint)});
}

bool Arguments::wrong_value(const char* argument, std::string expected, std::string got,
                            std::string hint) const {
  return raise(state().argument_value_error,
               {function_, argument, std::move(expected), std::move(got), std::move(hint)});
}

bool Arguments::refuse_borrow(const char* argument, std::string expected, std::string got,
                              std::string hint) const {
  return raise(state().borrow_error,
               {function_, argument, std::move(expected), std::move(got), std::move(hint)});
}

bool Arguments::match(Slot* slots, std::size_t count) {
  std::size_t positional = 0;
  while (positional < count && slots[positional].presence != Presence::keyword) ++positional;
  if (nargs_ > static_cast<Py_ssize_t>(positional)) return wrong_count(slots, count);
  for (Py_ssize_t index = 0; index < nargs_; ++index) slots[index].object = args_[index];

  const Py_ssize_t keywords = kwnames_ == nullptr ? 0 : PyTuple_GET_SIZE(kwnames_);
  for (Py_ssize_t index = 0; index < keywords; ++index) {
    PyObject* name = PyTuple_GET_ITEM(kwnames_, index);  // borrowed
    std::size_t slot = positional;
    while (slot < count && PyUnicode_CompareWithASCIIString(name, slots[slot].name) != 0) ++slot;
    if (slot == count) return unknown_keyword(slots, count, name);
    slots[slot].object = args_[nargs_ + index];
  }
  for (std::size_t slot = 0; slot < positional; ++slot) {
    if (slots[slot].object == nullptr && slots[slot].presence == Presence::required) {
      return wrong_count(slots, count);
    }
  }
  return true;
}

bool Arguments::wrong_count(const Slot* slots, std::size_t count) const {
  std::size_t least = 0;
  std::size_t most = 0;
  std::string signature = std::string(function_) + "(";
  for (std::size_t slot = 0; slot < count; ++slot) {
    least += slots[slot].presence == Presence::required ? 1 : 0;
    most += slots[slot].presence == Presence::keyword ? 0 : 1;
    signature += (slot > 0 ? ", " : "") + std::string(slots[slot].name) +
                 (slots[slot].presence == Presence::required ? "" : "=...");
  }
  const std::string expected =
      least == most ? std::to_string(least) : std::to_string(least) + " to " + std::to_string(most);
  return wrong_type(nullptr, expected + " positional argument" + (most == 1 ? "" : "s"),
                    std::to_string(nargs_), signature + ")");
}

bool Arguments::unknown_keyword(const Slot* slots, std::size_t count, PyObject* name) const {
  std::string known;
  for (std::size_t slot = 0; slot < count; ++slot) {
    const bool is_keyword = slots[slot].presence == Presence::keyword;
    if (!is_keyword && PyUnicode_CompareWithASCIIString(name, slots[slot].name) == 0) {
      return wrong_type(slots[slot].name, "given by position", "a keyword",
                        std::string(function_) + "(" + slots[slot].name + ")");
    }
    if (is_keyword) known += (known.empty() ? "" : ", ") + std::string(slots[slot].name);
  }
  return wrong_type(nullptr, known.empty() ? "no keyword arguments" : "the keywords " + known,
                    text_of(PyUnicode_Type, name));
}

bool Arguments::convert_number(const char* name, PyObject* object, double& variable) const {
  const PyNumberMethods* methods = Py_TYPE(object)->tp_as_number;
  if (methods == nullptr || (methods->nb_float == nullptr && methods->nb_index == nullptr)) {
    return wrong_type(name, "a number", describe_object(object));
  }
  const double value = PyFloat_AsDouble(object);  // may run Python
  if (value == -1.0 && PyErr_Occurred() != nullptr) {
    if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
      PyErr_Clear();
      return wrong_value(name, "a number that fits a float64", "an int that is too large");
    }
    if (!is_plain_type_error()) return false;
    PyErr_Clear();
    return wrong_type(name, "a number", describe_object(object));
  }
  variable = value;
  return true;
}

bool Arguments::convert_flag(const char* name, PyObject* object, bool& variable) const {
  if (!PyBool_Check(object)) return wrong_type(name, "True or False", describe_object(object));
  variable = object == Py_True;
  return true;
}

bool Arguments::convert_integer(const char* name, PyObject* object, long long least, long long most,
                                long long& value) const {
  if (PyLong_CheckExact(object)) {
    int beyond = 0;
    value = PyLong_AsLongLongAndOverflow(object, &beyond);
    if (beyond == 0 && value >= least && value <= most) return true;
  }
  if (!PyIndex_Check(object)) return wrong_type(name, "an int", describe_object(object));
  OwnedRef index = OwnedRef::from_new(PyNumber_Index(object));  // may run Python
  if (!index) {
    if (!is_plain_type_error()) return false;
    PyErr_Clear();
    return wrong_type(name, "an int", describe_object(object));
  }
  int overflow = 0;
  value = PyLong_AsLongLongAndOverflow(index.borrow(), &overflow);
  const bool fits = overflow == 0 && value >= least && value <= most;
  if (!fits) {
    wrong_value(name, std::to_string(least) + " to " + std::to_string(most),
                text_of(PyLong_Type, index.borrow()));
  }
  index.decref();
  return fits;
}

}  // namespace fastlane
