// The arena: sizes, recycling, limits, threads, and forks in the middle of it.
#include "kernels/arena.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>
#include <vector>

#include "kernels/memory_cap.hpp"

namespace fastlane::kernels {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;

std::uintptr_t address(const Block& block) {
  return reinterpret_cast<std::uintptr_t>(block.data());
}

TEST(Arena, CapacityIsNeverLessAndSeldomMuchMore) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 20000; ++round) {
    const std::size_t bytes = random() >> (20 + random() % 43);
    const std::size_t capacity = arena_capacity(bytes);
    ASSERT_GE(capacity, bytes);
    ASSERT_EQ(capacity % 64, 0u);
    const std::size_t spare = capacity - bytes;
    const std::size_t share = bytes / (capacity > 16 * kMiB ? 8 : 4);
    ASSERT_LE(spare, std::max(share, capacity >= kHugePage ? kHugePage : std::size_t{64}));
    if (capacity >= kHugePage) {
      ASSERT_EQ(capacity % kHugePage, 0u);
    }
  }
}

TEST(Arena, BlocksAreAlignedAndWritable) {
  Arena arena;
  for (const std::size_t bytes :
       {std::size_t{0}, std::size_t{1}, std::size_t{65}, kMiB, 2 * kMiB, 2 * kMiB + 1, 9 * kMiB}) {
    Block block = arena.allocate(bytes);
    ASSERT_NE(block.data(), nullptr);
    EXPECT_EQ(block.bytes(), bytes);
    EXPECT_EQ(address(block) % (arena_capacity(bytes) >= kHugePage ? kHugePage : 64), 0u);
    std::memset(block.data(), 0x5a, bytes);
    block.give_back();
    EXPECT_EQ(block.data(), nullptr);
  }
  EXPECT_EQ(arena.stats().bytes_in_use, 0u);
}

TEST(Arena, RecyclesWithinAClass) {
  Arena arena;
  std::byte* first = nullptr;
  {
    const Block block = arena.allocate(33 * kMiB);
    first = block.data();
  }
  EXPECT_EQ(arena.stats().bytes_held, arena_capacity(33 * kMiB));
  const Block again = arena.allocate(33 * kMiB + 5);
  EXPECT_EQ(again.data(), first);
  const Block other = arena.allocate(50 * kMiB);
  EXPECT_NE(other.data(), first);
  const ArenaStats stats = arena.stats();
  EXPECT_EQ(stats.hits, 1u);
  EXPECT_EQ(stats.misses, 2u);
  EXPECT_EQ(stats.bytes_in_use, 83 * kMiB + 5);
  EXPECT_EQ(stats.peak, 83 * kMiB + 5);
  EXPECT_EQ(stats.bytes_held, 0u);
}

TEST(Arena, LimitCountsWhatIsInUse) {
  Arena arena({.limit = 10 * kMiB});
  const Block large = arena.allocate(7 * kMiB);
  EXPECT_THROW(arena.allocate(3 * kMiB + 1), std::bad_alloc);
  Block rest = arena.allocate(3 * kMiB);
  EXPECT_THROW(arena.allocate(1), std::bad_alloc);
  rest.give_back();
  EXPECT_NO_THROW(arena.allocate(100));
  EXPECT_EQ(arena.stats().bytes_in_use, 7 * kMiB);
  EXPECT_THROW(arena.allocate(std::numeric_limits<std::size_t>::max()), std::bad_alloc);
  EXPECT_THROW(arena.allocate(std::size_t{1} << 45), std::bad_alloc);
  EXPECT_EQ(arena.limit(), 10 * kMiB);
}

TEST(Arena, HeldBlocksMakeRoomBelowTheLimit) {
  Arena arena({.limit = 10 * kMiB});
  arena.allocate(6 * kMiB).give_back();
  EXPECT_EQ(arena.stats().bytes_held, 6 * kMiB);
  const Block block = arena.allocate(8 * kMiB);
  EXPECT_EQ(arena.stats().bytes_held, 0u);
}

TEST(Arena, HoldsNoMoreThanItMay) {
  Arena arena({.held_limit = 8 * kMiB});
  std::vector<Block> blocks;
  for (int i = 0; i < 3; ++i) blocks.push_back(arena.allocate(2 * kMiB));
  blocks.push_back(arena.allocate(4 * kMiB));
  blocks.push_back(arena.allocate(40 * kMiB));
  blocks.clear();
  EXPECT_EQ(arena.stats().bytes_held, 8 * kMiB);
  const Block wanted = arena.allocate(4 * kMiB);
  EXPECT_EQ(arena.stats().hits, 1u) << "a class in demand is evicted last";
}

TEST(Arena, TrimGivesEverythingBack) {
  Arena arena;
  for (const std::size_t bytes : {std::size_t{100}, 100'000ul, 3 * kMiB}) arena.allocate(bytes);
  EXPECT_GT(arena.stats().bytes_held, 3 * kMiB);
  arena.trim();
  EXPECT_EQ(arena.stats().bytes_held, 0u);
  arena.allocate(100);
  EXPECT_EQ(arena.stats().misses, 4u);
}

TEST(Arena, GivesUpWhatLiesIdle) {
  Arena arena({.idle = std::chrono::milliseconds(0)});
  arena.allocate(3 * kMiB).give_back();
  for (int i = 0; i < 3; ++i) arena.allocate(100).give_back();
  EXPECT_LT(arena.stats().bytes_held, kMiB);
}

TEST(Arena, BlocksOutliveTheirArena) {
  Block survivor;
  {
    Arena arena;
    survivor = arena.allocate(5 * kMiB);
    Block held = arena.allocate(kMiB);
    arena.close();
    EXPECT_TRUE(arena.closed());
    EXPECT_THROW(arena.allocate(1), ArenaClosed);
    held.give_back();
    EXPECT_EQ(arena.stats().bytes_held, 0u);
  }
  std::memset(survivor.data(), 1, survivor.bytes());
  std::thread([block = std::move(survivor)]() mutable { block.give_back(); }).join();
  EXPECT_EQ(survivor.data(), nullptr);
}

TEST(Arena, MovesInsteadOfCopies) {
  Arena arena;
  Block a = arena.allocate(1000);
  Block b = arena.allocate(2000);
  std::byte* const memory = b.data();
  a = std::move(b);
  EXPECT_EQ(a.data(), memory);
  EXPECT_EQ(arena.stats().bytes_in_use, 2000u);
}

TEST(Arena, ManyThreadsShareOneArena) {
  Arena arena({.held_limit = 32 * kMiB, .idle = std::chrono::milliseconds(1)});
  std::atomic<int> damaged = 0;
  std::vector<std::thread> threads;
  for (unsigned char id = 1; id <= 4; ++id) {
    threads.emplace_back([&arena, &damaged, id] {
      std::mt19937_64 random(id);
      std::vector<Block> mine;
      for (int round = 0; round < 2000; ++round) {
        Block block = arena.allocate(random() % (round % 50 == 0 ? 4 * kMiB : 20'000) + 1);
        std::memset(block.data(), id, std::min<std::size_t>(block.bytes(), 64));
        mine.push_back(std::move(block));
        if (mine.size() < 8) continue;
        const std::size_t index = random() % mine.size();
        if (mine[index].data()[0] != std::byte{id}) ++damaged;
        std::swap(mine[index], mine.back());
        mine.pop_back();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(damaged, 0);
  EXPECT_EQ(arena.stats().bytes_in_use, 0u);
  EXPECT_EQ(arena.stats().hits + arena.stats().misses, 8000u);
}

TEST(Arena, ForksWhileOthersAllocate) {
  Arena arena;
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int id = 0; id < 2; ++id) {
    threads.emplace_back([&] {
      while (!stop) arena.allocate(5000);
    });
  }
  int failed = 0;
  for (int round = 0; round < 100; ++round) {
    const pid_t child = fork();
    if (child == 0) {
      alarm(10);
      Block block = arena.allocate(5000);
      block.data()[0] = std::byte{1};
      block.give_back();
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    failed += status == 0 ? 0 : 1;
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
}

TEST(Arena, DefaultArenaIsOne) {
  EXPECT_EQ(&default_arena(), &default_arena());
  EXPECT_FALSE(default_arena().closed());
}

class ControlGroup : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ =
        std::filesystem::temp_directory_path() / ("fastlane-cgroup-" + std::to_string(getpid()));
    std::filesystem::create_directories(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  std::size_t limit() {
    return control_group_memory((root_ / "self").string(), (root_ / "fs").string());
  }

  std::filesystem::path root_;
};

TEST_F(ControlGroup, ParentsBindTheirChildren) {
  write("self", "0::/user/app\n");
  write("fs/user/app/memory.max", "max\n");
  EXPECT_EQ(limit(), kNoMemoryCap);
  write("fs/user/memory.max", "1000000\n");
  EXPECT_EQ(limit(), 1000000u);
  write("fs/user/app/memory.max", "4096\n");
  EXPECT_EQ(limit(), 4096u);
}

TEST_F(ControlGroup, ReadsVersionOneToo) {
  write("self", "5:cpu:/a\n4:devices,memory:/docker/x\nbroken\n0::/\n");
  write("fs/memory/memory.limit_in_bytes", "9223372036854771712\n");
  write("fs/memory/docker/x/memory.limit_in_bytes", "5000\n");
  EXPECT_EQ(limit(), 5000u);
}

TEST_F(ControlGroup, NothingToReadIsNoLimit) {
  EXPECT_EQ(limit(), kNoMemoryCap);
  write("self", "0::/gone\n");
  EXPECT_EQ(limit(), kNoMemoryCap);
  EXPECT_GT(memory_cap(), kMiB);
}

}  // namespace
}  // namespace fastlane::kernels
