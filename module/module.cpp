// PyInit and what happens at import: NumPy's function table, error classes, types, families.
// Multi-phase initialisation: everything lives in the module object, nothing in statics.
#define FASTLANE_IMPORTS_NUMPY
#include <exception>

#include "kernels/cpu.hpp"
#include "module/boundary/call_counters.hpp"
#include "module/boundary/dtype.hpp"
#include "module/boundary/errors.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/boundary/owner.hpp"
#include "module/boundary/rust_borrows.hpp"
#include "module/c_api/table.hpp"
#include "module/families.hpp"
#include "module/lab/types.hpp"
#include "module/numpy_api.hpp"
#include "module/state.hpp"
#include "module/types/arena.hpp"
#include "module/types/expression.hpp"
#include "module/types/mapped_file.hpp"
#include "module/types/matrix.hpp"
#include "module/types/workers.hpp"

namespace fastlane {
namespace {

#ifdef NDEBUG
constexpr const char* kBuild = "release";
#else
constexpr const char* kBuild = "checked";
#endif

// A method's `self` is always the main module: that is where the state is.
int add_methods(PyObject* module, PyObject* target, const char* public_name, PyMethodDef* methods) {
  OwnedRef name = OwnedRef::from_new(PyUnicode_FromString(public_name));
  if (!name) return -1;
  for (PyMethodDef* method = methods; method->ml_name != nullptr; ++method) {
    OwnedRef function = OwnedRef::from_new(PyCFunction_NewEx(method, module, name.borrow()));
    if (!function) return -1;
    if (PyModule_AddObjectRef(target, method->ml_name, function.borrow()) < 0) return -1;
    function.decref();
  }
  name.decref();
  return 0;
}

// The submodule, made at its first family and found again at the next.
OwnedRef submodule_of(PyObject* module, const char* name) {
  if (PyObject* known = PyDict_GetItemString(PyModule_GetDict(module), name)) {  // borrowed
    return OwnedRef::incref(known);
  }
  const std::string full_name = std::string("fastlane._core.") + name;
  OwnedRef made = OwnedRef::from_new(PyModule_New(full_name.c_str()));
  if (made && PyModule_AddObjectRef(module, name, made.borrow()) < 0) return OwnedRef();
  return made;
}

int add_family(PyObject* module, const Family& family) {
  if (family.submodule == nullptr) return add_methods(module, module, "fastlane", family.methods);
  OwnedRef target = submodule_of(module, family.submodule);
  if (!target) return -1;
  const std::string public_name = std::string("fastlane.") + family.submodule;
  const int added = add_methods(module, target.borrow(), public_name.c_str(), family.methods);
  target.decref();
  return added;
}

// An unknown or unavailable FASTLANE_CPU must be said at import, not at the first call.
int choose_cpu_row(PyObject* module) {
  std::string row;
  try {
    row = kernels::cpu::name_of(kernels::cpu::level());
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_ImportError, error.what());
    return -1;
  }
  return PyModule_AddStringConstant(module, "cpu_row", row.c_str());
}

int add_constants(PyObject* module) {
  if (PyModule_AddStringConstant(module, "__version__", FASTLANE_VERSION) < 0) return -1;
  return PyModule_AddStringConstant(module, "build", kBuild);
}

// What the module holds beside its functions, in the order in which it comes.
constexpr int (*kAdditions[])(PyObject* module) = {
    choose_cpu_row,       add_constants,     add_errors,          add_descriptors,
    add_owner_type,       join_rust_borrows, add_arena_types,     add_mapped_file_type,
    add_description_type, add_matrix_type,   add_workers_type,    add_expression_type,
    add_image_info_type,  add_counter_type,  add_processor_types, add_database_errors,
    stop_pool_at_exit,    add_c_api,
};

// NumPy can be loaded once in a process, so this is where a second interpreter is refused.
// The table is asked for at every import: one that is left from an ended interpreter is stale.
int import_numpy() noexcept {
  if (_import_array() == 0) return 0;
  if (!PyErr_ExceptionMatches(PyExc_ImportError)) return -1;
  PyObject *kind = nullptr, *reason = nullptr, *traceback = nullptr;
  PyErr_Fetch(&kind, &reason, &traceback);  // new references
  PyErr_NormalizeException(&kind, &reason, &traceback);
  PyErr_Format(
      PyExc_ImportError,
      "fastlane needs NumPy, which could not be loaded: %S (a process can load NumPy once, "
      "in one interpreter)",
      reason);
  Py_XDECREF(kind);
  Py_XDECREF(reason);
  Py_XDECREF(traceback);
  return -1;
}

int exec(PyObject* module) noexcept try {
  // A thread's state for C++ exceptions is made at its first use, and glibc ends the process when
  // there is no memory for it then. The importing thread gets its own here.
  static_cast<void>(std::uncaught_exceptions());
  if (import_numpy() < 0) return -1;
  for (auto add : kAdditions) {
    if (add(module) < 0) return -1;
  }
  for (const Family& family : kFamilies) {
    if (add_family(module, family) < 0) return -1;
  }
  return 0;
} catch (...) {
  raise_current_exception(module, "import fastlane");
  return -1;
}

int traverse(PyObject* module, visitproc visit, void* arg) {
  ModuleState* state = static_cast<ModuleState*>(PyModule_GetState(module));
  if (state == nullptr) return 0;
  return visit_fields(*state, [&](PyObject*& field) { return field ? visit(field, arg) : 0; });
}

int clear(PyObject* module) {
  ModuleState* state = static_cast<ModuleState*>(PyModule_GetState(module));
  if (state == nullptr) return 0;
  return visit_fields(*state, [](PyObject*& field) {
    Py_CLEAR(field);
    return 0;
  });
}

void free_module(void* module) { clear(static_cast<PyObject*>(module)); }

PyModuleDef_Slot slots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(exec)},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
    {0, nullptr},
};

PyModuleDef definition = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "fastlane._core",
    .m_doc = "The native half of fastlane; use it through the package.",
    .m_size = sizeof(ModuleState),
    .m_methods = nullptr,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = free_module,
};

}  // namespace

bool is_native_half(PyObject* module) noexcept {
  return PyModule_Check(module) && PyModule_GetDef(module) == &definition;
}

}  // namespace fastlane

PyMODINIT_FUNC PyInit__core() { return PyModuleDef_Init(&fastlane::definition); }
