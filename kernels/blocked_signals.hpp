// While one lives, threads that are started take no signals: those are for the threads of the
// program, which may wait to be interrupted. Signals that report a fault of the thread itself stay.
#pragma once

#include <signal.h>

namespace fastlane::kernels {

// Stands for   pthread_sigmask(SIG_SETMASK, &blocked, &saved);  ...  the same with saved.
class BlockedSignals {
 public:
  BlockedSignals() noexcept {
    sigset_t blocked;
    sigfillset(&blocked);
    for (const int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS}) {
      sigdelset(&blocked, fault);
    }
    pthread_sigmask(SIG_SETMASK, &blocked, &saved_);
  }
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &saved_, nullptr); }

 private:
  sigset_t saved_;
};

}  // namespace fastlane::kernels
