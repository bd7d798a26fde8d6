// Threads that do jobs for somebody who does not wait: jobs are queued in order, done one by one,
// and come back as a list, announced by a descriptor that an event loop can watch. Nothing here
// touches Python. The pool for a call that waits is kernels/pool.hpp.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "kernels/checkpoint.hpp"
#include "kernels/forkable.hpp"

namespace fastlane::kernels {

// Why a job came back without having been done: somebody cancelled it.
struct Cancelled : std::runtime_error {
  Cancelled() : std::runtime_error("cancelled") {}
};

// A job was handed in after stop().
struct WorkersStopped : std::runtime_error {
  WorkersStopped() : std::runtime_error("the workers have been stopped") {}
};

// One piece of work. Its owner keeps it alive until it has come back.
class WorkerJob {
 public:
  WorkerJob() noexcept = default;
  WorkerJob(const WorkerJob&) = delete;
  WorkerJob& operator=(const WorkerJob&) = delete;

  // On a worker. What it throws is kept for its owner; `checkpoint` throws Cancelled.
  virtual void run(Checkpoint& checkpoint) = 0;

  // For the owner, once the job has come back.
  const std::exception_ptr& error() const noexcept { return error_; }
  // The process forked while the job was under way, and this is the child: a part of the job may
  // be half made, and nobody will end it. It must be left as it is.
  bool is_abandoned() const noexcept { return is_abandoned_; }
  WorkerJob* next() const noexcept { return next_; }

 protected:
  virtual ~WorkerJob() = default;

 private:
  friend class Workers;
  enum class Place : std::uint8_t { outside, queued, running, back };

  WorkerJob* before_ = nullptr;
  WorkerJob* next_ = nullptr;
  Place place_ = Place::outside;
  bool is_awaited_ = false;  // somebody stands in wait(): it does not come back in the list
  bool is_abandoned_ = false;
  std::atomic<bool> is_cancelled_{false};
  std::exception_ptr error_;
};

class Workers final : private Forkable {
 public:
  // Threads start when there is work for them, each `nice` steps nicer than the one that asks.
  // May throw std::system_error (no descriptor left).
  explicit Workers(std::size_t threads, int nice = 0);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers();

  // Becomes readable when jobs have come back. Another one in the child of a fork.
  int descriptor() const noexcept { return descriptor_; }
  std::size_t threads() const noexcept { return most_threads_; }

  // Puts the job at the end of the queue. Throws WorkersStopped, and std::system_error when not a
  // single thread can be started; then the job is still outside.
  void submit(WorkerJob& job);

  // A queued job comes back at once, a running one when it reaches its next checkpoint.
  void cancel(WorkerJob& job) noexcept;

  // The jobs that have come back since the last time, in that order, linked by next(); makes the
  // descriptor unreadable. Null when there are none.
  WorkerJob* take_back() noexcept;

  // Submits the job and waits until it is done, at most `limit`; false when time is up. Whoever
  // got false cancels the job and waits again. One that is awaited is not in take_back().
  void submit_awaited(WorkerJob& job);
  bool wait(WorkerJob& job, std::chrono::milliseconds limit);

  // What becomes of those who stand in wait() when the workers stop: at the end of a process there
  // is nothing left for them to come back to.
  enum class Waiters : bool { come_back, stay };

  // Cancels everything, joins the threads; the jobs come back as usual. No more jobs afterwards.
  void stop(Waiters waiters = Waiters::come_back) noexcept;

  std::size_t queued() const noexcept { return queued_.load(std::memory_order_relaxed); }
  std::size_t running() const noexcept { return running_.load(std::memory_order_relaxed); }

 private:
  struct Thread;

  // In the child no thread is left: what was queued or running comes back abandoned.
  void before_fork() noexcept override { mutex_.lock(); }
  void after_fork_in_parent() noexcept override { mutex_.unlock(); }
  void after_fork_in_child() noexcept override;

  void serve(Thread& self) noexcept;
  // All below need the lock.
  void enqueue(WorkerJob& job);
  void start_thread_if_needed();
  WorkerJob* take_from_queue() noexcept;
  void unlink(WorkerJob& job) noexcept;
  bool bring_back(WorkerJob& job) noexcept;  // true: the descriptor wants a word, without the lock
  void announce() const noexcept;

  const std::size_t most_threads_;
  const int nice_;
  int descriptor_;
  std::mutex mutex_;
  std::condition_variable wanted_;  // by threads: there is a job, or it is time to leave
  std::condition_variable done_;    // by wait(): an awaited job has come back
  WorkerJob* first_ = nullptr;
  WorkerJob* last_ = nullptr;
  WorkerJob* first_back_ = nullptr;
  WorkerJob* last_back_ = nullptr;
  std::vector<std::unique_ptr<Thread>> threads_;
  std::size_t looking_ = 0;  // threads without work that are awake
  std::atomic<std::size_t> queued_{0};
  std::atomic<std::size_t> running_{0};
  std::atomic<bool> stopped_{false};
  Waiters waiters_ = Waiters::come_back;
};

}  // namespace fastlane::kernels
