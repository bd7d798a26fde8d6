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
//   Py_INCREF of each argument;  ...  Py_DECREF of each;
class HeldArguments {
 public:
  HeldArguments() noexcept = default;
  HeldArguments(const HeldArguments&) = delete;
  HeldArguments& operator=(const HeldArguments&) = delete;
  ~HeldArguments() { release(); }

  // `positional` is a tuple, `named` a dict or null. False with an exception set.
  bool hold(PyObject* positional, PyObject* named);
  void release() noexcept;

  PyObject* const* args() const noexcept { return args_.data(); }
  Py_ssize_t nargs() const noexcept { return nargs_; }
  PyObject* kwnames() const noexcept { return kwnames_; }
  const std::vector<PyObject*>& all() const noexcept { return args_; }

 private:
  std::vector<PyObject*> args_;  // owned
  Py_ssize_t nargs_ = 0;
  PyObject* kwnames_ = nullptr;  // owned
};

class DeferredCall : public kernels::WorkerJob {
 public:
  ~DeferredCall() override = default;

  // A call of `function`, which must be one of the module's; null with TypeError set otherwise.
  // May throw bad_alloc.
  static std::unique_ptr<DeferredCall> make(PyObject* module, PyObject* function);

  // Attached. False with an exception set and nothing borrowed.
  bool begin(PyObject* module, PyObject* positional, PyObject* named);

  // Attached, once the job has come back: gives everything back. New reference, or null with an
  // exception set.
  static PyObject* finish(std::unique_ptr<DeferredCall> call) noexcept;

  // In the child of a fork, once the job has come back abandoned: what its thread left half made
  // stays where it is for good; only others are let in again. Raises ForkedError.
  static PyObject* abandon(std::unique_ptr<DeferredCall> call) noexcept;

  std::size_t borrowed_bytes() const noexcept { return borrowed_bytes_; }
  const std::vector<PyObject*>& held() const noexcept { return held_.all(); }

 protected:
  virtual bool begin_phases(Arguments& args) = 0;
  virtual PyObject* finish_phases() = 0;
  virtual SameInput same_input() const noexcept = 0;
  virtual const char* name() const noexcept = 0;

 private:
  PyObject* module_ = nullptr;  // borrowed: whoever holds the call holds the module
  HeldArguments held_;
  std::optional<Arguments> arguments_;
  LiveBorrows borrows_;
  std::size_t borrowed_bytes_ = 0;
};

// One function's way to make such calls, in a list that is complete when the library is loaded.
class Deferrable {
 public:
  using Make = std::unique_ptr<DeferredCall> (*)();

  static void enlist(Deferrable& deferrable, PyCFunction function, Make make) noexcept;
  static const Deferrable* find(PyCFunction function) noexcept;
  std::unique_ptr<DeferredCall> make() const { return make_(); }

 private:
  PyCFunction function_ = nullptr;
  Make make_ = nullptr;
  Deferrable* next_ = nullptr;
};

template <class Call>
class DeferredPhases final : public DeferredCall {
 public:
  void run(Checkpoint& checkpoint) override {
    const CallClock::time_point begun = CallClock::now();
    phases_.run(checkpoint);
    run_time_ = CallClock::now() - begun;
  }

 private:
  // Counted as large calls are: what they do is timed each time.
  bool begin_phases(Arguments& args) override {
    CallCounters& counters = counters_of<Call>;
    const bool timed = counters.count_call();
    if (timed) counters.begin_gap(Call::kName);
    const CallClock::time_point start = CallClock::now();
    if (!phases_.begin(args)) return false;
    if (timed) counters.add_timed(CallClock::now() - start);
    counters.count_borrows(args.borrows());
    counters.count_released();
    counters.count_large();
    return true;
  }
  PyObject* finish_phases() override {
    CallCounters& counters = counters_of<Call>;
    const CallClock::time_point begun = CallClock::now();
    count_bytes(phases_, counters);
    PyObject* result = phases_.finish();
    counters.add_large(run_time_, CallClock::now() - begun);
    counters.count_result(result);
    return result;
  }
  SameInput same_input() const noexcept override { return same_input_of<Call>(); }
  const char* name() const noexcept override { return Call::kName; }

  Call phases_;
  CallClock::duration run_time_{};
};

template <class Call>
inline constinit Deferrable deferrable_of{};

template <class Call>
void enlist_deferrable(PyCFunction function) noexcept {
  Deferrable::enlist(deferrable_of<Call>, function, []() -> std::unique_ptr<DeferredCall> {
    return std::make_unique<DeferredPhases<Call>>();
  });
}

}  // namespace fastlane
