// From a call that has come back to the future that waits for it.
#include "module/types/workers_state.hpp"

#include <utility>
#include <vector>

#include "module/boundary/errors.hpp"
#include "module/state.hpp"

namespace fastlane {
namespace {

// Whoever settled the future before us, or closed its loop, no longer waits for it.
void forget_failure(PyObject* told) {
  if (told == nullptr) PyErr_Clear();
  Py_XDECREF(told);
}

// `result` is stolen; null: the exception that is set is told instead.
void tell(const ModuleState& state, PyObject* future, PyObject* result) {
  PyObject* method = result == nullptr ? state.name_set_exception : state.name_set_result;
  if (result == nullptr) result = take_exception();  // new
  forget_failure(PyObject_CallMethodOneArg(future, method, result));
  Py_DECREF(result);
}

void settle(std::unique_ptr<DeferredCall> ended) {
  const Waiter waiter = std::exchange(ended->waiter, {});
  const ModuleState& state = state_of(ended->module());
  PyObject* result = ended->is_abandoned() ? DeferredCall::abandon(std::move(ended))
                                           : DeferredCall::finish(std::move(ended));
  if (waiter.is_wanted) {
    tell(state, waiter.future, result);
  } else if (result == nullptr) {
    PyErr_Clear();
  } else {
    Py_DECREF(result);
  }
  Py_DECREF(waiter.future);
}

}  // namespace

WorkersState::Submitted WorkersState::submit(std::unique_ptr<DeferredCall> call, PyObject* future) {
  if (call->is_small()) {
    const ModuleState& state = state_of(call->module());
    tell(state, future, DeferredCall::finish_at_once(std::move(call)));
    return Submitted::settled;
  }
  if (!call->enter_borrows()) return Submitted::refused;
  const auto place = by_future_.emplace(future, call.get()).first;
  try {
    workers_.submit(*call);
  } catch (...) {
    by_future_.erase(place);
    throw;
  }
  bytes_ += call->borrowed_bytes();
  call.release()->waiter = {Py_NewRef(future), true};  // owned by by_future_
  return Submitted::under_way;
}

std::unique_ptr<DeferredCall> WorkersState::take(kernels::WorkerJob* job) noexcept {
  std::unique_ptr<DeferredCall> ended(static_cast<DeferredCall*>(job));
  by_future_.erase(ended->waiter.future);
  bytes_ -= ended->borrowed_bytes();
  return ended;
}

bool WorkersState::cancel(PyObject* future) noexcept {
  const auto found = by_future_.find(future);
  if (found == by_future_.end()) return false;
  found->second->waiter.is_wanted = false;
  workers_.cancel(*found->second);
  return true;
}

void WorkersState::cancel_all() {
  std::vector<PyObject*> futures;  // owned
  futures.reserve(by_future_.size());
  for (const auto& [future, call] : by_future_) futures.push_back(Py_NewRef(future));
  for (PyObject* future : futures) {
    forget_failure(PyObject_CallMethod(future, "cancel", nullptr));
    Py_DECREF(future);
  }
  for (const auto& [future, call] : by_future_) workers_.cancel(*call);
}

void WorkersState::forget_futures() noexcept {
  for (const auto& [future, call] : by_future_) call->waiter.is_wanted = false;
}

int WorkersState::traverse(visitproc visit, void* arg) const {
  for (const auto& [future, call] : by_future_) {
    Py_VISIT(future);
    if (const int stop = call->held().traverse(visit, arg)) return stop;
  }
  return 0;
}

std::size_t WorkersState::settle_ended() noexcept {
  std::size_t settled = 0;
  for (kernels::WorkerJob* job = workers_.take_back(); job != nullptr; ++settled) {
    kernels::WorkerJob* const next = job->next();  // the job is gone when it is settled
    settle(take(job));
    job = next;
  }
  return settled;
}

}  // namespace fastlane
