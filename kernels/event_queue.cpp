// One lock, held for a push or for taking a batch; never while the receiver has one.
#include "kernels/event_queue.hpp"

#include <pthread.h>

#include <algorithm>
#include <new>
#include <utility>

#include "kernels/blocked_signals.hpp"

namespace fastlane::kernels {

std::shared_ptr<EventQueue> EventQueue::make(const EventLimits& limits,
                                             std::unique_ptr<EventReceiver> receiver) {
  return std::shared_ptr<EventQueue>(new EventQueue(limits, std::move(receiver)));
}

EventQueue::EventQueue(const EventLimits& limits, std::unique_ptr<EventReceiver> receiver)
    : limits_(limits), receiver_(std::move(receiver)) {
  batch_.reserve(1);  // so that there is always room to go on
  enlist();
}

EventQueue::~EventQueue() { delist(); }

// ---- Producers ----------------------------------------------------------------------------------

bool EventQueue::offer(Event& event) {
  bool must_wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) throw QueueClosed();
    if (pending_.size() >= limits_.max_pending) return false;
    if (thread_ == std::thread::id()) start_thread();
    pending_.push_back(std::move(event));
    ++posted_;
    if (pending_.size() == 1) first_came_ = Clock::now();
    // In between the thread sleeps until the batch's time is up.
    must_wake = pending_.size() == 1 || pending_.size() == limits_.max_batch;
  }
  if (must_wake) wanted_.notify_one();
  return true;
}

void EventQueue::post(Event event) {
  while (!offer(event)) {
    if (!may_wait()) refuse();
    wait_for_room(std::chrono::milliseconds(100));
  }
}

void EventQueue::wait_for_room(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  room_.wait_for(lock, limit, [this] { return closed_ || pending_.size() < limits_.max_pending; });
}

bool EventQueue::may_wait() { return limits_.waits_when_full && !is_own_thread(); }

void EventQueue::refuse() {
  std::unique_lock lock(mutex_);
  const std::chrono::duration<double> busy = busy_;
  const double pace = received_ == 0 ? 0.0 : busy.count() / static_cast<double>(received_);
  const double wait = pace * static_cast<double>(pending_.size()) / 2;
  throw QueueFull(std::chrono::duration<double>(std::max(wait, 0.001)));
}

bool EventQueue::is_own_thread() {
  const std::lock_guard lock(mutex_);
  return thread_ == std::this_thread::get_id();
}

// The thread keeps the queue alive; nobody joins it, since it may be the one that drops the queue.
void EventQueue::start_thread() {
  const BlockedSignals blocked;
  std::thread thread(
      [self = shared_from_this(), generation = generation_] { self->serve(generation); });
  pthread_setname_np(thread.native_handle(), "fastlane-events");
  thread_ = thread.get_id();
  thread.detach();
}

// ---- The queue's thread -------------------------------------------------------------------------

void EventQueue::serve(std::uint64_t generation) noexcept {
  receiver_->begin();
  std::unique_lock lock(mutex_);
  while (true) {
    await_batch(lock);
    if (pending_.empty()) break;
    take_batch();
    lock.unlock();
    room_.notify_all();
    const Clock::time_point begun = Clock::now();
    receiver_->receive(batch_);
    const Clock::duration taken = Clock::now() - begun;
    lock.lock();
    // The receiver may have forked, and this be the child: its queue has nothing to do with us.
    if (generation != generation_) break;
    busy_ += taken;
    received_ += batch_.size();
    ++batches_;
    batch_.clear();
    progress_.notify_all();
  }
  lock.unlock();
  receiver_->end();
  lock.lock();
  if (generation != generation_) return;
  thread_ = std::thread::id();
  progress_.notify_all();
}

bool EventQueue::is_batch_due() const noexcept {
  return closed_ || pending_.size() >= limits_.max_batch || received_ < hurried_;
}

void EventQueue::await_batch(std::unique_lock<std::mutex>& lock) {
  wanted_.wait(lock, [this] { return closed_ || !pending_.empty(); });
  if (limits_.max_wait.count() == 0) return;
  wanted_.wait_until(lock, first_came_ + limits_.max_wait, [this] { return is_batch_due(); });
}

// Where memory is short, the batch is what fits.
void EventQueue::take_batch() noexcept {
  const std::size_t size = std::min(pending_.size(), limits_.max_batch);
  try {
    batch_.reserve(size);
  } catch (const std::bad_alloc&) {
  }
  while (batch_.size() < std::min(size, batch_.capacity())) {
    batch_.push_back(std::move(pending_.front()));
    pending_.pop_front();
  }
}

// ---- The owner ----------------------------------------------------------------------------------

std::uint64_t EventQueue::hurry() {
  const std::lock_guard lock(mutex_);
  hurried_ = posted_;
  wanted_.notify_one();
  return posted_;
}

bool EventQueue::wait_until_received(std::uint64_t number, std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return progress_.wait_for(lock, limit, [&] { return received_ >= number; });
}

void EventQueue::close() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  wanted_.notify_all();
  room_.notify_all();
}

void EventQueue::drop() noexcept {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  received_ += pending_.size();
  pending_.clear();
  wanted_.notify_all();
  room_.notify_all();
  progress_.notify_all();
}

bool EventQueue::wait_until_ended(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return progress_.wait_for(lock, limit, [this] { return thread_ == std::thread::id(); });
}

EventCounts EventQueue::counts() {
  const std::lock_guard lock(mutex_);
  return {pending_.size(), posted_, received_, batches_};
}

// What is pending is the parent's, and so is the batch in hand: it is received there, once. Who
// waited inside the condition variables is gone, so they are made anew where they stand.
void EventQueue::after_fork_in_child() noexcept {
  new (&wanted_) std::condition_variable;
  new (&room_) std::condition_variable;
  new (&progress_) std::condition_variable;
  pending_.clear();
  batch_.clear();
  received_ = posted_;
  thread_ = std::thread::id();
  ++generation_;
  mutex_.unlock();
}

}  // namespace fastlane::kernels
