// The loops of kernels/arrays/describe.hpp, once for every CPU row. Sums of deviations go to
// sixteen lanes in all rows, without fused multiplication, so that all rows give the same bits.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "kernels/arrays/describe.hpp"
#include "kernels/arrays/sum_rows.hpp"
#include "kernels/lanes.hpp"

// Where g++ knows which registers a function leaves alone, it calls it without clearing the upper
// halves of the others first, and what SSE instructions do there takes half as long again.
#ifndef __clang__
#pragma GCC optimize("no-ipa-ra")
#endif

namespace fastlane::kernels {
namespace {

constexpr std::size_t kDeviationLanes = 16;

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

struct Sum {
  template <class Vector>
  [[gnu::always_inline]] static Vector of(const Vector& a, const Vector& b) {
    Vector sum;
    sum.v = a.v + b.v;
    return sum;
  }
};
struct Lesser {
  template <class Vector>
  [[gnu::always_inline]] static Vector of(const Vector& a, const Vector& b) {
    return Vector::lesser(b, a);
  }
};
struct Greater {
  template <class Vector>
  [[gnu::always_inline]] static Vector of(const Vector& a, const Vector& b) {
    return Vector::greater(b, a);
  }
};

// Joins the lanes pairwise, each with the one half of all lanes further on, until one is left.
template <class Join, std::size_t kWidth>
[[gnu::always_inline]] inline double reduced(const Lanes<double, kWidth>& lanes) {
  using Half = Lanes<double, kWidth / 2>;
  double stored[kWidth];
  lanes.stored(stored);
  const Half joined = Join::of(Half::loaded(stored), Half::loaded(stored + kWidth / 2));
  if constexpr (kWidth == 2) {
    return joined.v[0];
  } else {
    return reduced<Join>(joined);
  }
}
template <class Join, std::size_t kWidth, std::size_t kVectors>
[[gnu::always_inline]] inline double reduced(Lanes<double, kWidth> (&lanes)[kVectors]) {
  for (std::size_t half = kVectors / 2; half != 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) lanes[i] = Join::of(lanes[i], lanes[i + half]);
  }
  return reduced<Join>(lanes[0]);
}

// The last elements of a block, with others after them that change nothing.
struct Rest {
  [[gnu::noinline]] Rest(const std::byte* data, std::size_t count, double mean, double any) {
    for (std::size_t i = 0; i < kDeviationLanes; ++i) {
      values[i] = i < count ? load<double>(data + i * sizeof(double)) : any;
      deviations[i] = i < count ? values[i] - mean : 0.0;
    }
  }

  double values[kDeviationLanes];
  double deviations[kDeviationLanes];
};

// Deviations from a shift, their squares, and extremes; element i goes to lane i mod 16.
template <std::size_t kWidth>
struct DeviationLanes {
  using Vector = Lanes<double, kWidth>;
  static constexpr std::size_t kVectors = kDeviationLanes / kWidth;

  Vector sums[kVectors];
  Vector squares[kVectors];
  Vector low[kVectors];
  Vector high[kVectors];

  [[gnu::always_inline]] inline void start(double first) {
    for (std::size_t i = 0; i < kVectors; ++i) {
      sums[i] = Vector::filled(0.0);
      squares[i] = Vector::filled(0.0);
      low[i] = Vector::filled(first);
      high[i] = Vector::filled(first);
    }
  }

  [[gnu::always_inline]] inline void add(std::size_t i, const Vector& value,
                                         const Vector& deviation) {
    sums[i].v += deviation.v;
    squares[i].v += deviation.v * deviation.v;
    low[i] = Vector::lesser(value, low[i]);
    high[i] = Vector::greater(value, high[i]);
  }

  [[gnu::always_inline]] inline void add_group(const std::byte* data, const Vector& shift) {
    for (std::size_t i = 0; i < kVectors; ++i) {
      const auto value = Vector::loaded(data + i * kWidth * sizeof(double));
      Vector deviation;
      deviation.v = value.v - shift.v;
      add(i, value, deviation);
    }
  }

  [[gnu::always_inline]] inline void add_rest(const Rest& rest) {
    for (std::size_t i = 0; i < kVectors; ++i) {
      add(i, Vector::loaded(rest.values + i * kWidth),
          Vector::loaded(rest.deviations + i * kWidth));
    }
  }

  // The mean was rounded: the deviations tell by how much, and take that out of the squares.
  [[gnu::always_inline]] inline void finish(Moments& block, double mean) {
    const double sum = reduced<Sum>(sums);
    block.mean_high = mean;
    block.mean_low = sum / static_cast<double>(block.count);
    block.squares = std::max(0.0, reduced<Sum>(squares) - sum * block.mean_low);
    block.min = reduced<Lesser>(low);
    block.max = reduced<Greater>(high);
  }
};

// `block` holds its count and its sum. With `next`, a whole block after a whole one, the elements
// of that are added up beside: the deviations keep the arithmetic busy and the sum the memory.
// Says whether that was done.
template <std::size_t kWidth>
[[gnu::always_inline]] inline bool add_deviations(Moments& moments, Moments& block,
                                                  const std::byte* data, FloatSum* next) {
  const double mean = block.sum.value() / static_cast<double>(block.count);
  if (!std::isfinite(mean)) {
    block.mean_high = mean;
    add_extraordinary_block(moments, block, data);
    return false;
  }
  const auto shift = Lanes<double, kWidth>::filled(mean);
  const auto first = load<double>(data);
  DeviationLanes<kWidth> lanes;
  lanes.start(first);
  std::size_t left = block.count;
  if (next != nullptr) {
    LaneSums<kWidth> sums;
    sums.clear();
    for (; left != 0; left -= kSumLanes) {
      const std::byte* const later = data + kDescribeBlock * sizeof(double);
      for (std::size_t byte = 0; byte < kSumLanes * sizeof(double); byte += 64) {
        __builtin_prefetch(later + kFarAhead + byte);
      }
      sums.template add_group<double>(later);
      lanes.add_group(data, shift);
      lanes.add_group(data + kDeviationLanes * sizeof(double), shift);
      data += kSumLanes * sizeof(double);
    }
    sums.carry_into(*next);
  }
  for (; left >= kDeviationLanes; left -= kDeviationLanes) {
    lanes.add_group(data, shift);
    data += kDeviationLanes * sizeof(double);
  }
  if (left != 0) lanes.add_rest(Rest(data, left, mean, first));
  lanes.finish(block, mean);
  moments.join(block);
  return next != nullptr;
}

template <std::size_t kWidth>
[[gnu::always_inline]] inline void add_blocks(Moments& moments, const std::byte* data,
                                              std::size_t count) {
  FloatSum sum;
  bool is_summed = false;
  while (count != 0) {
    Moments block;
    block.count = std::min(count, kDescribeBlock);
    if (!is_summed) sum_row().float64(sum, data, block.count);  // all rows add alike
    block.sum = sum;
    sum = FloatSum();
    count -= block.count;
    is_summed =
        add_deviations<kWidth>(moments, block, data, count >= kDescribeBlock ? &sum : nullptr);
    data += block.count * sizeof(double);
  }
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
    add_blocks<2>(moments, data, count);
  }
  template <class T>
  static void wide(double* __restrict target, const std::byte* data, std::size_t count) {
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
    add_blocks<4>(moments, data, count);
  }
  template <class T>
  [[gnu::target("avx2,fma,bmi2")]] static void wide(double* __restrict target,
                                                    const std::byte* data, std::size_t count) {
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
    add_blocks<8>(moments, data, count);
  }
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void wide(
      double* __restrict target, const std::byte* data, std::size_t count) {
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
