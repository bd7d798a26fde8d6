// The library's sine, one element at a time.
#include "kernels/arrays/sines.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace fastlane::kernels {

void sines(const ArrayView& target, Checkpoint& checkpoint) {
  static constexpr std::ptrdiff_t kBlock = 8192;
  static constexpr std::size_t kBytesPerSine = 64;  // a sine takes as long as that much traffic
  const std::ptrdiff_t count = target.shape[0];
  const std::ptrdiff_t stride = target.strides[0];
  for (std::ptrdiff_t first = 0; first < count; first += kBlock) {
    const std::ptrdiff_t last = std::min(first + kBlock, count);
    for (std::ptrdiff_t i = first; i < last; ++i) {
      const auto value = static_cast<float>(std::sin(static_cast<double>(i)));
      std::memcpy(target.data + i * stride, &value, sizeof value);
    }
    checkpoint.spend(static_cast<std::size_t>(last - first) * kBytesPerSine);
  }
}

}  // namespace fastlane::kernels
