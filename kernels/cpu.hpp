// Which rows of a kernel table run on this CPU, and which one is to be used.
// A kernel family keeps one ordered table, best row first; `choose` takes the first that runs here.
// The environment variable FASTLANE_CPU=baseline|avx2|avx512 forces a level for all tables.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace fastlane::kernels::cpu {

enum class Level { baseline, avx2, avx512 };

std::string_view name_of(Level level);

// What this CPU and its operating system can run. avx2 includes FMA and BMI2; avx512 includes F,
// BW, DQ and VL; tables that need more (VBMI, VPCLMULQDQ) ask for it in their row's `runs_here`.
bool runs_here(Level level);

// The level in force: forced by FASTLANE_CPU, otherwise the best that runs here.
// Throws std::invalid_argument, with the levels that exist, when the forced one is unknown or
// missing.
Level level();

bool has_avx512_vbmi();

// The first row whose level is allowed and runs here. Rows are ordered best first and end with
// baseline; every row has a member `level`.
template <class Row>
const Row& choose(std::span<const Row> rows) {
  const Level limit = level();
  for (const Row& row : rows) {
    if (row.level <= limit && runs_here(row.level)) return row;
  }
  return rows.back();
}

}  // namespace fastlane::kernels::cpu
