// Where a long kernel asks, every so many bytes, whether it is still wanted.
// The kernel spends a budget; only when it is used up does the clock get read and, at most every
// 20 ms, the owner of the call get asked. The owner answers by returning or by throwing; what it
// throws travels through the kernel, so kernels hold their resources in objects.
#pragma once

#include <chrono>
#include <cstddef>

namespace fastlane::kernels {

class Checkpoint {
 public:
  using Ask = void (*)(void* owner);  // throws to stop the kernel

  Checkpoint() = default;
  Checkpoint(Ask ask, void* owner) : ask_(ask), owner_(owner) {}
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  // Call once per block with the bytes of work done since the last call. May throw what `ask`
  // throws.
  void spend(std::size_t bytes) {
    if (bytes < budget_) {
      budget_ -= bytes;
      return;
    }
    look_at_clock();
  }

  // Call when a system call was interrupted: asks whatever the clock says. May throw likewise.
  void ask_now() {
    if (ask_ != nullptr) ask_(owner_);
  }

 private:
  // About a millisecond of memory traffic: the clock is read often enough, at a cost nobody sees.
  static constexpr std::size_t kBudget = std::size_t{4} << 20;
  static constexpr std::chrono::milliseconds kInterval{20};

  void look_at_clock() {
    budget_ = kBudget;
    if (ask_ == nullptr) return;
    const auto now = std::chrono::steady_clock::now();
    const bool is_first_look = asked_ == std::chrono::steady_clock::time_point{};
    if (!is_first_look && now - asked_ < kInterval) return;
    asked_ = now;
    if (!is_first_look) ask_(owner_);
  }

  Ask ask_ = nullptr;
  void* owner_ = nullptr;
  std::size_t budget_ = kBudget;
  // Starts at the first look at the clock: reading it costs more than a small call.
  std::chrono::steady_clock::time_point asked_{};
};

}  // namespace fastlane::kernels
