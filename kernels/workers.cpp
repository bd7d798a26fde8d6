// One lock for the queue and for what has come back: it is held for a few loads and stores. The
// descriptor is written to only when the list of what has come back was empty, so that a burst of
// jobs wakes the event loop once.
#include "kernels/workers.hpp"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <thread>

#include "kernels/blocked_signals.hpp"
#include "kernels/look_on.hpp"
#include "kernels/pool.hpp"

namespace fastlane::kernels {
namespace {

int new_descriptor() {
  const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return descriptor;
}

void ask_whether_cancelled(void* is_cancelled) {
  if (static_cast<std::atomic<bool>*>(is_cancelled)->load(std::memory_order_relaxed)) {
    throw Cancelled();
  }
}

}  // namespace

struct Workers::Thread {
  std::thread thread;
  WorkerJob* job = nullptr;  // what it does; under the lock
};

Workers::Workers(std::size_t threads, int nice)
    : most_threads_(std::max<std::size_t>(threads, 1)), nice_(nice), descriptor_(new_descriptor()) {
  enlist();
}

Workers::~Workers() {
  stop();
  delist();
  close(descriptor_);
}

void Workers::submit(WorkerJob& job) {
  bool must_wake = false;
  {
    const auto lock = lock_awake(mutex_);
    enqueue(job);
    must_wake = looking_ < queued();
  }
  if (must_wake) wanted_.notify_one();
}

void Workers::submit_awaited(WorkerJob& job) {
  job.is_awaited_ = true;
  submit(job);
}

bool Workers::wait(WorkerJob& job, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return done_.wait_for(lock, limit, [&] { return job.place_ == WorkerJob::Place::back; });
}

void Workers::enqueue(WorkerJob& job) {
  if (stopped_) throw WorkersStopped();
  start_thread_if_needed();
  job.place_ = WorkerJob::Place::queued;
  job.before_ = last_;
  job.next_ = nullptr;
  (last_ == nullptr ? first_ : last_->next_) = &job;
  last_ = &job;
  queued_.fetch_add(1, std::memory_order_release);
}

// One that is about to look for work will find this job too, so none is started beside it.
void Workers::start_thread_if_needed() {
  const std::size_t busy = running() + queued();
  if (threads_.size() >= most_threads_ || threads_.size() > busy) return;
  const BlockedSignals blocked;
  try {
    threads_.push_back(std::make_unique<Thread>());
    Thread& self = *threads_.back();
    try {
      self.thread = std::thread([this, &self] { serve(self); });
    } catch (...) {
      threads_.pop_back();
      throw;
    }
    pthread_setname_np(self.thread.native_handle(), "fastlane-worker");
  } catch (...) {
    if (threads_.empty()) throw;  // otherwise those that there are do it
  }
}

void Workers::unlink(WorkerJob& job) noexcept {
  (job.before_ == nullptr ? first_ : job.before_->next_) = job.next_;
  (job.next_ == nullptr ? last_ : job.next_->before_) = job.before_;
  queued_.fetch_sub(1, std::memory_order_relaxed);
}

WorkerJob* Workers::take_from_queue() noexcept {
  WorkerJob* job = first_;
  if (job != nullptr) {
    unlink(*job);
    job->place_ = WorkerJob::Place::running;
    running_.fetch_add(1, std::memory_order_relaxed);
  }
  return job;
}

bool Workers::bring_back(WorkerJob& job) noexcept {
  if (job.is_awaited_ && waiters_ == Waiters::stay) return false;
  job.place_ = WorkerJob::Place::back;
  if (job.is_awaited_) {
    done_.notify_all();
    return false;
  }
  job.next_ = nullptr;
  const bool is_first = first_back_ == nullptr;
  (is_first ? first_back_ : last_back_->next_) = &job;
  last_back_ = &job;
  return is_first;
}

void Workers::announce() const noexcept {
  const std::uint64_t one = 1;
  static_cast<void>(!write(descriptor_, &one, sizeof one));  // full is as good as written
}

void Workers::cancel(WorkerJob& job) noexcept {
  bool must_announce = false;
  {
    const std::lock_guard lock(mutex_);
    job.is_cancelled_.store(true, std::memory_order_relaxed);
    if (job.place_ != WorkerJob::Place::queued) return;
    unlink(job);
    job.error_ = std::make_exception_ptr(Cancelled());
    must_announce = bring_back(job);
  }
  if (must_announce) announce();
}

WorkerJob* Workers::take_back() noexcept {
  std::uint64_t words = 0;
  static_cast<void>(!read(descriptor_, &words, sizeof words));  // nothing to read is no error
  const auto lock = lock_awake(mutex_);
  WorkerJob* first = first_back_;
  first_back_ = last_back_ = nullptr;
  return first;
}

void Workers::serve(Thread& self) noexcept {
  // On Linux it is the thread alone that becomes nicer; where it may not be, it stays as it is.
  if (nice_ > 0) static_cast<void>(!nice(nice_));
  Pool::keep_to_this_thread();
  std::unique_lock lock(mutex_);
  while (true) {
    if (WorkerJob* job = take_from_queue()) {
      self.job = job;
      lock.unlock();
      Checkpoint checkpoint(ask_whether_cancelled, &job->is_cancelled_);
      try {
        job->run(checkpoint);
      } catch (...) {
        job->error_ = std::current_exception();
      }
      lock = lock_awake(mutex_);
      self.job = nullptr;
      running_.fetch_sub(1, std::memory_order_relaxed);
      if (bring_back(*job)) {  // the job may be gone from here on
        lock.unlock();
        announce();
        lock.lock();
      }
      continue;
    }
    if (stopped_) return;
    const auto called = [this] { return queued() != 0 || stopped_; };
    ++looking_;
    lock.unlock();
    const bool was_called = look_on(called);
    lock.lock();
    --looking_;
    if (!was_called) wanted_.wait(lock, called);
  }
}

void Workers::stop(Waiters waiters) noexcept {
  std::vector<std::unique_ptr<Thread>> threads;
  bool must_announce = false;
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    waiters_ = waiters;
    while (first_ != nullptr) {
      WorkerJob& job = *first_;
      unlink(job);
      job.error_ = std::make_exception_ptr(Cancelled());
      must_announce |= bring_back(job);
    }
    for (auto& thread : threads_) {
      if (thread->job != nullptr) thread->job->is_cancelled_.store(true, std::memory_order_relaxed);
    }
    threads = std::move(threads_);
    threads_.clear();
  }
  wanted_.notify_all();
  if (must_announce) announce();
  for (auto& thread : threads) thread->thread.join();
}

// The threads are gone: their handles are forgotten, neither joined nor detached. Who waited inside
// the condition variables is gone too, so they are made anew where they stand. The descriptor was
// shared with the parent.
void Workers::after_fork_in_child() noexcept {
  new (&wanted_) std::condition_variable;
  new (&done_) std::condition_variable;
  for (auto& thread : threads_) {
    new (&thread->thread) std::thread;
    if (WorkerJob* job = thread->job) {
      job->is_abandoned_ = true;
      bring_back(*job);
    }
  }
  threads_.clear();
  for (WorkerJob* job = first_; job != nullptr;) {
    WorkerJob* const next = job->next_;
    job->is_abandoned_ = true;
    bring_back(*job);
    job = next;
  }
  first_ = last_ = nullptr;
  looking_ = 0;
  queued_ = running_ = 0;
  close(descriptor_);
  descriptor_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);  // -1 is refused by whoever watches it
  if (first_back_ != nullptr) announce();
  mutex_.unlock();
}

}  // namespace fastlane::kernels
