// The loops of kernels/arrays/describe.hpp, once for every CPU row. Sums of deviations go to
// sixteen lanes in all rows, without fused multiplication, so that all rows give the same bits.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/arrays/describe.hpp"
#include "kernels/arrays/sum_rows.hpp"
#include "kernels/lanes.hpp"

namespace fastlane::kernels {
namespace {

constexpr std::size_t kDeviationLanes = 16;
constexpr std::size_t kPrefetchDistance = 2 * kDescribeBlock * sizeof(double);

// A block whose sum is not finite: it holds a NaN or an infinity, or overflows.
void add_extraordinary_block(Moments& moments, Moments& block, const std::byte* data) {
  bool nan = false;
  bool infinite = false;
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (std::uint64_t i = 0; i < block.count; ++i) {
    const auto value = load<double>(data + i * sizeof(double));
    nan |= std::isnan(value);
    infinite |= std::isinf(value);
    low = value < low ? value : low;
    high = value > high ? value : high;
  }
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  block.squares = nan || infinite ? kNaN : std::numeric_limits<double>::infinity();
  block.min = nan ? kNaN : low;
  block.max = nan ? kNaN : high;
  moments.join(block);
}

template <std::size_t kWidth>
[[gnu::always_inline]] inline void add_block(Moments& moments, const std::byte* data,
                                             std::size_t count) {
  using Vector = Lanes<double, kWidth>;
  constexpr std::size_t kVectors = kDeviationLanes / kWidth;

  Moments block;
  block.count = count;
  add_float_block<double, kWidth>(block.sum, data, count);
  const double mean = block.sum.value() / static_cast<double>(count);
  if (!std::isfinite(mean)) {
    block.mean_high = mean;
    add_extraordinary_block(moments, block, data);
    return;
  }

  const auto first = load<double>(data);
  const auto shift = Vector::filled(mean);
  Vector sums[kVectors];
  Vector squares[kVectors];
  Vector low[kVectors];
  Vector high[kVectors];
  for (std::size_t i = 0; i < kVectors; ++i) {
    sums[i] = Vector::filled(0.0);
    squares[i] = Vector::filled(0.0);
    low[i] = Vector::filled(first);
    high[i] = Vector::filled(first);
  }
  std::size_t left = count;
  for (; left >= kDeviationLanes; left -= kDeviationLanes) {
    // This block is in the cache by now; the time is used to bring in the next but one. Nearer
    // lines would be asked for twice, which costs more than it gains.
    __builtin_prefetch(data + kPrefetchDistance);
    __builtin_prefetch(data + kPrefetchDistance + 64);
    for (std::size_t i = 0; i < kVectors; ++i) {
      const auto value = Vector::loaded(data + i * kWidth * sizeof(double));
      Vector deviation;
      deviation.v = value.v - shift.v;
      sums[i].v += deviation.v;
      squares[i].v += deviation.v * deviation.v;
      low[i] = Vector::lesser(value, low[i]);
      high[i] = Vector::greater(value, high[i]);
    }
    data += kDeviationLanes * sizeof(double);
  }
  double all_sums[kDeviationLanes];
  double all_squares[kDeviationLanes];
  double all_low[kDeviationLanes];
  double all_high[kDeviationLanes];
  for (std::size_t i = 0; i < kVectors; ++i) {
    sums[i].stored(all_sums + i * kWidth);
    squares[i].stored(all_squares + i * kWidth);
    low[i].stored(all_low + i * kWidth);
    high[i].stored(all_high + i * kWidth);
  }
  for (std::size_t i = 0; i < left; ++i) {
    const auto value = load<double>(data + i * sizeof(double));
    const double deviation = value - mean;
    all_sums[i] += deviation;
    all_squares[i] += deviation * deviation;
    all_low[i] = value < all_low[i] ? value : all_low[i];
    all_high[i] = value > all_high[i] ? value : all_high[i];
  }
  for (std::size_t half = kDeviationLanes / 2; half != 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) {
      all_sums[i] += all_sums[i + half];
      all_squares[i] += all_squares[i + half];
      all_low[i] = all_low[i + half] < all_low[i] ? all_low[i + half] : all_low[i];
      all_high[i] = all_high[i + half] > all_high[i] ? all_high[i + half] : all_high[i];
    }
  }
  // The mean was rounded: the deviations tell by how much, and take that out of the squares.
  block.mean_high = mean;
  block.mean_low = all_sums[0] / static_cast<double>(count);
  block.squares = std::max(0.0, all_squares[0] - all_sums[0] * block.mean_low);
  block.min = all_low[0];
  block.max = all_high[0];
  moments.join(block);
}

template <class T>
[[gnu::always_inline]] inline void widen(double* target, const std::byte* data, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    if constexpr (std::is_same_v<T, bool>) {
      target[i] = load<std::uint8_t>(data + i) != 0 ? 1.0 : 0.0;
    } else {
      target[i] = static_cast<double>(load<T>(data + i * sizeof(T)));
    }
  }
}

template <class T>
[[gnu::always_inline]] inline void find_extremes(T& min, T& max, const std::byte* data,
                                                 std::size_t count) {
  T low = min;
  T high = max;
  for (std::size_t i = 0; i < count; ++i) {
    const T value = load<T>(data + i * sizeof(T));
    low = value < low ? value : low;
    high = value > high ? value : high;
  }
  min = low;
  max = high;
}

struct Baseline {
  static void add(Moments& moments, const std::byte* data, std::size_t count) {
    add_block<2>(moments, data, count);
  }
  template <class T>
  static void wide(double* target, const std::byte* data, std::size_t count) {
    widen<T>(target, data, count);
  }
  static void extremes(IntegerExtremes& found, const std::byte* data, std::size_t count) {
    find_extremes(found.signed_min, found.signed_max, data, count);
  }
  static void unsigned_extremes(IntegerExtremes& found, const std::byte* data, std::size_t count) {
    find_extremes(found.unsigned_min, found.unsigned_max, data, count);
  }
};

struct Avx2 {
  [[gnu::target("avx2,fma,bmi2")]] static void add(Moments& moments, const std::byte* data,
                                                   std::size_t count) {
    add_block<4>(moments, data, count);
  }
  template <class T>
  [[gnu::target("avx2,fma,bmi2")]] static void wide(double* target, const std::byte* data,
                                                    std::size_t count) {
    widen<T>(target, data, count);
  }
  [[gnu::target("avx2,fma,bmi2")]] static void extremes(IntegerExtremes& found,
                                                        const std::byte* data, std::size_t count) {
    find_extremes(found.signed_min, found.signed_max, data, count);
  }
  [[gnu::target("avx2,fma,bmi2")]] static void unsigned_extremes(IntegerExtremes& found,
                                                                 const std::byte* data,
                                                                 std::size_t count) {
    find_extremes(found.unsigned_min, found.unsigned_max, data, count);
  }
};

struct Avx512 {
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void add(
      Moments& moments, const std::byte* data, std::size_t count) {
    add_block<8>(moments, data, count);
  }
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void wide(
      double* target, const std::byte* data, std::size_t count) {
    widen<T>(target, data, count);
  }
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void extremes(
      IntegerExtremes& found, const std::byte* data, std::size_t count) {
    find_extremes(found.signed_min, found.signed_max, data, count);
  }
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void unsigned_extremes(
      IntegerExtremes& found, const std::byte* data, std::size_t count) {
    find_extremes(found.unsigned_min, found.unsigned_max, data, count);
  }
};

template <class Level>
constexpr DescribeRow row_of(cpu::Level level) {
  return {level,
          Level::add,
          {Level::template wide<bool>, Level::template wide<std::int8_t>,
           Level::template wide<std::int16_t>, Level::template wide<std::int32_t>,
           Level::template wide<std::int64_t>, Level::template wide<std::uint8_t>,
           Level::template wide<std::uint16_t>, Level::template wide<std::uint32_t>,
           Level::template wide<std::uint64_t>, Level::template wide<float>},
          Level::extremes,
          Level::unsigned_extremes};
}

constexpr std::array<DescribeRow, 3> kRows = {row_of<Avx512>(cpu::Level::avx512),
                                              row_of<Avx2>(cpu::Level::avx2),
                                              row_of<Baseline>(cpu::Level::baseline)};

}  // namespace

std::span<const DescribeRow> describe_rows() { return kRows; }

}  // namespace fastlane::kernels
