// How much memory this process may hold: what the machine has, or less where a control group says
// so. Reads a few files of the kernel once; never watches them.
#pragma once

#include <cstddef>
#include <limits>
#include <string>

namespace fastlane::kernels {

inline constexpr std::size_t kNoMemoryCap = std::numeric_limits<std::size_t>::max();

// The smallest limit among the group named in `membership` and its parents, version 2 or 1;
// kNoMemoryCap when there is none or nothing can be read. May throw std::bad_alloc.
std::size_t control_group_memory(const std::string& membership = "/proc/self/cgroup",
                                 const std::string& root = "/sys/fs/cgroup");

// The smaller of the control group's limit and of memory and swap together, read at the first call.
std::size_t memory_cap() noexcept;

}  // namespace fastlane::kernels
