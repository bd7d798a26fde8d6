// The loops of kernels/arrays/subtract_saturating.hpp.
#include "kernels/arrays/subtract_saturating.hpp"

#include <algorithm>
#include <array>

#include "kernels/blocks.hpp"
#include "kernels/lanes.hpp"
#include "kernels/runs.hpp"

namespace fastlane::kernels {
namespace {

std::uint8_t subtracted(std::uint8_t value, std::uint8_t amount) {
  return static_cast<std::uint8_t>(std::max(value, amount) - amount);
}

[[gnu::always_inline]] inline void subtract(std::byte* data, std::uint8_t amount,
                                            std::size_t count) {
  auto* values = reinterpret_cast<std::uint8_t*>(data);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t value = values[i];
    values[i] = static_cast<std::uint8_t>((value > amount ? value : amount) - amount);
  }
}

void subtract_baseline(std::byte* data, std::uint8_t amount, std::size_t count) {
  subtract(data, amount, count);
}

[[gnu::target("avx2,fma,bmi2")]] void subtract_avx2(std::byte* data, std::uint8_t amount,
                                                    std::size_t count) {
  subtract(data, amount, count);
}

[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] void subtract_avx512(
    std::byte* data, std::uint8_t amount, std::size_t count) {
  subtract(data, amount, count);
}

constexpr std::array<SubtractSaturatingRow, 3> kRows = {{
    {cpu::Level::avx512, subtract_avx512},
    {cpu::Level::avx2, subtract_avx2},
    {cpu::Level::baseline, subtract_baseline},
}};

}  // namespace

std::span<const SubtractSaturatingRow> subtract_saturating_rows() { return kRows; }

const SubtractSaturatingRow& subtract_saturating_row() {
  static const SubtractSaturatingRow& row = cpu::choose(subtract_saturating_rows());
  return row;
}

void subtract_saturating(const ArrayView& view, std::uint8_t amount, Checkpoint& checkpoint,
                         const SubtractSaturatingRow& row) {
  Runs<1>({&view}, RunOrder::any)
      .for_each([&](const std::array<std::byte*, 1>& data, std::ptrdiff_t count,
                    const std::array<std::ptrdiff_t, 1>& strides) {
        constexpr std::ptrdiff_t kPiece = kBytesPerCheckpoint;
        for (std::ptrdiff_t first = 0; first < count; first += kPiece) {
          const std::ptrdiff_t end = std::min(count, first + kPiece);
          if (strides[0] == 1) {
            row.uint8(data[0] + first, amount, static_cast<std::size_t>(end - first));
          } else {
            for (std::ptrdiff_t i = first; i < end; ++i) {
              std::byte* place = data[0] + i * strides[0];
              store(place, subtracted(load<std::uint8_t>(place), amount));
            }
          }
          checkpoint.spend(static_cast<std::size_t>(end - first));
        }
      });
}

}  // namespace fastlane::kernels
