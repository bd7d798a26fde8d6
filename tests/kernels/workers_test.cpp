// Workers: jobs come back once and in order, with what they threw; cancelled, stopped and forked.
#include "kernels/workers.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <deque>
#include <functional>
#include <thread>

#include "kernels/pool.hpp"

namespace fastlane::kernels {
namespace {

using namespace std::chrono_literals;

struct Job final : WorkerJob {
  explicit Job(std::function<void(Checkpoint&)> work) : body(std::move(work)) {}
  void run(Checkpoint& checkpoint) override { body(checkpoint); }
  std::function<void(Checkpoint&)> body;
};

// Runs until somebody cancels it.
void run_on(Checkpoint& checkpoint) {
  while (true) {
    checkpoint.spend(std::size_t{1} << 30);
    std::this_thread::sleep_for(1ms);
  }
}

bool is_readable(int descriptor, int milliseconds = 0) {
  pollfd polled = {descriptor, POLLIN, 0};
  return poll(&polled, 1, milliseconds) == 1;
}

// Waits for `count` jobs, in the order in which they come back.
std::vector<WorkerJob*> take(Workers& workers, std::size_t count) {
  std::vector<WorkerJob*> jobs;
  const auto end = std::chrono::steady_clock::now() + 10s;
  while (jobs.size() < count && std::chrono::steady_clock::now() < end) {
    is_readable(workers.descriptor(), 100);
    for (WorkerJob* job = workers.take_back(); job != nullptr; job = job->next()) {
      jobs.push_back(job);
    }
  }
  return jobs;
}

template <class Error>
bool threw(const WorkerJob& job) {
  if (job.error() == nullptr) return false;
  try {
    std::rethrow_exception(job.error());
  } catch (const Error&) {
    return true;
  } catch (...) {
    return false;
  }
}

TEST(Workers, BringEveryJobBackOnce) {
  Workers workers(3);
  std::array<std::atomic<int>, 2000> done{};
  std::deque<Job> jobs;
  for (auto& times : done) {
    jobs.emplace_back([&times](Checkpoint&) { ++times; });
    workers.submit(jobs.back());
  }
  EXPECT_EQ(take(workers, done.size()).size(), done.size());
  for (const auto& times : done) EXPECT_EQ(times, 1);
  EXPECT_FALSE(is_readable(workers.descriptor()));
  EXPECT_EQ(workers.take_back(), nullptr);
}

TEST(Workers, OneThreadKeepsTheOrder) {
  Workers workers(1);
  std::deque<Job> jobs;
  std::vector<WorkerJob*> given;
  for (int i = 0; i < 300; ++i) {
    jobs.emplace_back([](Checkpoint&) {});
    given.push_back(&jobs.back());
    workers.submit(jobs.back());
  }
  EXPECT_EQ(take(workers, given.size()), given);
}

TEST(Workers, KeepWhatAJobThrows) {
  Workers workers(2);
  Job bad([](Checkpoint&) { throw std::out_of_range("beyond"); });
  Job good([](Checkpoint&) {});
  workers.submit(bad);
  workers.submit(good);
  ASSERT_EQ(take(workers, 2).size(), 2u);
  EXPECT_TRUE(threw<std::out_of_range>(bad));
  EXPECT_EQ(good.error(), nullptr);
}

TEST(Workers, CancelledJobsDoNotBeginOrEndAtTheirCheckpoint) {
  Workers workers(1);
  std::atomic<bool> began = false;
  bool queued_ran = false;
  Job running([&](Checkpoint& checkpoint) {
    began = true;
    run_on(checkpoint);
  });
  Job queued([&](Checkpoint&) { queued_ran = true; });
  workers.submit(running);
  workers.submit(queued);
  while (!began) std::this_thread::yield();
  workers.cancel(queued);
  EXPECT_EQ(take(workers, 1), std::vector<WorkerJob*>{&queued});
  workers.cancel(running);
  EXPECT_EQ(take(workers, 1), std::vector<WorkerJob*>{&running});
  EXPECT_TRUE(threw<Cancelled>(queued));
  EXPECT_TRUE(threw<Cancelled>(running));
  EXPECT_FALSE(queued_ran);
}

TEST(Workers, WaitForAnAwaitedJob) {
  Workers workers(1);
  Job slow(run_on);
  workers.submit_awaited(slow);
  EXPECT_FALSE(workers.wait(slow, 5ms));
  workers.cancel(slow);
  EXPECT_TRUE(workers.wait(slow, 10s));
  EXPECT_TRUE(threw<Cancelled>(slow));
  EXPECT_EQ(workers.take_back(), nullptr);
}

TEST(Workers, StopCancelsWhatThereIsAndRefusesMore) {
  Workers workers(2);
  std::deque<Job> jobs;
  for (int i = 0; i < 10; ++i) {
    jobs.emplace_back(run_on);
    workers.submit(jobs.back());
  }
  workers.stop();
  EXPECT_EQ(take(workers, 10).size(), 10u);
  for (const Job& job : jobs) EXPECT_TRUE(threw<Cancelled>(job));
  Job late([](Checkpoint&) {});
  EXPECT_THROW(workers.submit(late), WorkersStopped);
}

TEST(Workers, CancelAndFinishMayRace) {
  Workers workers(2);
  for (int round = 0; round < 2000; ++round) {
    Job job([](Checkpoint&) {});
    workers.submit(job);
    if (round % 3 == 0) std::this_thread::yield();
    workers.cancel(job);
    ASSERT_EQ(take(workers, 1).size(), 1u);
  }
}

TEST(Workers, AJobHasItsThreadOnlyUnlessItAsksForMore) {
  const std::size_t size = pool().size();
  pool().set_size(3);
  Workers workers(1);
  std::size_t unasked = 0;
  std::array<std::atomic<bool>, 2> met = {false, false};
  Job job([&](Checkpoint& checkpoint) {
    unasked = pool().size();
    // Each of the two waits for the other, so two threads must be at it.
    pool().parallel_for(
        2,
        [&](std::size_t chunk, Checkpoint& mine) {
          met[chunk] = true;
          while (!met[1 - chunk]) mine.spend(std::size_t{1} << 30);
        },
        checkpoint, 2);
  });
  workers.submit(job);
  ASSERT_EQ(take(workers, 1).size(), 1u);
  EXPECT_EQ(unasked, 1u);
  EXPECT_TRUE(met[0] && met[1]);
  EXPECT_EQ(pool().size(), 3u);
  pool().set_size(size);
}

#ifndef __SANITIZE_THREAD__  // which does not support threads after a fork
TEST(Workers, TheChildOfAForkBeginsAnew) {
  Workers workers(2);
  std::atomic<bool> began = false;
  Job running([&](Checkpoint& checkpoint) {
    began = true;
    run_on(checkpoint);
  });
  std::deque<Job> queued;
  workers.submit(running);
  for (int i = 0; i < 5; ++i) {
    queued.emplace_back(run_on);
    workers.submit(queued.back());
  }
  while (!began) std::this_thread::yield();
  const pid_t child = fork();
  if (child == 0) {
    const std::vector<WorkerJob*> back = take(workers, 6);
    bool right = back.size() == 6;
    for (WorkerJob* job : back) right = right && job->is_abandoned();
    Job fresh([](Checkpoint&) {});
    workers.submit(fresh);
    right = right && take(workers, 1).size() == 1 && !fresh.is_abandoned();
    _exit(right ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  workers.stop();
  EXPECT_EQ(take(workers, 6).size(), 6u);
  EXPECT_FALSE(running.is_abandoned());
}
#endif

}  // namespace
}  // namespace fastlane::kernels
