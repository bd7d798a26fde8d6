// The parts of a call that are the same code for every function.
#include "module/boundary/call.hpp"

#ifdef __linux__
#include <unistd.h>
#endif

#include <chrono>
#include <thread>

namespace fastlane {
namespace {

// True on the thread that runs Python's signal handlers.
bool is_signal_thread() noexcept {
#ifdef __linux__
  return gettid() == getpid();
#else
  return true;  // asking on another thread is harmless, only slower
#endif
}

}  // namespace

void stay_until_exit() noexcept {
  for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
}

void answer_signals(void* released_gil) {
  if (!is_signal_thread()) return;
  if (!static_cast<ReleasedGil*>(released_gil)->check_signals()) throw PythonErrorSet{};
}

}  // namespace fastlane
