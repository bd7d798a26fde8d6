// Waiting for another thread: awake for some microseconds first, because being woken costs about
// 20 us and what is waited for often comes sooner.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>

namespace fastlane::kernels {

// CPUs that this process may run on, at least one.
std::size_t usable_cpus() noexcept;

inline void pause_cpu() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

inline constexpr std::chrono::microseconds kLookOn{50};

// Waits a little for `done`, awake; true when it came. On one CPU it only looks once: nothing can
// change while this thread runs.
template <class Done>
bool look_on(Done&& done) noexcept {
  static const bool one_cpu = usable_cpus() == 1;
  if (one_cpu) return done();
  const auto end = std::chrono::steady_clock::now() + kLookOn;
  do {
    for (int i = 0; i < 16; ++i) {
      if (done()) return true;
      pause_cpu();
    }
  } while (std::chrono::steady_clock::now() < end);
  return done();
}

// Takes a lock that is held for a few loads and stores: being put to sleep by it and woken again
// costs many times what it guards. On one CPU its holder cannot go on meanwhile.
template <class Mutex>
std::unique_lock<Mutex> lock_awake(Mutex& mutex) {
  static const bool one_cpu = usable_cpus() == 1;
  std::unique_lock lock(mutex, std::try_to_lock);
  for (int i = 0; i < 100 && !lock.owns_lock() && !one_cpu; ++i) {
    pause_cpu();
    static_cast<void>(lock.try_lock());
  }
  if (!lock.owns_lock()) lock.lock();
  return lock;
}

}  // namespace fastlane::kernels
