// The whole engine against the plain one: mutated lines, every kind of key, every prefix, every cut
// into windows, any number of workers. The edges: run_edges_test.cpp.
#include "tests/kernels/records/engine.hpp"

namespace fastlane::kernels::records {
namespace {

TEST(Run, ReadsTheGoodLines) {
  const RunResult result = run_engine(combined(), {kGood + "\n" + kEscaped + "\n"});
  ASSERT_EQ(result.rows_in, 2);
  ASSERT_EQ(result.rows_bad, 0);
  EXPECT_EQ(shown(result.columns[4], 0), "/a/b.png");
  EXPECT_EQ(shown(result.columns[4], 1), "/a\"b\\c");
  EXPECT_EQ(shown(result.columns[9], 1), "caf\xC3\xA9 \xC3\xA9");
  EXPECT_EQ(shown(result.columns[2], 1), "1431851759000000");
  EXPECT_EQ(shown(result.columns[7], 1), "-1");
  EXPECT_EQ(result.columns[6].null_count, 1U);
}

TEST(Run, AgreesOnMutatedLines) {
  std::mt19937_64 random(21);
  for (int round = 0; round < 60; ++round) {
    const unsigned broken = round % 5 == 0 ? 100 : static_cast<unsigned>(round);
    const std::string log = random_log(random, 400, broken);
    expect_like_reference(combined(), {log});
    expect_like_reference(grouped({3, 5}), {log}, 1 + random() % 3000);
    if (HasFatalFailure()) return;
  }
}

TEST(Run, AgreesOnEveryKindOfKey) {
  std::mt19937_64 random(22);
  const std::string log = random_log(random, 3000, 20);
  for (const std::vector<std::size_t>& keys : std::vector<std::vector<std::size_t>>{
           {}, {0}, {1}, {2}, {6}, {7}, {8, 1}, {3, 5, 1, 6}, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}) {
    expect_like_reference(grouped(keys), {log}, 5000);
    if (HasFatalFailure()) return;
  }
}

TEST(Run, AgreesOnEveryPrefix) {
  const std::string log = "\xEF\xBB\xBF\n" + kGood + "\r\n" + kEscaped + "\n\r\n" + kGood;
  for (std::size_t size = 0; size <= log.size(); ++size) {
    expect_like_reference(combined(), {log.substr(0, size)});
    expect_like_reference(grouped({1}), {log.substr(0, size)}, 50);
    if (HasFatalFailure()) return;
  }
}

TEST(Run, DoesNotDependOnTheWindows) {
  std::mt19937_64 random(23);
  const std::string log = random_log(random, 60, 30);
  for (std::size_t window = 1; window <= log.size() + 1; window += 1 + window / 100) {
    expect_like_reference(combined(), {log}, window);
    expect_like_reference(grouped({1, 3}), {log}, window);
    if (HasFatalFailure()) return;
  }
}

TEST(Run, DoesNotDependOnTheWorkers) {
  std::mt19937_64 random(24);
  const std::string log = random_log(random, 4000, 10);
  for (const std::size_t workers : {1U, 2U, 3U, 7U}) {
    expect_like_reference(combined(), {log, "", log, kGood}, 10000, workers);
    expect_like_reference(grouped({0, 3}), {log, kEscaped}, 4096, workers);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace fastlane::kernels::records
