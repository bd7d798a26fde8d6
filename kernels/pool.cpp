// Jobs stand in one list under one lock until their callers leave; chunks are claimed without it.
// A thread that has run out of work looks on for some microseconds before it sleeps, because waking
// it costs about 20 us and the next call often comes sooner.
#include "kernels/pool.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <exception>
#include <limits>
#include <new>
#include <thread>
#include <utility>

#include "kernels/blocked_signals.hpp"
#include "kernels/look_on.hpp"

namespace fastlane::kernels {
namespace {

constexpr std::chrono::milliseconds kAskEvery{10};
constexpr std::size_t kMostThreads = 1024;  // more would only take turns
constexpr std::size_t kAskNow = std::numeric_limits<std::size_t>::max();

// Made when the library is loaded: a fork beside a first use would leave the child a half-made
// pool.
Pool* const process_pool = [] {
  Pool* const made = new Pool();
  pthread_atfork([] { pool().before_fork(); }, [] { pool().after_fork_in_parent(); },
                 [] { pool().after_fork_in_child(); });
  return made;
}();

thread_local bool keeps_to_itself = false;

// Thrown by a worker's checkpoint, caught where its chunk began.
struct Cancelled {};

}  // namespace

struct Pool::Job {
  Task task;
  std::size_t chunks;
  std::uint64_t generation;
  std::size_t seats = 0;  // workers that may still join
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> inside{0};  // workers that have joined and not left
  std::atomic<bool> cancelled{false};
  std::exception_ptr error;  // under the lock until nobody is inside
  Job* before = nullptr;
  Job* after = nullptr;

  bool has_chunks() const noexcept { return next.load(std::memory_order_relaxed) < chunks; }
  void cancel() noexcept {
    cancelled.store(true, std::memory_order_relaxed);
    next.store(chunks, std::memory_order_relaxed);
  }
};

struct Pool::Worker {
  std::thread thread;
  bool retired = false;  // leaves when it finds no work
  bool gone = false;     // has left: joining does not wait
};

struct Pool::State {
  std::mutex mutex;
  std::condition_variable wanted;  // by workers: there is a job, or it is time to leave
  std::condition_variable left;    // by callers: a worker left a job
  std::atomic<std::uint64_t> jobs_seen{0};
  Job* first = nullptr;
  std::vector<std::unique_ptr<Worker>> workers;
  bool stopped = false;

  void fail(Job& job, std::exception_ptr error) noexcept {
    const std::lock_guard lock(mutex);
    if (job.error == nullptr) job.error = std::move(error);
    job.cancel();
  }
  void unlink(Job& job) noexcept {
    (job.before == nullptr ? first : job.before->after) = job.after;
    if (job.after != nullptr) job.after->before = job.before;
  }
};

std::size_t usable_cpus() noexcept {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  if (sched_getaffinity(0, sizeof cpus, &cpus) == 0) {
    return static_cast<std::size_t>(std::max(1, CPU_COUNT(&cpus)));
  }
  return std::max(1u, std::thread::hardware_concurrency());
}

Pool::Pool(std::size_t size)
    : size_(std::max<std::size_t>(size, 1)), state_(std::make_unique<State>()) {}

Pool::~Pool() { shutdown(); }

std::size_t Pool::size() const noexcept {
  return keeps_to_itself ? 1 : size_.load(std::memory_order_relaxed);
}

void Pool::keep_to_this_thread() noexcept { keeps_to_itself = true; }

std::size_t Pool::workers() const noexcept {
  const std::lock_guard lock(state_->mutex);
  return static_cast<std::size_t>(std::count_if(state_->workers.begin(), state_->workers.end(),
                                                [](const auto& worker) { return !worker->gone; }));
}

void Pool::set_size(std::size_t size) {
  size = std::max<std::size_t>(size, 1);
  size_.store(size, std::memory_order_relaxed);
  {
    const std::lock_guard lock(state_->mutex);
    std::size_t kept = 0;
    for (auto& worker : state_->workers) {
      if (!worker->retired && ++kept > size - 1) worker->retired = true;
    }
    reap(*state_);
    state_->jobs_seen.fetch_add(1, std::memory_order_release);
  }
  state_->wanted.notify_all();
}

// Needs the lock.
void Pool::reap(State& state) noexcept {
  std::erase_if(state.workers, [](auto& worker) {
    if (worker->gone) worker->thread.join();
    return worker->gone;
  });
}

// Needs the lock. What cannot be started is done without.
void Pool::start_workers(State& state, std::size_t count) noexcept {
  reap(state);
  auto active = static_cast<std::size_t>(std::count_if(state.workers.begin(), state.workers.end(),
                                                       [](const auto& w) { return !w->retired; }));
  const BlockedSignals blocked;
  try {
    for (; active < count; ++active) {
      auto worker = std::make_unique<Worker>();
      Worker& self = *worker;
      state.workers.push_back(std::move(worker));
      try {
        self.thread = std::thread([&state, &self] { serve(state, self); });
      } catch (...) {
        state.workers.pop_back();
        return;
      }
      pthread_setname_np(self.thread.native_handle(), "fastlane-pool");
    }
  } catch (...) {  // no memory for one more
  }
}

void Pool::serve(State& state, Worker& self) noexcept {
  std::unique_lock lock(state.mutex);
  while (true) {
    Job* job = state.first;
    while (job != nullptr && (job->seats == 0 || !job->has_chunks())) job = job->after;
    if (job != nullptr) {
      --job->seats;
      job->inside.fetch_add(1, std::memory_order_relaxed);
      lock.unlock();
      Checkpoint checkpoint(
          [](void* owner) {
            if (static_cast<Job*>(owner)->cancelled.load(std::memory_order_relaxed)) {
              throw Cancelled{};
            }
          },
          job);
      take_chunks(state, *job, checkpoint);
      lock.lock();
      if (job->inside.fetch_sub(1, std::memory_order_release) == 1) state.left.notify_all();
      continue;  // the job may be gone from here on
    }
    if (self.retired) break;
    const std::uint64_t seen = state.jobs_seen.load(std::memory_order_relaxed);
    const auto changed = [&] { return state.jobs_seen.load(std::memory_order_acquire) != seen; };
    lock.unlock();
    const bool called = look_on(changed);
    lock.lock();
    if (!called) state.wanted.wait(lock, changed);
  }
  self.gone = true;
}

void Pool::take_chunks(State& state, Job& job, Checkpoint& checkpoint) noexcept {
  try {
    while (true) {
      const std::size_t chunk = job.next.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= job.chunks) return;
      job.task.invoke(job.task.object, chunk, checkpoint);
      checkpoint.spend(kAskNow);
    }
  } catch (const Cancelled&) {
  } catch (...) {
    state.fail(job, std::current_exception());
  }
}

void Pool::run_alone(std::size_t chunks, Task task, Checkpoint& checkpoint) {
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    task.invoke(task.object, chunk, checkpoint);
    checkpoint.spend(kAskNow);
  }
}

// False when there is nobody to share the work with.
bool Pool::open(Job& job, std::size_t threads) noexcept {
  State& state = *state_;
  {
    const std::lock_guard lock(state.mutex);
    if (state.stopped) return false;
    start_workers(state, threads - 1);
    if (state.workers.empty()) return false;
    job.seats = threads - 1;
    job.generation = generation_.load(std::memory_order_relaxed);
    job.after = state.first;
    if (state.first != nullptr) state.first->before = &job;
    state.first = &job;
    state.jobs_seen.fetch_add(1, std::memory_order_release);
  }
  for (std::size_t seat = 1; seat < threads; ++seat) state.wanted.notify_one();
  return true;
}

void Pool::wait_for_workers(Job& job, Checkpoint& checkpoint) {
  State& state = *state_;
  const auto none_inside = [&] { return job.inside.load(std::memory_order_acquire) == 0; };
  look_on(none_inside);
  std::unique_lock lock(state.mutex);
  while (true) {
    if (generation_.load(std::memory_order_relaxed) != job.generation) throw Forked();
    if (state.left.wait_for(lock, kAskEvery, none_inside)) break;
    if (job.cancelled.load(std::memory_order_relaxed)) continue;
    lock.unlock();
    try {
      checkpoint.spend(kAskNow);
    } catch (...) {
      state.fail(job, std::current_exception());
    }
    lock.lock();
  }
  state.unlink(job);
}

void Pool::run(std::size_t chunks, Task task, Checkpoint& checkpoint, std::size_t threads) {
  threads = std::min({threads == 0 ? size() : threads, chunks, kMostThreads});
  if (threads <= 1) return run_alone(chunks, task, checkpoint);
  Job job{.task = task, .chunks = chunks, .generation = 0, .error = nullptr};
  if (!open(job, threads)) return run_alone(chunks, task, checkpoint);

  // The caller's own chunks stop for the others' exceptions as well as for what its owner says.
  struct Both {
    Job& job;
    Checkpoint& owner;
  } both{job, checkpoint};
  Checkpoint mine(
      [](void* asked) {
        auto& [shared, owner] = *static_cast<Both*>(asked);
        if (shared.cancelled.load(std::memory_order_relaxed)) throw Cancelled{};
        owner.spend(kAskNow);
      },
      &both);
  take_chunks(*state_, job, mine);
  wait_for_workers(job, checkpoint);
  if (job.error != nullptr) std::rethrow_exception(job.error);
}

void Pool::shutdown() noexcept {
  std::vector<std::unique_ptr<Worker>> workers;
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopped = true;
    for (Job* job = state_->first; job != nullptr; job = job->after) {
      if (job->error == nullptr) job->error = std::make_exception_ptr(PoolStopped());
      job->cancel();
    }
    for (auto& worker : state_->workers) worker->retired = true;
    workers = std::move(state_->workers);
    state_->workers.clear();
    state_->jobs_seen.fetch_add(1, std::memory_order_release);
  }
  state_->wanted.notify_all();
  for (auto& worker : workers) worker->thread.join();
}

void Pool::before_fork() noexcept { state_->mutex.lock(); }
void Pool::after_fork_in_parent() noexcept { state_->mutex.unlock(); }

// The threads are gone: their handles are forgotten, neither joined nor detached. Who waited inside
// the condition variables is gone too, so they are made anew where they stand.
void Pool::after_fork_in_child() noexcept {
  generation_.fetch_add(1, std::memory_order_relaxed);
  State& state = *state_;
  for (auto& worker : state.workers) new (&worker->thread) std::thread;
  state.workers.clear();
  state.first = nullptr;
  new (&state.wanted) std::condition_variable;
  new (&state.left) std::condition_variable;
  state.mutex.unlock();  // by the thread that locked it, which is the one that is left
}

Pool& pool() { return *process_pool; }

}  // namespace fastlane::kernels
