// What has threads and locks of its own and lives through forks: its lock is held while the process
// forks, so that the child finds it in order, without its threads.
#pragma once

namespace fastlane::kernels {

class Forkable {
 public:
  Forkable(const Forkable&) = delete;
  Forkable& operator=(const Forkable&) = delete;

  virtual void before_fork() noexcept = 0;  // takes the lock
  virtual void after_fork_in_parent() noexcept = 0;
  virtual void after_fork_in_child() noexcept = 0;  // both give it back

 protected:
  Forkable() noexcept = default;
  ~Forkable() = default;

  // The first when it is whole, the second before its end begins. enlist() may throw bad_alloc.
  void enlist();
  void delist() noexcept;
};

}  // namespace fastlane::kernels
