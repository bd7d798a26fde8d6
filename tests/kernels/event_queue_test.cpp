// EventQueue: batches in order, limits, hurry, close and drop, and a receiver that forks.
#include "kernels/event_queue.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <functional>

namespace fastlane::kernels {
namespace {

using namespace std::chrono_literals;

struct Seen {
  std::mutex mutex;
  std::vector<std::size_t> batches;
  std::vector<Event> events;
  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  std::function<void()> meanwhile = [] {};
};

class Receiver final : public EventReceiver {
 public:
  explicit Receiver(Seen& seen) : seen_(seen) {}
  void begin() noexcept override { ++seen_.begun; }
  void receive(std::span<const Event> batch) noexcept override {
    {
      const std::lock_guard lock(seen_.mutex);
      seen_.batches.push_back(batch.size());
      seen_.events.insert(seen_.events.end(), batch.begin(), batch.end());
    }
    seen_.meanwhile();
  }
  void end() noexcept override { ++seen_.ended; }

 private:
  Seen& seen_;
};

std::shared_ptr<EventQueue> queue_of(Seen& seen, const EventLimits& limits = {}) {
  return EventQueue::make(limits, std::make_unique<Receiver>(seen));
}

TEST(EventQueue, KeepsEachProducersOrder) {
  constexpr int kThreads = 4;
  constexpr int kEvents = 5000;
  Seen seen;
  const auto queue = queue_of(seen, {.max_batch = 64, .max_pending = 256});
  {
    std::vector<std::jthread> producers;
    for (int code = 0; code < kThreads; ++code) {
      producers.emplace_back([&queue, code] {
        for (int i = 0; i < kEvents; ++i) queue->post({code, std::to_string(i)});
      });
    }
  }
  queue->close();
  ASSERT_TRUE(queue->wait_until_ended(10s));
  ASSERT_EQ(seen.events.size(), std::size_t{kThreads} * kEvents);
  int next[kThreads] = {};
  for (const Event& event : seen.events) {
    EXPECT_EQ(event.payload, std::to_string(next[event.code]++));
  }
  for (const std::size_t batch : seen.batches) EXPECT_LE(batch, 64U);
  EXPECT_EQ(seen.begun, 1);
  EXPECT_EQ(seen.ended, 1);
  EXPECT_THROW(queue->post({0, ""}), QueueClosed);
}

TEST(EventQueue, StartsNoThreadForNothing) {
  Seen seen;
  const auto queue = queue_of(seen);
  EXPECT_TRUE(queue->wait_until_received(queue->hurry(), 0ms));
  queue->close();
  EXPECT_TRUE(queue->wait_until_ended(0ms));
  EXPECT_EQ(seen.begun, 0);
}

TEST(EventQueue, AHurryDoesNotWaitForCompany) {
  Seen seen;
  const auto queue = queue_of(seen, {.max_batch = 3, .max_wait = 1h});
  queue->post({0, ""});
  EXPECT_FALSE(queue->wait_until_received(1, 20ms));
  EXPECT_TRUE(queue->wait_until_received(queue->hurry(), 10s));
  for (int i = 0; i < 3; ++i) queue->post({i, ""});
  EXPECT_TRUE(queue->wait_until_received(4, 10s));
  queue->post({0, ""});
  queue->drop();
  EXPECT_TRUE(queue->wait_until_ended(10s));
  EXPECT_EQ(seen.batches, (std::vector<std::size_t>{1, 3}));
  EXPECT_EQ(queue->counts().received, 5U);
}

TEST(EventQueue, AFullQueueRefusesOrLetsWait) {
  Seen seen;
  std::atomic<bool> go = false;
  seen.meanwhile = [&] { go.wait(false); };
  const auto refusing = queue_of(seen, {.max_pending = 1, .waits_when_full = false});
  refusing->post({0, ""});
  while (refusing->counts().pending != 0) std::this_thread::yield();
  refusing->post({1, ""});
  EXPECT_THROW(refusing->post({2, ""}), QueueFull);
  Event event{2, "kept"};
  EXPECT_FALSE(refusing->offer(event));
  EXPECT_EQ(event.payload, "kept");
  go = true;
  go.notify_all();
  refusing->close();
  EXPECT_TRUE(refusing->wait_until_ended(10s));
  EXPECT_EQ(seen.events.size(), 2U);
}

TEST(EventQueue, TheReceiverNeverWaitsForItself) {
  Seen seen;
  std::weak_ptr<EventQueue> own;
  std::atomic<int> refused = 0;
  seen.meanwhile = [&] {
    const auto queue = own.lock();
    EXPECT_TRUE(queue->is_own_thread());
    if (refused != 0) return;
    queue->post({1, ""});
    try {
      queue->post({2, ""});
    } catch (const QueueFull&) {
      ++refused;
    }
  };
  const auto queue = queue_of(seen, {.max_pending = 1});
  own = queue;
  queue->post({0, ""});
  EXPECT_TRUE(queue->wait_until_received(2, 10s));
  EXPECT_EQ(refused, 1);
  EXPECT_FALSE(queue->is_own_thread());
}

#ifndef __SANITIZE_THREAD__  // which does not support threads after a fork
TEST(EventQueue, TheChildOfAForkHasNothingOfTheParents) {
  Seen seen;
  const auto queue = queue_of(seen, {.max_batch = 10, .max_wait = 1h});
  queue->post({0, ""});
  queue->post({1, ""});
  const pid_t child = fork();
  if (child == 0) {
    const bool is_empty = queue->counts().pending == 0;
    queue->post({2, ""});
    const bool came = queue->wait_until_received(queue->hurry(), 10s);
    _exit(is_empty && came && seen.events.size() == 1 && seen.events[0].code == 2 ? 7 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 7);
  EXPECT_TRUE(queue->wait_until_received(queue->hurry(), 10s));
  EXPECT_EQ(seen.events.size(), 2U);
}
#endif

TEST(EventQueue, OutlivesItsOwnerOnItsThread) {
  Seen seen;
  std::atomic<bool> go = false;
  seen.meanwhile = [&] { go.wait(false); };
  auto queue = queue_of(seen);
  queue->post({0, ""});
  while (queue->counts().pending != 0) std::this_thread::yield();
  queue->drop();
  queue.reset();
  go = true;
  go.notify_all();
  while (seen.ended == 0) std::this_thread::yield();
}

}  // namespace
}  // namespace fastlane::kernels
