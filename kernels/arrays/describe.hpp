// Count, sum, mean, standard deviation, smallest and largest element in one pass over the memory.
// Each block's deviations are taken from the block's own mean and the blocks are joined by Chan's
// formula, so large means cost no digits. Never copies more than one block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/array_view.hpp"
#include "kernels/arrays/sum.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/cpu.hpp"

namespace fastlane::kernels {

// Moments and extremes of float64 elements; can be continued and joined with another one.
// A NaN among the elements makes min, max and mean NaN; an infinity makes the deviation NaN.
struct Moments {
  double mean() const { return mean_high + mean_low; }
  double standard_deviation() const;  // divides by count
  void join(const Moments& other);

  FloatSum sum;
  std::uint64_t count = 0;
  double mean_high = 0;  // the mean, with what does not fit into one double beside it
  double mean_low = 0;
  double squares = 0;  // sum of squared deviations from the mean
  double min = 0;      // of nothing: unset
  double max = 0;
};

struct Description {
  std::uint64_t count = 0;
  double min = 0;
  double max = 0;
  double mean = 0;
  double standard_deviation = 0;
  double sum = 0;

  // Integers and booleans only: the same without rounding.
  bool is_exact = false;
  WideInteger exact_min;
  WideInteger exact_max;
  WideInteger exact_sum;
};

struct IntegerExtremes {
  std::int64_t signed_min = INT64_MAX;
  std::int64_t signed_max = INT64_MIN;
  std::uint64_t unsigned_min = UINT64_MAX;
  std::uint64_t unsigned_max = 0;
};

inline constexpr std::size_t kDescribeBlock = kFloatSumBlock;

struct DescribeRow {
  cpu::Level level;
  // Adds float64 elements, which are divided into blocks of kDescribeBlock.
  void (*add_blocks)(Moments& moments, const std::byte* data, std::size_t count);
  // By DType, float64 excepted: writes `count` elements as float64.
  std::array<void (*)(double* target, const std::byte* data, std::size_t count), 10> widen;
  void (*int64_extremes)(IntegerExtremes& extremes, const std::byte* data, std::size_t count);
  void (*uint64_extremes)(IntegerExtremes& extremes, const std::byte* data, std::size_t count);
};

std::span<const DescribeRow> describe_rows();  // best first
const DescribeRow& describe_row();             // the one in use

// What was seen so far of one array, perhaps by one thread of several.
struct DescriptionParts {
  Moments moments;
  IntegerExtremes extremes;
  WideInteger exact_sum;

  void join(const DescriptionParts& other);
  Description description(DType dtype) const;  // contract: something was added
};

// Contract: any supported dtype, strides and alignment; no allocation; throws what `checkpoint`
// throws.
void add_to_description(DescriptionParts& parts, const ArrayView& view, Checkpoint& checkpoint,
                        const DescribeRow& row = describe_row(), const SumRow& sums = sum_row());

// All at once, with the same bits for any number of threads (0: the pool's size).
// Contract: `view` is not empty; otherwise as above, and throws what the pool throws.
Description describe(const ArrayView& view, Checkpoint& checkpoint, std::size_t threads = 1,
                     const DescribeRow& row = describe_row(), const SumRow& sums = sum_row());

}  // namespace fastlane::kernels
