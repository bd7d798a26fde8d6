// From a call that has come back to the future that waits for it.
#include "module/types/workers_state.hpp"

#include <utility>
#include <vector>

#include "module/boundary/errors.hpp"

namespace fastlane {
namespace {

// Whoever settled the future before us, or closed its loop, no longer waits for it.
void tell(PyObject* future, const char* method, PyObject* value) {
  PyObject* told = value == nullptr ? PyObject_CallMethod(future, method, nullptr)
                                    : PyObject_CallMethod(future, method, "(O)", value);  // new
  if (told == nullptr) PyErr_Clear();
  Py_XDECREF(told);
}

void settle(WorkersState::UnderWay ended) {
  PyObject* result = ended.call->is_abandoned() ? DeferredCall::abandon(std::move(ended.call))
                                                : DeferredCall::finish(std::move(ended.call));
  PyObject* error = result == nullptr ? take_exception() : nullptr;
  if (ended.is_wanted) {
    tell(ended.future, error == nullptr ? "set_result" : "set_exception",
         error == nullptr ? result : error);
  }
  Py_XDECREF(result);
  Py_XDECREF(error);
  Py_DECREF(ended.future);
}

}  // namespace

void WorkersState::submit(std::unique_ptr<DeferredCall> call, PyObject* future) {
  kernels::WorkerJob& job = *call;
  const std::size_t bytes = call->borrowed_bytes();
  by_future_.emplace(future, &job);
  try {
    under_way_.emplace(&job, UnderWay{std::move(call), nullptr}).first->second.future =
        Py_NewRef(future);  // owned
  } catch (...) {
    by_future_.erase(future);
    throw;
  }
  bytes_ += bytes;
  try {
    workers_.submit(job);
  } catch (...) {
    const UnderWay refused = take(&job);
    Py_DECREF(refused.future);
    throw;
  }
}

WorkersState::UnderWay WorkersState::take(const kernels::WorkerJob* job) noexcept {
  auto node = under_way_.extract(job);
  UnderWay ended = std::move(node.mapped());
  by_future_.erase(ended.future);
  bytes_ -= ended.call->borrowed_bytes();
  return ended;
}

bool WorkersState::cancel(PyObject* future) noexcept {
  const auto job = by_future_.find(future);
  if (job == by_future_.end()) return false;
  under_way_.find(job->second)->second.is_wanted = false;
  workers_.cancel(*job->second);
  return true;
}

void WorkersState::cancel_all() {
  std::vector<PyObject*> futures;  // owned
  futures.reserve(by_future_.size());
  for (const auto& [future, job] : by_future_) futures.push_back(Py_NewRef(future));
  for (PyObject* future : futures) {
    tell(future, "cancel", nullptr);
    Py_DECREF(future);
  }
  for (auto& [job, under_way] : under_way_) workers_.cancel(*under_way.call);
}

void WorkersState::forget_futures() noexcept {
  for (auto& [job, under_way] : under_way_) under_way.is_wanted = false;
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
