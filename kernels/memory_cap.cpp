// Finds the control group of this process and reads its memory limits.
#include "kernels/memory_cap.hpp"

#include <sys/sysinfo.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <fstream>
#include <string_view>

namespace fastlane::kernels {
namespace {

std::size_t limit_in(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  if (!(file >> word)) return kNoMemoryCap;
  std::size_t bytes = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), bytes);
  return error == std::errc() && end == word.data() + word.size() ? bytes : kNoMemoryCap;
}

// A child is bound by its parents too, so every level counts.
std::size_t smallest_upwards(const std::string& root, std::string group, std::string_view file) {
  std::size_t smallest = kNoMemoryCap;
  while (true) {
    smallest = std::min(smallest, limit_in(root + group + "/" + std::string(file)));
    const std::size_t slash = group.rfind('/');
    if (slash == std::string::npos) return smallest;
    group.resize(slash);
  }
}

bool names_memory(std::string_view controllers) {
  while (!controllers.empty()) {
    const std::size_t comma = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, comma) == "memory") return true;
    controllers.remove_prefix(std::min(comma + 1, controllers.size()));
  }
  return false;
}

std::size_t machine_memory() noexcept {
  struct sysinfo machine {};
  if (sysinfo(&machine) != 0) return kNoMemoryCap;
  return (static_cast<std::size_t>(machine.totalram) + machine.totalswap) * machine.mem_unit;
}

std::size_t read_memory_cap() noexcept {
  const std::size_t machine = machine_memory();
  try {
    return std::min(machine, control_group_memory());
  } catch (...) {
    return machine;  // no memory for a path: the cap is only a better guess
  }
}

}  // namespace

std::size_t control_group_memory(const std::string& membership, const std::string& root) {
  std::size_t smallest = kNoMemoryCap;
  std::ifstream groups(membership);
  for (std::string line; std::getline(groups, line);) {  // id:controllers:/path
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string_view controllers =
        std::string_view(line).substr(first + 1, second - first - 1);
    const std::string group = line.substr(second + 1);
    if (controllers.empty()) {
      smallest = std::min(smallest, smallest_upwards(root, group, "memory.max"));
    } else if (names_memory(controllers)) {
      smallest =
          std::min(smallest, smallest_upwards(root + "/memory", group, "memory.limit_in_bytes"));
    }
  }
  return smallest;
}

std::size_t memory_cap() noexcept {
  // Not a guarded static: a fork beside its first use would leave the child waiting.
  static constinit std::atomic<std::size_t> known{0};
  std::size_t cap = known.load(std::memory_order_relaxed);
  if (cap == 0) {
    cap = read_memory_cap();
    known.store(cap, std::memory_order_relaxed);
  }
  return cap;
}

}  // namespace fastlane::kernels
