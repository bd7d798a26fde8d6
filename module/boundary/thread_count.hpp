// What a call's `threads=` says: at least 1, or nothing, which stands for the pool's size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

#include "module/boundary/arguments.hpp"

namespace fastlane {

class ThreadCount {
 public:
  // For the list of parameters: keyword("threads", threads.asked).
  std::int64_t asked = kUnsaid;

  // False with an exception set.
  bool check(const Arguments& args) const {
    if (asked >= 1 || asked == kUnsaid) [[likely]]
      return true;
    return args.wrong_value("threads", "1 or more", std::to_string(asked));
  }
  // For kernels: 0 stands for the pool's size.
  std::size_t count() const noexcept {
    return asked == kUnsaid ? 0 : static_cast<std::size_t>(asked);
  }

 private:
  static constexpr std::int64_t kUnsaid = std::numeric_limits<std::int64_t>::min();
};

}  // namespace fastlane
