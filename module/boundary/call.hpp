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
#include "module/boundary/call_counters.hpp"
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

// What a call says of bytes that its result does not show.
template <class Call>
void count_bytes(const Call& phases, CallCounters& counters) noexcept {
  if constexpr (requires { phases.copied(); }) counters.count_copied(phases.copied());
  if constexpr (requires { phases.moved(); }) counters.count_moved(phases.moved());
}

template <class Call>
[[gnu::noinline]] PyObject* join_phases_large(Call& phases, Arguments& arguments,
                                              CallCounters& counters) {
  counters.count_large();
  const CallClock::time_point begun = CallClock::now();
  run_detached(phases, arguments);
  const CallClock::time_point ran = CallClock::now();
  count_bytes(phases, counters);
  PyObject* result = phases.finish();
  counters.add_large(ran - begun, CallClock::now() - ran);
  counters.count_result(result);
  return result;
}

// How a call is accounted for is known when this is compiled: one that is not counted asks nothing,
// and one that is not timed asks no clock.
enum class Account { none, counted, timed };

template <Account account, class Call>
[[gnu::always_inline]] inline PyObject* join_accounted(Call& phases, Arguments& arguments,
                                                       CallCounters& counters) {
  constexpr bool counted = account != Account::none;
  constexpr bool timed = account == Account::timed;
  [[maybe_unused]] CallClock::time_point start, begun, ran;
  if constexpr (timed) start = CallClock::now();
  if (!phases.begin(arguments)) return nullptr;
  if constexpr (timed) begun = CallClock::now();
  if constexpr (counted) counters.count_borrows(arguments.borrows());
  bool released = false;
  if constexpr (SaysItsWork<Call>) {
    const std::size_t work = phases.work();
    released = work >= kWorthReleasing;
    if (released) {
      counters.count_released();
      if (work >= kWorthTiming) {
        if constexpr (timed) counters.add_timed(begun - start);
        return join_phases_large(phases, arguments, counters);
      }
      run_detached(phases, arguments);
    }
  }
  if (!released) {
    if (may_conflict(arguments)) {
      if (!check_borrows(arguments, same_input_of<Call>())) return nullptr;
    }
    Checkpoint checkpoint;
    phases.run(checkpoint);
  }
  if constexpr (timed) ran = CallClock::now();
  if constexpr (counted) count_bytes(phases, counters);
  PyObject* result = phases.finish();
  if constexpr (timed) counters.add_timed(begun - start, ran - begun, CallClock::now() - ran);
  if constexpr (counted) counters.count_result(result);
  return result;
}

// Few calls come here, and there is one of these for each function: small before fast.
template <class Call>
[[gnu::noinline, gnu::cold]] PyObject* join_phases_timed(Call& phases, Arguments& arguments,
                                                         CallCounters& counters) {
  counters.begin_gap(Call::kName);
  return join_accounted<Account::timed>(phases, arguments, counters);
}

template <Counting counting, class Call>
[[gnu::always_inline]] inline PyObject* join_phases(Call& phases, Arguments& arguments) {
  CallCounters& counters = counters_of<Call>;
  if constexpr (counting == Counting::off) {
    return join_accounted<Account::none>(phases, arguments, counters);
  } else {
    if (counters.count_call()) [[unlikely]]
      return join_phases_timed(phases, arguments, counters);
    return join_accounted<Account::counted>(phases, arguments, counters);
  }
}

// For a call that no method table makes.
template <class Call>
PyObject* join_phases(Call& phases, Arguments& arguments) {
  return is_counting() ? join_phases<Counting::on>(phases, arguments)
                       : join_phases<Counting::off>(phases, arguments);
}

// A call whose smallest cases are over before the phases could be set up. at_once locks nothing,
// runs no Python and throws nothing; true when it answered, with the result or an exception, and
// with the bytes that it looked at.
template <class Call>
concept AnswersAtOnce = requires(PyObject* const* args, PyObject*& result, std::size_t& bytes) {
  { Call::at_once(args, Py_ssize_t{}, result, bytes) }
  noexcept->std::same_as<bool>;
};

// False when the phases have to do it: also when the call's turn has come to be timed.
template <Counting counting, AnswersAtOnce Call>
[[gnu::always_inline]] inline bool answer_at_once(PyObject* const* args, Py_ssize_t nargs,
                                                  PyObject*& result) noexcept {
  CallCounters& counters = counters_of<Call>;
  std::size_t bytes = 0;
  if (counting == Counting::on && counters.is_timing_due()) return false;
  if (!Call::at_once(args, nargs, result, bytes)) return false;
  if constexpr (counting == Counting::on) {
    counters.count_call();
    counters.count_borrowed(bytes);
  }
  return true;
}

// A function of the module. Never written into call_at_once: the phases' stack would cost there.
template <class Call, Counting counting>
[[gnu::noinline]] PyObject* call(PyObject* module, PyObject* const* args, Py_ssize_t nargs,
                                 PyObject* kwnames) noexcept try {
  Arguments arguments(Call::kName, module, args, nargs, kwnames);
  Call phases;
  return join_phases<counting>(phases, arguments);
} catch (...) {
  return raise_current_exception(module, Call::kName);
}

// The same for a call that may be over before it needs phases.
template <AnswersAtOnce Call, Counting counting>
PyObject* call_at_once(PyObject* module, PyObject* const* args, Py_ssize_t nargs,
                       PyObject* kwnames) noexcept {
  PyObject* result = nullptr;
  if (kwnames == nullptr && answer_at_once<counting, Call>(args, nargs, result)) return result;
  return call<Call, counting>(module, args, nargs, kwnames);
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

// An object that is called itself; its type has no subclasses.
template <class Call>
PyObject* call_object(PyObject* self, PyObject* const* args, Py_ssize_t nargs,
                      PyObject* kwnames) noexcept {
  return call_method<Call>(self, Py_TYPE(self), args, static_cast<std::size_t>(nargs), kwnames);
}

}  // namespace fastlane
