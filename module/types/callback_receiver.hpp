// Hands batches of events to a Python callable, on a thread that Python did not start: one attach
// per batch, with a thread state that lasts as long as the thread.
#pragma once

#include <Python.h>

#include <cstdint>
#include <span>

#include "kernels/event_queue.hpp"
#include "module/boundary/error_path.hpp"

namespace fastlane {

class CallbackReceiver final : public kernels::EventReceiver {
 public:
  explicit CallbackReceiver(PyObject* callable) noexcept;
  // On whichever thread the last producer is: what it held has been given back by drop().
  ~CallbackReceiver() override {
    if (callable_ == nullptr) return;
    if (on_error_path("CallbackReceiver forgotten on the happy path: write drop()")) drop();
  }

  void begin() noexcept override;
  void receive(std::span<const kernels::Event> batch) noexcept override;
  void end() noexcept override;

  // All below need the GIL.

  // The callable is never called again, and nothing is held any more. May run Python.
  void drop() noexcept;
  // True when the callable has raised nothing since the last time; otherwise that is set, as an
  // exception group.
  bool raise_errors() noexcept;
  int traverse(visitproc visit, void* arg) const;
  std::uint64_t failed() const noexcept { return failed_; }

 private:
  void keep_error() noexcept;

  PyInterpreterState* const interpreter_;
  PyObject* callable_;          // owned; null once dropped
  PyObject* errors_ = nullptr;  // owned: a list, made for the first one
  std::uint64_t failed_ = 0;    // batches
  std::uint64_t unraised_ = 0;  // of those, since the last time that they were raised
};

}  // namespace fastlane
