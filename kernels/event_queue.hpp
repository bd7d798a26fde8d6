// Events that native threads hand in one by one, and that a receiver takes in batches on a thread
// of the queue's own. The thread starts with the first event; nothing here touches Python.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "kernels/forkable.hpp"

namespace fastlane::kernels {

struct Event {
  std::int64_t code = 0;
  std::string payload;
};

// An event was handed in after close() or drop().
struct QueueClosed : std::runtime_error {
  QueueClosed() : std::runtime_error("the queue is closed") {}
};

// An event does not fit, and nobody is to wait until it does.
struct QueueFull : std::runtime_error {
  explicit QueueFull(std::chrono::duration<double> wait)
      : std::runtime_error("the queue is full; try again later"), retry_after(wait) {}
  std::chrono::duration<double> retry_after;  // until half of it is free, at the pace so far
};

// Whoever takes the batches. All of it is called on the queue's thread, and none of it throws.
class EventReceiver {
 public:
  virtual ~EventReceiver() = default;
  virtual void begin() noexcept = 0;  // the thread has started
  virtual void receive(std::span<const Event> batch) noexcept = 0;
  virtual void end() noexcept = 0;  // the thread will take no more
};

struct EventLimits {
  std::size_t max_batch = 256;
  std::chrono::nanoseconds max_wait{0};  // for a batch to fill, from its first event on
  std::size_t max_pending = 65536;
  bool waits_when_full = true;  // otherwise post() throws QueueFull
};

struct EventCounts {
  std::size_t pending = 0;  // not received yet; those in the receiver's hands are not among them
  std::uint64_t posted = 0;
  std::uint64_t received = 0;
  std::uint64_t batches = 0;
};

class EventQueue final : public std::enable_shared_from_this<EventQueue>, private Forkable {
 public:
  static std::shared_ptr<EventQueue> make(const EventLimits& limits,
                                          std::unique_ptr<EventReceiver> receiver);
  ~EventQueue();

  // ---- For producers, on any thread ----

  // Waits for room, or throws QueueFull; on the queue's own thread, which would wait for itself, it
  // never waits. Throws QueueClosed, bad_alloc, and system_error when no thread can be started.
  void post(Event event);
  // Never waits: false when there is no room, and the event is as it was. Throws likewise.
  bool offer(Event& event);
  void wait_for_room(std::chrono::milliseconds limit);
  [[noreturn]] void refuse();  // throws QueueFull
  bool may_wait();             // what post() does when there is no room

  // ---- For the owner ----

  // A number to wait for: all events so far, which no longer wait for their batch to fill.
  std::uint64_t hurry();
  bool wait_until_received(std::uint64_t number, std::chrono::milliseconds limit);
  // No more events; those that are pending are still received, then the thread ends.
  void close() noexcept;
  // No more events, and those that are pending are forgotten.
  void drop() noexcept;
  bool wait_until_ended(std::chrono::milliseconds limit);
  bool is_own_thread();
  EventCounts counts();

 private:
  using Clock = std::chrono::steady_clock;

  EventQueue(const EventLimits& limits, std::unique_ptr<EventReceiver> receiver);

  void before_fork() noexcept override { mutex_.lock(); }
  void after_fork_in_parent() noexcept override { mutex_.unlock(); }
  void after_fork_in_child() noexcept override;

  void serve(std::uint64_t generation) noexcept;
  // All below need the lock.
  void start_thread();
  bool is_batch_due() const noexcept;
  void await_batch(std::unique_lock<std::mutex>& lock);
  void take_batch() noexcept;

  const EventLimits limits_;
  const std::unique_ptr<EventReceiver> receiver_;
  std::mutex mutex_;
  std::condition_variable wanted_;    // by the thread: an event, a hurry or the end
  std::condition_variable room_;      // by producers
  std::condition_variable progress_;  // by flush and close
  std::deque<Event> pending_;
  std::vector<Event> batch_;      // in the receiver's hands
  Clock::time_point first_came_;  // when the oldest pending event came
  std::uint64_t posted_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t batches_ = 0;
  std::uint64_t hurried_ = 0;  // events up to this number do not wait for their batch to fill
  Clock::duration busy_{};     // of the receiver
  bool closed_ = false;
  std::thread::id thread_;        // none: no thread
  std::uint64_t generation_ = 0;  // of forks: a thread of an earlier one is not ours
};

}  // namespace fastlane::kernels
