// Hands a finished run over to Python: columns are moved out as arrays, counts and errors become
// plain dicts and lists.
#pragma once

#include <Python.h>

#include "kernels/records/run.hpp"

namespace fastlane {

// New reference; the result is left without its columns. Throws PythonErrorSet and bad_alloc.
PyObject* write_result(PyObject* module, const kernels::records::Program& program,
                       kernels::records::RunResult&& result);

// The same for the groups alone: a dict with columns and state.
PyObject* write_groups(PyObject* module, kernels::records::RunResult&& result);

}  // namespace fastlane
