// How one call travels: begin (attached), run (detached), finish (attached).
// This file joins the phases of every function, and it is the only one in which a thread leaves
// Python and comes back. Whatever C++ throws ends here, after all guards are gone.
#pragma once

#include <Python.h>

#include <concepts>
#include <cstddef>

#include "kernels/checkpoint.hpp"
#include "kernels/pool.hpp"
#include "module/boundary/arguments.hpp"
#include "module/boundary/errors.hpp"
#include "module/boundary/live_borrows.hpp"
#include "module/boundary/released_gil.hpp"

namespace fastlane {

using kernels::Checkpoint;

// Letting go of the GIL and taking it back costs about 50 ns; work of this many bytes takes some
// 2 us, so that the switch costs at most a few per cent of it (tools/bench calls shows both).
inline constexpr std::size_t kWorthReleasing = std::size_t{64} << 10;

// A call says how much it is about to do, as bytes of memory traffic. One that does not say is
// small.
template <class Call>
concept SaysItsWork = requires(const Call& call) {
  { call.work() } -> std::convertible_to<std::size_t>;
};

// Asked by long kernels every 20 ms: gives a signal handler the chance to stop the call. Which
// thread this is gets looked up here, not before: the two system calls cost more than a small call.
void answer_signals(void* released_gil);

// A call whose output may be one of its inputs says so: kSameInput = SameInput::allowed.
template <class Call>
constexpr SameInput same_input_of() {
  if constexpr (requires { Call::kSameInput; }) return Call::kSameInput;
  return SameInput::refused;
}

// Kept apart: what it needs on the stack would cost the small calls a nanosecond.
template <class Call>
[[gnu::noinline]] void run_detached(Call& phases, Arguments& args) {
  LiveBorrows borrows;
  if (!borrows.enter(args, same_input_of<Call>())) throw PythonErrorSet{};
  ReleasedGil gil;  // thread detached
  Checkpoint checkpoint(answer_signals, &gil);
  try {
    phases.run(checkpoint);
  } catch (const kernels::PoolStopped&) {
    stay_until_exit();
  }
  gil.reacquire();  // thread attached
  borrows.leave();
}

// For work that is not a call: `work` does not throw.
template <class Work>
void run_detached(Work&& work) noexcept {
  ReleasedGil gil;  // thread detached
  work();
  gil.reacquire();  // thread attached
}

template <class Call>
PyObject* join_phases(Call& phases, Arguments& arguments) {
  if (!phases.begin(arguments)) return nullptr;
  if constexpr (SaysItsWork<Call>) {
    if (phases.work() >= kWorthReleasing) {
      run_detached(phases, arguments);
      return phases.finish();
    }
  }
  if (may_conflict(arguments)) {
    if (!check_borrows(arguments, same_input_of<Call>())) return nullptr;
  }
  Checkpoint checkpoint;
  phases.run(checkpoint);
  return phases.finish();
}

// A function of the module.
template <class Call>
PyObject* call(PyObject* module, PyObject* const* args, Py_ssize_t nargs,
               PyObject* kwnames) noexcept try {
  Arguments arguments(Call::kName, module, args, nargs, kwnames);
  Call phases;
  return join_phases(phases, arguments);
} catch (...) {
  return raise_current_exception(module, Call::kName);
}

// A method of a heap type; the phases find the object in their member `self`.
template <class Call>
PyObject* call_method(PyObject* self, PyTypeObject* defining_class, PyObject* const* args,
                      std::size_t nargs, PyObject* kwnames) noexcept {
  PyObject* module = PyType_GetModule(defining_class);  // borrowed
  if (module == nullptr) return nullptr;
  try {
    Arguments arguments(Call::kName, module, args, static_cast<Py_ssize_t>(nargs), kwnames);
    Call phases;
    phases.self = self;  // borrowed: the caller keeps it alive
    return join_phases(phases, arguments);
  } catch (...) {
    return raise_current_exception(module, Call::kName);
  }
}

// The cast that a method table needs for METH_FASTCALL | METH_KEYWORDS.
using FastCall = PyObject* (*)(PyObject*, PyObject* const*, Py_ssize_t, PyObject*) noexcept;
inline PyCFunction fastcall(FastCall function) noexcept {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}

// One row of a method table.
template <class Call>
PyMethodDef row_of(const char* doc) {
  return {Call::kName, fastcall(call<Call>), METH_FASTCALL | METH_KEYWORDS, doc};
}
template <class Call>
PyMethodDef method_row_of(const char* doc) {
  return {Call::kMethodName,
          reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(call_method<Call>)),
          METH_METHOD | METH_FASTCALL | METH_KEYWORDS, doc};
}
inline constexpr PyMethodDef kEndOfTable = {nullptr, nullptr, 0, nullptr};

}  // namespace fastlane
