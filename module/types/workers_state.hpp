// The calls that a Workers object has under way: each belongs to it, with its future and its
// arguments, until it has come back and its future is settled.
#pragma once

#include <Python.h>

#include <cstddef>
#include <memory>
#include <unordered_map>

#include "kernels/workers.hpp"
#include "module/boundary/deferred_call.hpp"

namespace fastlane {

// All of it needs the GIL.
class WorkersState {
 public:
  struct UnderWay {
    std::unique_ptr<DeferredCall> call;
    PyObject* future = nullptr;  // owned
    bool is_wanted = true;       // false once the future has been cancelled
  };

  explicit WorkersState(std::size_t threads) : workers_(threads) {}

  // The call has begun. Throws what the workers throw; then nothing is under way.
  void submit(std::unique_ptr<DeferredCall> call, PyObject* future);

  // False when the future has no call under way.
  bool cancel(PyObject* future) noexcept;

  // Cancels all calls and their futures. May run Python; may throw bad_alloc.
  void cancel_all();

  // Nobody wants to know any more how the calls end.
  void forget_futures() noexcept;

  // Settles the futures of the calls that have come back. May run Python.
  std::size_t settle_ended() noexcept;

  kernels::Workers& workers() noexcept { return workers_; }
  const std::unordered_map<const kernels::WorkerJob*, UnderWay>& under_way() const noexcept {
    return under_way_;
  }
  std::size_t bytes() const noexcept { return bytes_; }  // borrowed by what is under way

 private:
  UnderWay take(const kernels::WorkerJob* job) noexcept;

  kernels::Workers workers_;
  std::unordered_map<const kernels::WorkerJob*, UnderWay> under_way_;
  std::unordered_map<PyObject*, kernels::WorkerJob*> by_future_;  // keys: borrowed from under_way_
  std::size_t bytes_ = 0;
};

}  // namespace fastlane
