// The pool: every chunk once, exceptions, cancellation, sizes, forks, and the end.
#include "kernels/pool.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <numeric>
#include <set>
#include <string>
#include <thread>

namespace fastlane::kernels {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

#if defined(__SANITIZE_THREAD__)
constexpr bool kThreadSanitizer = true;
#elif defined(__has_feature)
constexpr bool kThreadSanitizer = __has_feature(thread_sanitizer);
#else
constexpr bool kThreadSanitizer = false;
#endif
#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAddressSanitizer = true;
#elif defined(__has_feature)
constexpr bool kAddressSanitizer = __has_feature(address_sanitizer);
#else
constexpr bool kAddressSanitizer = false;
#endif

struct Stop {};

// Throws Stop once `when` has come.
struct Deadline {
  Clock::time_point when;
  static void ask(void* owner) {
    if (Clock::now() >= static_cast<Deadline*>(owner)->when) throw Stop{};
  }
};

// A kernel that would run for `seconds` if nobody stopped it.
void compute(Checkpoint& checkpoint, std::chrono::seconds seconds) {
  const auto end = Clock::now() + seconds;
  while (Clock::now() < end) {
    std::this_thread::sleep_for(1ms);
    checkpoint.spend(std::size_t{8} << 20);
  }
}

void expect_every_chunk_once(Pool& pool, std::size_t chunks, std::size_t threads) {
  std::vector<std::atomic<int>> done(chunks);
  Checkpoint checkpoint;
  pool.parallel_for(
      chunks, [&](std::size_t chunk, Checkpoint&) { ++done[chunk]; }, checkpoint, threads);
  for (const auto& times : done) ASSERT_EQ(times, 1);
}

TEST(Pool, RunsEveryChunkOnce) {
  Pool pool(3);
  for (const std::size_t chunks : {0u, 1u, 2u, 3u, 100u, 10'000u}) {
    for (const std::size_t threads : {0u, 1u, 2u, 8u})
      expect_every_chunk_once(pool, chunks, threads);
  }
}

TEST(Pool, StartsThreadsOnlyWhenTheyAreOfUse) {
  Pool pool(4);
  EXPECT_EQ(pool.workers(), 0u);
  expect_every_chunk_once(pool, 1, 0);
  expect_every_chunk_once(pool, 100, 1);
  EXPECT_EQ(pool.workers(), 0u);
  expect_every_chunk_once(pool, 2, 0);
  EXPECT_EQ(pool.workers(), 1u);
  expect_every_chunk_once(pool, 100, 0);
  EXPECT_EQ(pool.workers(), 3u);
  expect_every_chunk_once(pool, 100, 6);
  EXPECT_EQ(pool.workers(), 5u);
}

TEST(Pool, SeveralThreadsTakePart) {
  Pool pool(3);
  std::mutex mutex;
  std::set<std::thread::id> ids;
  Checkpoint checkpoint;
  pool.parallel_for(
      60,
      [&](std::size_t, Checkpoint&) {
        std::this_thread::sleep_for(1ms);
        const std::lock_guard lock(mutex);
        ids.insert(std::this_thread::get_id());
      },
      checkpoint);
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_TRUE(ids.contains(std::this_thread::get_id()));
}

void wait_for_workers(const Pool& pool, std::size_t count) {
  for (int i = 0; i < 5000 && pool.workers() != count; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(pool.workers(), count);
}

TEST(Pool, SetSizeLetsThreadsGo) {
  Pool pool(5);
  expect_every_chunk_once(pool, 100, 0);
  EXPECT_EQ(pool.workers(), 4u);
  pool.set_size(2);
  EXPECT_EQ(pool.size(), 2u);
  wait_for_workers(pool, 1);
  expect_every_chunk_once(pool, 100, 0);
  pool.set_size(0);
  EXPECT_EQ(pool.size(), 1u);
  wait_for_workers(pool, 0);
  pool.set_size(4);
  expect_every_chunk_once(pool, 100, 0);
  EXPECT_EQ(pool.workers(), 3u);
}

TEST(Pool, ThrowsTheFirstExceptionAndStartsNoMore) {
  Pool pool(3);
  for (int round = 0; round < 200; ++round) {
    std::atomic<int> begun = 0;
    Checkpoint checkpoint;
    try {
      pool.parallel_for(
          10'000,
          [&](std::size_t chunk, Checkpoint&) {
            ++begun;
            if (chunk == 20) throw std::runtime_error("chunk 20");
          },
          checkpoint);
      FAIL() << "nothing was thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(error.what(), std::string("chunk 20"));
    }
    EXPECT_GE(begun, 1);
  }
  expect_every_chunk_once(pool, 100, 0);
}

TEST(Pool, OneExceptionStopsTheOthers) {
  Pool pool(3);
  Checkpoint checkpoint;
  const auto begin = Clock::now();
  EXPECT_THROW(pool.parallel_for(
                   3,
                   [&](std::size_t chunk, Checkpoint& mine) {
                     if (chunk == 2) throw std::out_of_range("here");
                     compute(mine, 60s);
                   },
                   checkpoint),
               std::out_of_range);
  EXPECT_LT(Clock::now() - begin, 30s);
}

TEST(Pool, AsksWhileItComputesAndWhileItWaits) {
  Pool pool(2);
  const std::thread::id caller = std::this_thread::get_id();
  for (const bool caller_computes : {true, false}) {
    Deadline deadline{Clock::now() + 50ms};
    Checkpoint checkpoint(&Deadline::ask, &deadline);
    std::atomic<int> stopped_workers = 0;
    EXPECT_THROW(pool.parallel_for(
                     2,
                     [&](std::size_t, Checkpoint& mine) {
                       if (std::this_thread::get_id() == caller && !caller_computes) {
                         std::this_thread::sleep_for(5ms);  // the worker takes the other chunk
                         return;
                       }
                       try {
                         compute(mine, 60s);
                       } catch (...) {
                         ++stopped_workers;
                         throw;
                       }
                     },
                     checkpoint),
                 Stop);
    EXPECT_EQ(stopped_workers, caller_computes ? 2 : 1);
    EXPECT_LT(Clock::now(), deadline.when + 30s);
  }
  expect_every_chunk_once(pool, 100, 0);
}

TEST(Pool, CallsMayBeNested) {
  Pool pool(3);
  std::atomic<int> done = 0;
  Checkpoint checkpoint;
  pool.parallel_for(
      8,
      [&](std::size_t, Checkpoint& outer) {
        pool.parallel_for(
            8,
            [&](std::size_t, Checkpoint& inner) {
              pool.parallel_for(
                  4, [&](std::size_t, Checkpoint&) { ++done; }, inner);
            },
            outer);
      },
      checkpoint);
  EXPECT_EQ(done, 256);
}

TEST(Pool, CallsComeFromManyThreads) {
  Pool pool(3);
  std::vector<std::thread> callers;
  std::atomic<int> failures = 0;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      for (int round = 0; round < 500; ++round) {
        std::atomic<int> sum = 0;
        Checkpoint checkpoint;
        const bool throws = (round + caller) % 7 == 0;
        bool caught = false;
        try {
          pool.parallel_for(
              20,
              [&](std::size_t chunk, Checkpoint&) {
                sum += static_cast<int>(chunk);
                if (throws && chunk == 3) throw Stop{};
              },
              checkpoint);
        } catch (const Stop&) {
          caught = true;
        }
        if (caught != throws || (!throws && sum != 190)) ++failures;
      }
    });
  }
  std::thread resizer([&] {
    for (std::size_t round = 0; round < 100; ++round) {
      pool.set_size(1 + round % 4);
      std::this_thread::sleep_for(1ms);
    }
  });
  for (std::thread& caller : callers) caller.join();
  resizer.join();
  EXPECT_EQ(failures, 0);
}

TEST(Pool, ShutdownStopsWhatRunsAndEndsThePool) {
  Pool pool(3);
  std::atomic<int> running = 0;
  std::atomic<bool> stopped = false;
  std::thread caller([&] {
    Checkpoint checkpoint;
    try {
      pool.parallel_for(
          3,
          [&](std::size_t, Checkpoint& mine) {
            ++running;
            compute(mine, 60s);
          },
          checkpoint);
    } catch (const PoolStopped&) {
      stopped = true;
    }
  });
  while (running < 3) std::this_thread::sleep_for(1ms);
  pool.shutdown();
  caller.join();
  EXPECT_TRUE(stopped);
  EXPECT_EQ(pool.workers(), 0u);
  expect_every_chunk_once(pool, 100, 4);
  EXPECT_EQ(pool.workers(), 0u);
  pool.shutdown();
}

int exit_code_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// Runs `body` in a child that is killed when it hangs; its answer is the child's exit status.
template <class Body>
int in_child(Body&& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(body() ? 0 : 1);
  }
  return exit_code_of(child);
}

class ProcessPool : public ::testing::Test {
 protected:
  void SetUp() override {
    if (kThreadSanitizer) GTEST_SKIP() << "the thread sanitizer starts no threads after a fork";
  }
};

bool adds_up(std::size_t threads) {
  std::atomic<std::size_t> sum = 0;
  Checkpoint checkpoint;
  pool().parallel_for(
      100, [&](std::size_t chunk, Checkpoint&) { sum += chunk; }, checkpoint, threads);
  return sum == 4950;
}

TEST_F(ProcessPool, SurvivesAHundredForksUnderLoad) {
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 2; ++caller) {
    callers.emplace_back([&] {
      while (!stop) wrong += adds_up(3) ? 0 : 1;
    });
  }
  int failed = 0;
  for (int round = 0; round < 100; ++round) {
    failed += in_child([] { return adds_up(3) && pool().workers() == 2; }) == 0 ? 0 : 1;
  }
  stop = true;
  for (std::thread& caller : callers) caller.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(wrong, 0);
}

TEST_F(ProcessPool, GrandchildrenHaveThreadsToo) {
  EXPECT_EQ(
      in_child([] { return adds_up(3) && in_child([] { return adds_up(3); }) == 0 && adds_up(3); }),
      0);
}

TEST_F(ProcessPool, AForkInsideACallIsToldToTheChild) {
  struct Forker {
    pid_t child = -1;
    static void ask(void* owner) {
      auto* forker = static_cast<Forker*>(owner);
      if (forker->child < 0) forker->child = fork();
    }
  } forker;
  Checkpoint checkpoint(&Forker::ask, &forker);
  bool told = false;
  try {
    pool().parallel_for(
        2, [](std::size_t, Checkpoint& mine) { compute(mine, 1s); }, checkpoint, 2);
  } catch (const Forked&) {
    told = true;
  }
  if (forker.child == 0) _exit(told && adds_up(3) ? 0 : 1);
  EXPECT_FALSE(told);
  EXPECT_EQ(exit_code_of(forker.child), 0);
}

TEST_F(ProcessPool, DoesWithoutThreadsThatCannotBeStarted) {
  if (kAddressSanitizer) GTEST_SKIP() << "it needs the address space that this test takes away";
  EXPECT_EQ(in_child([] {
              pthread_attr_t large;  // larger than any stack that an earlier thread left behind
              pthread_attr_init(&large);
              pthread_attr_setstacksize(&large, std::size_t{1} << 30);
              pthread_setattr_default_np(&large);
              const rlimit none{1 << 20, 1 << 20};
              setrlimit(RLIMIT_AS, &none);
              return adds_up(4) && pool().workers() == 0;
            }),
            0);
}

TEST_F(ProcessPool, ExitsWhileItIsBusy) {
  for (int round = 0; round < 20; ++round) {
    const int code = in_child([] {
      std::atomic<int> running = 0;
      std::thread([&running] {
        Checkpoint checkpoint;
        try {
          pool().parallel_for(
              3,
              [&running](std::size_t, Checkpoint& mine) {
                ++running;
                compute(mine, 60s);
              },
              checkpoint, 3);
        } catch (const PoolStopped&) {
        }
        std::this_thread::sleep_for(60s);
      }).detach();
      while (running < 3) std::this_thread::sleep_for(1ms);
      pool().shutdown();
      std::exit(0);
      return false;
    });
    ASSERT_EQ(code, 0);
  }
}

}  // namespace
}  // namespace fastlane::kernels
