// The ledger: who may borrow beside whom, all or nothing, from many threads and through forks.
#include "kernels/ledger.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <condition_variable>
#include <random>

namespace fastlane::kernels {
namespace {

constexpr std::uintptr_t kBase = std::uintptr_t{1} << 30;

// One axis of bytes: `count` items of `item_size`, `stride` apart.
struct Vector {
  std::ptrdiff_t shape[1];
  std::ptrdiff_t strides[1];
  std::uintptr_t start;
  std::size_t item_size;

  Vector(std::uintptr_t offset, std::ptrdiff_t count, std::ptrdiff_t stride = 8,
         std::size_t item = 8)
      : shape{count}, strides{stride}, start(kBase + offset), item_size(item) {}

  Borrow borrow(bool is_mutable, std::string_view function = "test",
                std::string_view argument = "x") const {
    return {{reinterpret_cast<const void*>(start), item_size, 1, shape, strides},
            is_mutable,
            {function, argument}};
  }
};

constexpr bool kShared = false;
constexpr bool kMutable = true;

TEST(Ledger, ReadersShareAndWritersDoNot) {
  Ledger books;
  const Vector a(0, 100);
  const Vector behind(800, 100);
  Lease first, second, third;
  EXPECT_TRUE(books.empty());
  EXPECT_FALSE(books.enter(std::array{a.borrow(kShared, "sum", "x")}, first));
  EXPECT_FALSE(books.enter(std::array{a.borrow(kShared)}, second));
  EXPECT_FALSE(books.enter(std::array{behind.borrow(kMutable)}, third));
  EXPECT_EQ(books.size(), 3u);

  Lease writer;
  const auto conflict = books.enter(std::array{a.borrow(kMutable, "scale", "out")}, writer);
  ASSERT_TRUE(conflict);
  EXPECT_FALSE(writer.live());
  EXPECT_EQ(conflict->mine.function, "scale");
  EXPECT_EQ(conflict->mine.argument, "out");
  EXPECT_EQ(conflict->theirs.function, "sum");
  EXPECT_FALSE(conflict->within_call);
  EXPECT_EQ(conflict->theirs.argument, "x");

  first.leave();
  second.leave();
  EXPECT_FALSE(books.enter(std::array{a.borrow(kMutable)}, writer));
  EXPECT_TRUE(books.enter(std::array{a.borrow(kShared)}, first));
  writer.leave();
  third.leave();
  EXPECT_TRUE(books.empty());
}

TEST(Ledger, ChannelsStandSideBySide) {
  Ledger books;
  const Vector red(0, 1000, 3, 1);
  const Vector green(1, 1000, 3, 1);
  Lease first, second;
  EXPECT_FALSE(books.enter(std::array{red.borrow(kMutable)}, first));
  EXPECT_FALSE(books.enter(std::array{green.borrow(kMutable)}, second));
  EXPECT_TRUE(books.check(std::array{Vector(2, 4, 1, 1).borrow(kShared)}));
}

TEST(Ledger, ChecksACallsOwnArguments) {
  Ledger books;
  const Vector x(0, 100), out(400, 100);
  const std::array overlapping{x.borrow(kShared, "scale", "x"),
                               out.borrow(kMutable, "scale", "out")};
  const std::array readers{x.borrow(kShared), out.borrow(kShared)};
  Lease lease;
  const auto conflict = books.enter(overlapping, lease);
  ASSERT_TRUE(conflict);
  EXPECT_EQ(conflict->mine.argument, "out");
  EXPECT_EQ(conflict->theirs.argument, "x");
  EXPECT_TRUE(conflict->within_call);
  EXPECT_TRUE(books.check(overlapping)->within_call);
  EXPECT_FALSE(books.check(readers));
  EXPECT_FALSE(books.enter(readers, lease));
  EXPECT_EQ(books.size(), 2u);
}

TEST(Ledger, EntersAllOrNothing) {
  Ledger books;
  const Vector taken(0, 10), free_memory(1000, 10);
  Lease holder, lease;
  EXPECT_FALSE(books.enter(std::array{taken.borrow(kShared)}, holder));
  EXPECT_TRUE(books.enter(std::array{free_memory.borrow(kMutable), taken.borrow(kMutable)}, lease));
  EXPECT_EQ(books.size(), 1u);
  EXPECT_FALSE(books.check(std::array{free_memory.borrow(kMutable)}));
  EXPECT_EQ(books.size(), 1u);
}

TEST(Ledger, LeasesMoveAndEndOnce) {
  Ledger books;
  const Vector a(0, 10);
  Lease outer;
  {
    Lease inner;
    EXPECT_FALSE(books.enter(std::array{a.borrow(kMutable)}, inner));
    outer = std::move(inner);
  }
  EXPECT_EQ(books.size(), 1u);
  const Lease moved(std::move(outer));
  EXPECT_FALSE(outer.live());  // NOLINT: a lease that moved on is empty
  outer.leave();
  EXPECT_EQ(books.size(), 1u);
}

TEST(Ledger, EmptyMemoryConflictsWithNothing) {
  Ledger books;
  const Vector none(0, 0), a(0, 10);
  Lease first, second;
  EXPECT_FALSE(books.enter(std::array{a.borrow(kMutable)}, first));
  EXPECT_FALSE(books.enter(std::array{none.borrow(kMutable), none.borrow(kMutable)}, second));
}

TEST(Ledger, HundredsOfBorrowsAtOnce) {
  Ledger books;
  std::vector<Lease> leases(500);
  for (std::size_t i = 0; i < leases.size(); ++i) {
    EXPECT_FALSE(books.enter(std::array{Vector(i * 8, 50, 4000).borrow(kMutable)}, leases[i]));
  }
  EXPECT_EQ(books.size(), 500u);
  EXPECT_TRUE(books.check(std::array{Vector(4, 1).borrow(kShared)}));
  for (std::size_t i = 0; i < leases.size(); i += 2) leases[i].leave();
  EXPECT_EQ(books.size(), 250u);
  EXPECT_FALSE(books.check(std::array{Vector(0, 50, 4000).borrow(kMutable)}));
  EXPECT_TRUE(books.check(std::array{Vector(8, 50, 4000).borrow(kMutable)}));
}

TEST(Ledger, OneWriterAtATimeOnManyThreads) {
  Ledger books;
  std::array<std::atomic<int>, 16> writers{};
  std::atomic<int> together = 0;
  std::atomic<int> entered = 0;
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (int round = 0; round < 5000; ++round) {
        const std::size_t cell = random() % writers.size();
        Lease lease;
        if (books.enter(std::array{Vector(cell * 8, 1).borrow(kMutable)}, lease)) continue;
        if (writers[cell].fetch_add(1) != 0) ++together;
        ++entered;
        writers[cell].fetch_sub(1);
        lease.leave();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(together, 0);
  EXPECT_GT(entered, 5000);
  EXPECT_TRUE(books.empty());
}

int exit_code_of(pid_t child) {
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Ledger, ChildKeepsItsOwnBorrowsAndNoOthers) {
  const Vector mine(0, 10), theirs(1000, 10);
  Lease lease;
  ASSERT_FALSE(ledger().enter(std::array{mine.borrow(kMutable)}, lease));
  std::mutex mutex;
  std::condition_variable changed;
  int stage = 0;
  std::thread other([&] {
    Lease others_lease;
    std::unique_lock lock(mutex);
    stage = ledger().enter(std::array{theirs.borrow(kMutable)}, others_lease) ? -1 : 1;
    changed.notify_all();
    changed.wait(lock, [&] { return stage == 2; });
  });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return stage != 0; });
  }
  EXPECT_EQ(ledger().size(), 2u);
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    const bool good = ledger().size() == 1 && ledger().check(std::array{mine.borrow(kShared)}) &&
                      !ledger().check(std::array{theirs.borrow(kMutable)});
    lease.leave();
    _exit(good && ledger().empty() ? 0 : 1);
  }
  EXPECT_EQ(exit_code_of(child), 0);
  EXPECT_EQ(ledger().size(), 2u);
  {
    const std::lock_guard lock(mutex);
    stage = 2;
  }
  changed.notify_all();
  other.join();
  lease.leave();
  EXPECT_TRUE(ledger().empty());
}

TEST(Ledger, ForksWhileOthersBorrow) {
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (std::uintptr_t id = 0; id < 2; ++id) {
    threads.emplace_back([&, id] {
      while (!stop) {
        Lease lease;
        if (ledger().enter(std::array{Vector(id * 8, 10, 16).borrow(kMutable)}, lease)) break;
      }
    });
  }
  int failed = 0;
  for (int round = 0; round < 100; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(10);
      Lease lease;
      const bool entered = !ledger().enter(std::array{Vector(0, 100).borrow(kMutable)}, lease);
      lease.leave();
      _exit(entered && ledger().empty() ? 0 : 1);
    }
    failed += exit_code_of(child) == 0 ? 0 : 1;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
}

}  // namespace
}  // namespace fastlane::kernels
