// One row of a method table: the plain call of a function, and its entry among the calls that can
// be deferred.
#pragma once

#include <Python.h>

#include <cstddef>

#include "module/boundary/call.hpp"
#include "module/boundary/deferred_call.hpp"

namespace fastlane {

// The cast that a method table needs for METH_FASTCALL | METH_KEYWORDS.
using FastCall = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*) noexcept;
inline PyCFunction fastcall(FastCall function) noexcept {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

// A call that goes back to Python in the middle of its run says so: no worker may do that for it.
template <class Call>
inline constexpr bool runs_on_callers_thread = requires {
  Call::kRunsOnCallersThread;
};

template <class Call, Counting counting>
PyCFunction function_of() noexcept {
  if constexpr (AnswersAtOnce<Call>) {
    return fastcall(call_at_once<Call, counting>);
  } else {
    return fastcall(call<Call, counting>);
  }
}

template <class Call>
PyMethodDef row_of(const char* doc) {
  const PyCFunction function =
      is_counting() ? function_of<Call, Counting::on>() : function_of<Call, Counting::off>();
  if constexpr (!runs_on_callers_thread<Call>) enlist_deferrable<Call>(function);
  return {Call::kName, function, METH_FASTCALL | METH_KEYWORDS, doc};
}

template <class Call>
PyMethodDef method_row_of(const char* doc) {
  return {Call::kMethodName,
          reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(call_method<Call>)),
          METH_METHOD | METH_FASTCALL | METH_KEYWORDS, doc};
}

inline constexpr PyMethodDef kEndOfTable = {nullptr, nullptr, 0, nullptr};

}  // namespace fastlane
