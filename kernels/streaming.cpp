// Asks the operating system for the size of the last cache, once.
#include "kernels/streaming.hpp"

#include <unistd.h>

#include <algorithm>

namespace fastlane::kernels {
namespace {

// Where plain stores begin to lose on machines whose last cache is large but shared by many.
constexpr std::size_t kMostThatStaysCached = std::size_t{96} << 20;
constexpr std::size_t kUnknownCache = std::size_t{32} << 20;

std::size_t last_cache_bytes() {
  const long level3 = sysconf(_SC_LEVEL3_CACHE_SIZE);
  if (level3 > 0) return static_cast<std::size_t>(level3);
  const long level2 = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return level2 > 0 ? static_cast<std::size_t>(level2) : kUnknownCache;
}

}  // namespace

std::size_t streaming_threshold() {
  static const std::size_t threshold = std::min(last_cache_bytes() / 4 * 3, kMostThatStaysCached);
  return threshold;
}

}  // namespace fastlane::kernels
