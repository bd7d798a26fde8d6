// Draws the seeds of the hashes.
#include "kernels/records/hash.hpp"

#include <sys/random.h>

#include <chrono>

namespace fastlane::kernels::records {
namespace {

Seeds draw_seeds() noexcept {
  Seeds seeds{};
  const ssize_t drawn = ::getrandom(seeds.data(), sizeof seeds, GRND_NONBLOCK);
  if (drawn != static_cast<ssize_t>(sizeof seeds)) {
    // A kernel without entropy yet: the clock and where the process was loaded must do.
    auto state =
        static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) ^
        reinterpret_cast<std::uintptr_t>(&process_seeds);
    for (std::uint64_t& seed : seeds) {
      state = state * 6364136223846793005 + 1442695040888963407;
      seed ^= state ^ (state >> 29);
    }
  }
  for (std::uint64_t& seed : seeds) seed |= 0x8000000000000001;
  return seeds;
}

}  // namespace

const Seeds process_seeds = draw_seeds();

}  // namespace fastlane::kernels::records
