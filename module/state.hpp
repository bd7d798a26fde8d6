// What one loaded module holds: the error classes and heap types that C++ code needs to name.
// No static PyObject* exists anywhere; code reaches the state through the module it was called
// with.
#pragma once

#include <Python.h>

#include "kernels/array_view.hpp"

namespace fastlane {

struct ModuleState {
  PyObject* fastlane_error;
  PyObject* argument_type_error;
  PyObject* argument_value_error;
  PyObject* borrow_error;
  PyObject* copy_error;
  PyObject* expression_error;
  PyObject* schema_error;
  PyObject* record_error;
  PyObject* decode_error;
  PyObject* overloaded;
  PyObject* forked_error;
  PyObject* connection_timeout;  // of the lab: module/lab/connect.cpp
  PyObject*
      rust_borrows;      // capsule shared with Rust extensions, or null: boundary/rust_borrows.hpp
  PyObject* owner_type;  // memory made by C++ that arrays point into: boundary/owner.hpp
  PyObject* descriptors[kernels::kDTypes];  // NumPy's, by element type
  PyObject* arena_type;
  PyObject* arena_stats_type;
  PyObject* matrix_type;
  PyObject* description_type;
  PyObject* image_info_type;
  PyObject* expression_type;
  PyObject* known_expressions;  // dict: source to Expression, so that evaluate() parses once
};

// `visit` is called with every field by traverse and clear, so that the list stands once.
template <class Visitor>
int visit_fields(ModuleState& state, Visitor&& visit) {
  PyObject** fields = reinterpret_cast<PyObject**>(&state);
  constexpr std::size_t kFields = sizeof(ModuleState) / sizeof(PyObject*);
  for (std::size_t field = 0; field < kFields; ++field) {
    if (int result = visit(fields[field])) return result;
  }
  return 0;
}
static_assert(sizeof(ModuleState) % sizeof(PyObject*) == 0, "only PyObject* fields, see above");

// Whether `module` is one of those that this library made, whatever sys.modules calls it.
bool is_native_half(PyObject* module) noexcept;

inline ModuleState& state_of(PyObject* module) noexcept {
  return *static_cast<ModuleState*>(PyModule_GetState(module));
}

}  // namespace fastlane
