// The list is locked before its members are, and it never shrinks while a fork is under way.
#include "kernels/forkable.hpp"

#include <pthread.h>

#include <mutex>
#include <vector>

namespace fastlane::kernels {
namespace {

struct Everyone {
  std::mutex mutex;
  std::vector<Forkable*> members;
};

// Made when the library is loaded and never destroyed.
Everyone& everyone = *[] {
  auto* const made = new Everyone();
  pthread_atfork(
      [] {
        everyone.mutex.lock();
        for (Forkable* member : everyone.members) member->before_fork();
      },
      [] {
        for (Forkable* member : everyone.members) member->after_fork_in_parent();
        everyone.mutex.unlock();
      },
      [] {
        for (Forkable* member : everyone.members) member->after_fork_in_child();
        everyone.mutex.unlock();
      });
  return made;
}();

}  // namespace

void Forkable::enlist() {
  const std::lock_guard lock(everyone.mutex);
  everyone.members.push_back(this);
}

void Forkable::delist() noexcept {
  const std::lock_guard lock(everyone.mutex);
  std::erase(everyone.members, this);
}

}  // namespace fastlane::kernels
