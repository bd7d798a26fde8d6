// Asks the operating system for the size of the last cache, once, and about pages.
#include "kernels/streaming.hpp"

#include <sys/mman.h>
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

// Has the page memory of its own yet? Yes, where nobody can say.
bool is_used(const std::byte* place) {
  static const auto page = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  const std::uintptr_t start = reinterpret_cast<std::uintptr_t>(place) / page * page;
  unsigned char state = 1;
  const bool known = mincore(reinterpret_cast<void*>(start), page, &state) == 0;
  return !known || (state & 1) != 0;
}

}  // namespace

std::size_t streaming_threshold() {
  static const std::size_t threshold = std::min(last_cache_bytes() / 4 * 3, kMostThatStaysCached);
  return threshold;
}

bool pays_to_stream_at(const std::byte* place, std::size_t bytes_touched) {
  return pays_to_stream(bytes_touched) && is_used(place);
}

}  // namespace fastlane::kernels
