// The one thread pool behind `threads=`: a call's work is cut into chunks, and the calling thread
// works on them beside the pool's. Threads start at first use and sleep when there is nothing to
// do. The pool never touches Python; only the caller asks its checkpoint, also while it waits. Read
// next: kernels/checkpoint.hpp.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "kernels/checkpoint.hpp"
#include "kernels/look_on.hpp"

namespace fastlane::kernels {

// The process forked inside a parallel call: in the child, the threads that shared its work are
// gone.
struct Forked : std::runtime_error {
  Forked() : std::runtime_error("the process forked while a parallel call was running") {}
};

// The pool was shut down inside a parallel call.
struct PoolStopped : std::runtime_error {
  PoolStopped() : std::runtime_error("the thread pool was shut down while a call was running") {}
};

class Pool {
 public:
  explicit Pool(std::size_t size = usable_cpus());
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool();

  // Threads that a call uses when it does not say, the caller's among them. At least one. A smaller
  // size lets threads go when they have finished what they do.
  void set_size(std::size_t size);
  std::size_t size() const noexcept;

  // From here on size() is 1 on the calling thread: for threads among which calls are shared out
  // already. Those that ask for more threads get them.
  static void keep_to_this_thread() noexcept;

  // Calls work(chunk, checkpoint) once for each chunk below `chunks`, in any order, on at most
  // `threads` threads (0: the pool's size); fewer when no more can be started. Returns when all are
  // done. The first exception stops what runs (at its next checkpoint) and is thrown again here,
  // chunks that had not begun then are left out. Calls may be nested and come from many threads.
  template <class Work>
  void parallel_for(std::size_t chunks, Work&& work, Checkpoint& checkpoint,
                    std::size_t threads = 0) {
    using Callable = std::remove_reference_t<Work>;
    const auto invoke = [](const void* object, std::size_t chunk, Checkpoint& mine) {
      (*static_cast<Callable*>(const_cast<void*>(object)))(chunk, mine);
    };
    run(chunks, {std::addressof(work), invoke}, checkpoint, threads);
  }

  // Stops what runs at its next checkpoint and joins all threads; from then on every call runs on
  // its caller's thread alone. Call it before the process tears down what the work needs.
  void shutdown() noexcept;

  // Threads of the pool that are running, for tests and for `info()`.
  std::size_t workers() const noexcept;

  // Around fork. The child begins without threads and starts its own at first use.
  void before_fork() noexcept;
  void after_fork_in_parent() noexcept;
  void after_fork_in_child() noexcept;

 private:
  struct Task {
    const void* object;
    void (*invoke)(const void* object, std::size_t chunk, Checkpoint& checkpoint);
  };
  struct Job;
  struct Worker;
  struct State;  // stays at its place: threads and forked children refer to it

  void run(std::size_t chunks, Task task, Checkpoint& checkpoint, std::size_t threads);
  static void run_alone(std::size_t chunks, Task task, Checkpoint& checkpoint);
  static void take_chunks(State& state, Job& job, Checkpoint& checkpoint) noexcept;
  bool open(Job& job, std::size_t threads) noexcept;
  void wait_for_workers(Job& job, Checkpoint& checkpoint);
  static void start_workers(State& state, std::size_t count) noexcept;
  static void serve(State& state, Worker& self) noexcept;
  static void reap(State& state) noexcept;

  std::atomic<std::size_t> size_;
  std::atomic<std::uint64_t> generation_{0};  // counts the forks that this process came through
  std::unique_ptr<State> state_;
};

// The pool of this process; it survives fork and is never destroyed.
Pool& pool();

}  // namespace fastlane::kernels
