// A call whose phases lie apart in time: begun by the thread that asks, run by a worker that never
// touches Python, finished by a thread that is attached. Every function of the module can be called
// so; the plain call is in call.hpp.
#pragma once

#include <Python.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "kernels/workers.hpp"
#include "module/boundary/arguments.hpp"
#include "module/boundary/call.hpp"
#include "module/boundary/call_counters.hpp"
#include "module/boundary/live_borrows.hpp"

namespace fastlane {

// The arguments of a call that outlives the frame it was asked in. Stands for
//   Py_INCREF(positional);  and of each named one;  ...  Py_DECREF of each;
class HeldArguments {
 public:
  HeldArguments() noexcept = default;
  HeldArguments(const HeldArguments&) = delete;
  HeldArguments& operator=(const HeldArguments&) = delete;
  ~HeldArguments() { release(); }

  // `positional` is a tuple, `named` a dict or null. False with an exception set.
  bool hold(PyObject* positional, PyObject* named);
  void release() noexcept;

  PyObject* const* args() const noexcept { return args_; }
  Py_ssize_t nargs() const noexcept { return nargs_; }
  PyObject* kwnames() const noexcept { return kwnames_; }
  int traverse(visitproc visit, void* arg) const;

 private:
  bool hold_named(PyObject* named);

  PyObject* positional_ = nullptr;  // owned
  PyObject* kwnames_ = nullptr;     // owned
  std::vector<PyObject*> all_;      // those by position borrowed from there, then owned ones
  PyObject* const* args_ = nullptr;
  Py_ssize_t nargs_ = 0;
};

// Who waits for a deferred call, for whoever looks after the call: types/workers_state.hpp.
struct Waiter {
  PyObject* future = nullptr;  // owned
  bool is_wanted = true;       // false once the future has been cancelled
};

class DeferredCall : public kernels::WorkerJob {
 public:
  ~DeferredCall() override = default;

  // A call of `function`, which must be one of the module's; null with TypeError set otherwise.
  // May throw bad_alloc.
  static std::unique_ptr<DeferredCall> make(PyObject* module, PyObject* function);

  // Attached. False with an exception set and nothing borrowed.
  bool begin(PyObject* module, PyObject* positional, PyObject* named);

  // After begin(): not worth another thread, by the measure by which a call gives up the GIL. Then
  // the call is over when finish_at_once() returns, like finish().
  bool is_small() const noexcept { return is_small_; }
  static PyObject* finish_at_once(std::unique_ptr<DeferredCall> call) noexcept;

  // Otherwise, before a worker gets it. False with an exception set; may throw bad_alloc.
  bool enter_borrows();

  // Attached, once the job has come back: gives everything back. New reference, or null with an
  // exception set.
  static PyObject* finish(std::unique_ptr<DeferredCall> call) noexcept;

  // In the child of a fork, once the job has come back abandoned: what its thread left half made
  // stays where it is for good; only others are let in again. Raises ForkedError.
  static PyObject* abandon(std::unique_ptr<DeferredCall> call) noexcept;

  PyObject* module() const noexcept { return module_; }
  std::size_t borrowed_bytes() const noexcept { return borrowed_bytes_; }
  const HeldArguments& held() const noexcept { return held_; }

  Waiter waiter;

 protected:
  virtual bool begin_phases(Arguments& args) = 0;  // sets is_small_
  virtual PyObject* finish_phases() = 0;
  virtual SameInput same_input() const noexcept = 0;
  virtual const char* name() const noexcept = 0;

  bool is_small_ = true;

 private:
  PyObject* module_ = nullptr;  // borrowed: whoever holds the call holds the module
  HeldArguments held_;
  std::optional<Arguments> arguments_;
  LiveBorrows borrows_;
  std::size_t borrowed_bytes_ = 0;
};

// One function's way to make such calls. All are known when the library is loaded.
class Deferrable {
 public:
  using Make = std::unique_ptr<DeferredCall> (*)();

  static void enlist(PyCFunction function, Make make) noexcept;
  static Make find(PyCFunction function) noexcept;  // null: not one of the module's
};

template <class Call>
class DeferredPhases final : public DeferredCall {
 public:
  void run(Checkpoint& checkpoint) override {
    if (is_small_) return phases_.run(checkpoint);
    const CallClock::time_point begun = CallClock::now();
    phases_.run(checkpoint);
    run_time_ = CallClock::now() - begun;
  }

 private:
  // What a worker does is counted as large calls are, and timed each time.
  bool begin_phases(Arguments& args) override {
    CallCounters& counters = counters_of<Call>;
    const bool timed = counters.count_call();
    if (timed) counters.begin_gap(Call::kName);
    const CallClock::time_point start = timed ? CallClock::now() : CallClock::time_point{};
    if (!phases_.begin(args)) return false;
    if (timed) counters.add_timed(CallClock::now() - start);
    counters.count_borrows(args.borrows());
    if constexpr (SaysItsWork<Call>) is_small_ = phases_.work() < kWorthReleasing;
    if (is_small_) return true;
    counters.count_released();
    counters.count_large();
    return true;
  }
  PyObject* finish_phases() override {
    CallCounters& counters = counters_of<Call>;
    const CallClock::time_point begun = is_small_ ? CallClock::time_point{} : CallClock::now();
    count_bytes(phases_, counters);
    PyObject* result = phases_.finish();
    if (!is_small_) counters.add_large(run_time_, CallClock::now() - begun);
    counters.count_result(result);
    return result;
  }
  SameInput same_input() const noexcept override { return same_input_of<Call>(); }
  const char* name() const noexcept override { return Call::kName; }

  Call phases_;
  CallClock::duration run_time_{};
};

template <class Call>
void enlist_deferrable(PyCFunction function) noexcept {
  Deferrable::enlist(function, []() -> std::unique_ptr<DeferredCall> {
    return std::make_unique<DeferredPhases<Call>>();
  });
}

}  // namespace fastlane
