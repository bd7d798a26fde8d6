// One life of an interpreter inside this program, from start to finish.
#pragma once

#include <Python.h>

#include <cstdio>
#include <cstdlib>

namespace fastlane::embed {

// What nobody can go on from ends the program with one line.
[[noreturn]] inline void give_up(const char* what) {
  if (Py_IsInitialized() && PyErr_Occurred() != nullptr) PyErr_Print();
  std::fprintf(stderr, "embed: %s\n", what);
  std::exit(1);
}

inline void need(bool holds, const char* what) {
  if (!holds) give_up(what);
}

// Python looks for the modules of a package in its folder only, not on the inittab; this has it
// look there first for the one that is linked into this program.
inline constexpr const char* kLookInside =
    "import sys\n"
    "from importlib.machinery import BuiltinImporter\n"
    "class Inside:\n"
    "    @staticmethod\n"
    "    def find_spec(name, path=None, target=None):\n"
    "        return BuiltinImporter.find_spec(name) if name == 'fastlane._core' else None\n"
    "sys.meta_path.insert(0, Inside)\n";

class Interpreter {
 public:
  Interpreter() {
    Py_InitializeEx(0);
    need(run(kLookInside), "the finder of the module inside could not be set up");
  }
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;
  ~Interpreter() {
    if (Py_IsInitialized()) give_up("Interpreter forgotten: write finish()");
  }

  // Runs statements in a namespace of their own; false with the exception still set.
  bool run(const char* statements) {
    PyObject* names = PyDict_New();  // new
    if (names == nullptr) return false;
    const bool built = PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) == 0;
    PyObject* result =
        built ? PyRun_String(statements, Py_file_input, names, names) : nullptr;  // new
    Py_DECREF(names);
    Py_XDECREF(result);
    return result != nullptr;
  }

  void finish() { need(Py_FinalizeEx() == 0, "the interpreter did not end cleanly"); }
};

}  // namespace fastlane::embed
