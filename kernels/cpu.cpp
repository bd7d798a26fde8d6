// Asks the CPU once and reads FASTLANE_CPU once; everything later is a load.
#include "kernels/cpu.hpp"

#include <array>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace fastlane::kernels::cpu {
namespace {

constexpr std::array<Level, 3> kLevels = {Level::baseline, Level::avx2, Level::avx512};

Level best_level() {
  Level best = Level::baseline;
  for (Level level : kLevels) {
    if (runs_here(level)) best = level;
  }
  return best;
}

Level decide() {
  const char* forced = std::getenv("FASTLANE_CPU");
  if (forced == nullptr || *forced == '\0') return best_level();
  std::string available;
  for (Level level : kLevels) {
    if (!runs_here(level)) continue;
    if (forced == name_of(level)) return level;
    available += (available.empty() ? "" : ", ") + std::string(name_of(level));
  }
  throw std::invalid_argument("FASTLANE_CPU=" + std::string(forced) +
                              " does not run on this CPU; available: " + available);
}

}  // namespace

std::string_view name_of(Level level) {
  switch (level) {
    case Level::avx512:
      return "avx512";
    case Level::avx2:
      return "avx2";
    case Level::baseline:
      break;
  }
  return "baseline";
}

bool runs_here(Level level) {
  switch (level) {
    case Level::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             runs_here(Level::avx2);
    case Level::avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
             __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    case Level::baseline:
      break;
  }
  return true;
}

Level level() {
  static const Level chosen = decide();
  return chosen;
}

bool has_avx512_vbmi() {
  return level() == Level::avx512 && __builtin_cpu_supports("avx512vbmi") != 0;
}

}  // namespace fastlane::kernels::cpu
