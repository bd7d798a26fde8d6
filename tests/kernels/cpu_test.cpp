// What every table of rows relies on: levels are ordered, the baseline always runs, and the first
// row that runs here and is allowed wins.
#include "kernels/cpu.hpp"

#include <gtest/gtest.h>

#include <array>

namespace fastlane::kernels::cpu {
namespace {

struct Row {
  Level level;
  int number;
};

TEST(Cpu, NamesAreTheOnesThatTheEnvironmentVariableTakes) {
  EXPECT_EQ(name_of(Level::baseline), "baseline");
  EXPECT_EQ(name_of(Level::avx2), "avx2");
  EXPECT_EQ(name_of(Level::avx512), "avx512");
}

TEST(Cpu, BaselineRunsAnywhereAndWiderLevelsIncludeNarrowerOnes) {
  EXPECT_TRUE(runs_here(Level::baseline));
  EXPECT_LE(runs_here(Level::avx512), runs_here(Level::avx2));
}

TEST(Cpu, LevelInForceRunsHere) { EXPECT_TRUE(runs_here(level())); }

TEST(Cpu, FirstRowThatIsAllowedWins) {
  constexpr std::array<Row, 3> kRows = {Row{Level::avx512, 2}, Row{Level::avx2, 1},
                                        Row{Level::baseline, 0}};
  EXPECT_EQ(choose<Row>(kRows).number, static_cast<int>(level()));
}

TEST(Cpu, LastRowServesWhenNoOtherIsAllowed) {
  constexpr std::array<Row, 1> kRows = {Row{Level::baseline, 7}};
  EXPECT_EQ(choose<Row>(kRows).number, 7);
}

}  // namespace
}  // namespace fastlane::kernels::cpu
