// The parts of a call that are the same code for every function.
#include "module/boundary/call.hpp"

#ifdef __linux__
#include <unistd.h>
#endif

namespace fastlane {

void answer_signals(void* released_gil) {
  if (!static_cast<ReleasedGil*>(released_gil)->check_signals()) throw PythonErrorSet{};
}

bool is_signal_thread() noexcept {
#ifdef __linux__
  return gettid() == getpid();
#else
  return true;  // asking on another thread is harmless, only slower
#endif
}

}  // namespace fastlane
