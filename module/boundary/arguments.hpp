// Reads the arguments of one call (METH_FASTCALL | METH_KEYWORDS): numbers by value, objects
// borrowed. It never acquires anything, so nothing here needs giving back. It also carries the
// function's name and module to whoever has to complain, and the list of borrows that the call
// makes. Read next: borrowed_array.hpp, which locks an exporter that was read here.
#pragma once

#include <Python.h>

#include <cstdint>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

#include "module/boundary/borrow.hpp"
#include "module/boundary/errors.hpp"
#include "module/state.hpp"

namespace fastlane {

enum class Presence { required, optional, keyword };

template <Presence presence, class T>
struct Parameter {
  static constexpr Presence kPresence = presence;
  const char* name;
  T& variable;
};

// required and optional are positional-only, keyword is keyword-only; what is absent stays as it
// was. A PyObject*& takes a borrowed object; an optional or keyword one stays null when None is
// passed.
template <class T>
constexpr Parameter<Presence::required, T> required(const char* name, T& variable) {
  return {name, variable};
}
template <class T>
constexpr Parameter<Presence::optional, T> optional(const char* name, T& variable) {
  return {name, variable};
}
template <class T>
constexpr Parameter<Presence::keyword, T> keyword(const char* name, T& variable) {
  return {name, variable};
}

// For a keyword that has a default of its own and where None means something else.
struct ObjectOrNone {
  PyObject* object = nullptr;  // borrowed from args; null when absent
};

class Arguments {
 public:
  Arguments(const char* function, PyObject* module, PyObject* const* args, Py_ssize_t nargs,
            PyObject* kwnames) noexcept
      : function_(function), module_(module), args_(args), nargs_(nargs), kwnames_(kwnames) {}
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;

  // False with an exception set when the call does not fit the parameters.
  template <class... Parameters>
  bool read(Parameters... parameters) {
    constexpr Py_ssize_t least = (0 + ... + (Parameters::kPresence == Presence::required));
    constexpr Py_ssize_t most = (0 + ... + (Parameters::kPresence != Presence::keyword));
    if (kwnames_ == nullptr && nargs_ >= least && nargs_ <= most) [[likely]] {
      [[maybe_unused]] Py_ssize_t index = 0;
      return (take(parameters, index) && ...);
    }
    return read_slowly(parameters...);
  }

  // For a function that takes any keyword. First what is given by position; then the keywords, of
  // which those that are no parameter go to other(name, object): false with an exception set.
  template <class... Parameters>
  bool read_positional(Parameters... parameters) {
    static_assert(((Parameters::kPresence == Presence::required) && ...));
    if (nargs_ != sizeof...(Parameters)) {
      const Slot slots[] = {slot_of(parameters)..., {nullptr, Presence::keyword, nullptr}};
      return wrong_count(slots, sizeof...(Parameters));
    }
    [[maybe_unused]] Py_ssize_t index = 0;
    return (take(parameters, index) && ...);
  }
  template <class Other, class... Parameters>
  bool read_keywords(Other&& other, Parameters... parameters) {
    static_assert(((Parameters::kPresence == Presence::keyword) && ...));
    const Py_ssize_t keywords = kwnames_ == nullptr ? 0 : PyTuple_GET_SIZE(kwnames_);
    for (Py_ssize_t index = 0; index < keywords; ++index) {
      PyObject* name = PyTuple_GET_ITEM(kwnames_, index);  // borrowed
      PyObject* object = args_[nargs_ + index];
      Slot slots[] = {slot_of(parameters)...};
      bool known = false;
      for (Slot& slot : slots) {
        if (PyUnicode_CompareWithASCIIString(name, slot.name) != 0) continue;
        slot.object = object;
        known = true;
      }
      std::size_t slot = 0;
      const bool fits = known ? (take_slot(parameters, slots[slot++]) && ...) : other(name, object);
      if (!fits) return false;
    }
    return true;
  }

  // Each sets the exception and returns false.
  bool wrong_type(const char* argument, std::string expected, std::string got,
                  std::string hint = "") const;
  bool wrong_value(const char* argument, std::string expected, std::string got,
                   std::string hint = "") const;
  bool refuse_borrow(const char* argument, std::string expected, std::string got,
                     std::string hint = "") const;

  const char* function() const noexcept { return function_; }
  PyObject* module() const noexcept { return module_; }
  ModuleState& state() const noexcept { return state_of(module_); }
  Borrows& borrows() noexcept { return borrows_; }

 private:
  struct Slot {
    const char* name;
    Presence presence;
    PyObject* object;  // borrowed from args; null when absent
  };

  template <Presence presence, class T>
  bool take(Parameter<presence, T>& parameter, Py_ssize_t& index) {
    if constexpr (presence == Presence::keyword) return true;
    if (index == nargs_) return true;
    return convert<presence>(parameter.name, args_[index++], parameter.variable);
  }

  template <class... Parameters>
  [[gnu::noinline]] bool read_slowly(Parameters... parameters) {
    Slot slots[] = {slot_of(parameters)..., {nullptr, Presence::keyword, nullptr}};
    if (!match(slots, sizeof...(Parameters))) return false;
    std::size_t index = 0;
    return (take_slot(parameters, slots[index++]) && ...);
  }
  template <Presence presence, class T>
  static Slot slot_of(Parameter<presence, T>& parameter) {
    return {parameter.name, presence, nullptr};
  }
  template <Presence presence, class T>
  bool take_slot(Parameter<presence, T>& parameter, const Slot& slot) {
    if (slot.object == nullptr) return true;
    return convert<presence>(slot.name, slot.object, parameter.variable);
  }
  bool match(Slot* slots, std::size_t count);
  bool wrong_count(const Slot* slots, std::size_t count) const;
  bool unknown_keyword(const Slot* slots, std::size_t count, PyObject* name) const;

  template <Presence presence>
  bool convert(const char*, PyObject* object, PyObject*& variable) {
    if (presence == Presence::required || object != Py_None)
      variable = object;  // borrowed from args
    return true;
  }
  template <Presence presence>
  bool convert(const char*, PyObject* object, ObjectOrNone& variable) {
    variable.object = object;  // borrowed from args
    return true;
  }
  template <Presence presence>
  bool convert(const char* name, PyObject* object, double& variable) {
    if (PyFloat_CheckExact(object)) [[likely]] {
      variable = PyFloat_AS_DOUBLE(object);
      return true;
    }
    return convert_number(name, object, variable);
  }
  template <Presence presence, class Integer>
  requires std::is_integral_v<Integer>
  bool convert(const char* name, PyObject* object, Integer& variable) {
    if constexpr (presence != Presence::required) {
      if (object == Py_None) return true;
    }
    static_assert(std::is_signed_v<Integer> || sizeof(Integer) < sizeof(long long),
                  "a bound of an unsigned 64-bit integer does not fit the range check");
    if constexpr (std::is_same_v<Integer, bool>) {
      return convert_flag(name, object, variable);
    } else {
      long long value = 0;
      if (read_small_int(object, value) && std::in_range<Integer>(value)) [[likely]] {
        variable = static_cast<Integer>(value);
        return true;
      }
      if (!convert_integer(name, object, std::numeric_limits<Integer>::min(),
                           std::numeric_limits<Integer>::max(), value)) {
        return false;
      }
      variable = static_cast<Integer>(value);
      return true;
    }
  }
  // The value of an exact int of one digit, read in place; false for every other object.
  static bool read_small_int(PyObject* object, long long& value) noexcept {
    if (!PyLong_CheckExact(object)) return false;
    const auto* number = reinterpret_cast<PyLongObject*>(object);
#if PY_VERSION_HEX >= 0x030C0000
    if (!PyUnstable_Long_IsCompact(number)) return false;
    value = PyUnstable_Long_CompactValue(number);
#else
    const Py_ssize_t signed_digits = Py_SIZE(object);
    if (signed_digits < -1 || signed_digits > 1) return false;
    value = signed_digits * static_cast<long long>(number->ob_digit[0]);
#endif
    return true;
  }
  bool convert_number(const char* name, PyObject* object, double& variable) const;
  bool convert_flag(const char* name, PyObject* object, bool& variable) const;
  // Bounds are those of the C++ type; no parameter is wider than a signed 64-bit integer.
  bool convert_integer(const char* name, PyObject* object, long long least, long long most,
                       long long& value) const;

  const char* function_;
  PyObject* module_;
  PyObject* const* args_;
  Py_ssize_t nargs_;
  PyObject* kwnames_;
  Borrows borrows_;
};

}  // namespace fastlane
