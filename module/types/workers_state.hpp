// The calls that a Workers object has under way: each belongs to it, with its future and its
// arguments, until it has come back and its future is settled.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "kernels/workers.hpp"
#include "module/boundary/deferred_call.hpp"

namespace fastlane {

// All of it needs the GIL.
class WorkersState {
 public:
  WorkersState(std::size_t threads, int nice) : workers_(threads, nice) {}

  enum class Submitted : std::uint8_t { refused, settled, under_way };

  // The call has begun. One that is small is done now, and its future settled. Refused with an
  // exception set; throws what the workers throw; then nothing is under way either.
  Submitted submit(std::unique_ptr<DeferredCall> call, PyObject* future);

  // False when the future has no call under way.
  bool cancel(PyObject* future) noexcept;

  // Cancels all calls and their futures. May run Python; may throw bad_alloc.
  void cancel_all();

  // Nobody wants to know any more how the calls end.
  void forget_futures() noexcept;

  // Settles the futures of the calls that have come back. May run Python.
  std::size_t settle_ended() noexcept;

  kernels::Workers& workers() noexcept { return workers_; }
  std::size_t under_way() const noexcept { return by_future_.size(); }
  int traverse(visitproc visit, void* arg) const;
  std::size_t bytes() const noexcept { return bytes_; }  // borrowed by what is under way

 private:
  std::unique_ptr<DeferredCall> take(kernels::WorkerJob* job) noexcept;

  kernels::Workers workers_;
  std::unordered_map<PyObject*, DeferredCall*> by_future_;  // calls owned; keys as in their waiter
  std::size_t bytes_ = 0;
};

}  // namespace fastlane
