// Fetches what URLs name, all of them on one thread, through libcurl's multi interface. What has
// ended comes back as a list, announced by a descriptor that an event loop can watch, as in
// workers.hpp. Nothing here touches Python.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "kernels/forkable.hpp"

namespace fastlane::kernels {

// One fetch. Its owner keeps it alive until it has come back.
class Fetch {
 public:
  enum class End : std::uint8_t { done, failed, too_large, cancelled, abandoned };

  Fetch() noexcept = default;
  Fetch(const Fetch&) = delete;
  Fetch& operator=(const Fetch&) = delete;

  // What is asked for.
  std::string url;
  std::size_t max_bytes = 0;
  long max_redirects = 0;
  long timeout_ms = 0;  // 0: no limit

  // Once it has come back. Abandoned: the process forked, and this is the child.
  End end = End::failed;
  int code = 0;     // libcurl's, when it failed
  long status = 0;  // of HTTP, when there was an answer
  std::string reason;
  std::string body;

 private:
  friend class Fetcher;
  static constexpr std::size_t kReason = 256;  // as libcurl demands

  static std::size_t take(const char* bytes, std::size_t one, std::size_t count, void* fetch);

  void* easy_ = nullptr;
  bool is_cancelled_ = false;
  char reason_[kReason] = {};
};

class Fetcher final : private Forkable {
 public:
  // The thread starts with the first fetch. Throws std::runtime_error without libcurl, and
  // std::system_error when there is no descriptor left.
  Fetcher();
  Fetcher(const Fetcher&) = delete;
  Fetcher& operator=(const Fetcher&) = delete;
  ~Fetcher();

  int descriptor() const noexcept { return descriptor_; }

  // Throws std::runtime_error after stop(), bad_alloc, and system_error without a thread.
  void submit(Fetch& fetch);
  // It comes back as soon as its socket is closed. It must be under way.
  void cancel(Fetch& fetch) noexcept;
  // What has come back since the last time; makes the descriptor unreadable.
  std::vector<Fetch*> take_back();
  // Cancels everything and joins the thread. No more fetches afterwards.
  void stop() noexcept;

 private:
  void before_fork() noexcept override { mutex_.lock(); }
  void after_fork_in_parent() noexcept override { mutex_.unlock(); }
  void after_fork_in_child() noexcept override;

  void serve() noexcept;
  // All below need the lock.
  void take_orders();
  void begin(Fetch& fetch);
  void finish_ended();
  void drop_cancelled();
  void bring_back(Fetch& fetch, Fetch::End end) noexcept;
  void wake() noexcept;

  int descriptor_;
  std::mutex mutex_;
  std::condition_variable wanted_;
  std::vector<Fetch*> ordered_;    // not begun
  std::vector<Fetch*> under_way_;  // begun; the thread's, and changed under the lock
  std::vector<Fetch*> back_;
  std::thread thread_;
  void* multi_ = nullptr;  // the thread's; others only wake it
  bool stopped_ = false;
  bool has_cancelled_ = false;
};

}  // namespace fastlane::kernels
