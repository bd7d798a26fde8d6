// Blocks of float64 and how they are joined. The rows: kernels/arrays/describe_rows.cpp.
#include "kernels/arrays/describe.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/blocks.hpp"
#include "kernels/shares.hpp"

namespace fastlane::kernels {
namespace {

// What the float64 moments carry without rounding: everything but 64-bit integers.
bool needs_integer_extremes(DType dtype) { return dtype == DType::int64 || dtype == DType::uint64; }

bool is_float(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

WideInteger widened(std::int64_t value) {
  return {value < 0 ? -1 : 0, static_cast<std::uint64_t>(value)};
}

template <class T>
void add_view(DescriptionParts& parts, const ArrayView& view, Checkpoint& checkpoint,
              const DescribeRow& row, const SumRow& sums) {
  const DType dtype = view.dtype;
  const auto index = static_cast<std::size_t>(dtype);
  for_each_block<T, kDescribeBlock>(
      view, checkpoint, [&](const std::byte* data, std::size_t count) {
        if (dtype == DType::float64) return row.add_blocks(parts.moments, data, count);
        alignas(64) double wide[kDescribeBlock];
        while (count != 0) {
          const std::size_t block = std::min(count, kDescribeBlock);
          row.widen[index](wide, data, block);
          row.add_blocks(parts.moments, reinterpret_cast<const std::byte*>(wide), block);
          if (dtype == DType::int64) row.int64_extremes(parts.extremes, data, block);
          if (dtype == DType::uint64) row.uint64_extremes(parts.extremes, data, block);
          if (!is_float(dtype)) (*sums.integers)[index](parts.exact_sum, data, block);
          data += block * sizeof(T);
          count -= block;
        }
      });
}

}  // namespace

double Moments::standard_deviation() const {
  return std::sqrt(squares / static_cast<double>(count));
}

void Moments::join(const Moments& other) {
  if (other.count == 0) return;
  if (count == 0) {
    *this = other;
    return;
  }
  sum.join(other.sum);
  const auto here = static_cast<double>(count);
  const auto there = static_cast<double>(other.count);
  const double all = here + there;
  // The leading parts are subtracted first: near each other, they leave no rounding error.
  const double distance = (other.mean_high - mean_high) + (other.mean_low - mean_low);
  squares += other.squares + distance * distance * (here * (there / all));
  const double step = distance * (there / all) + mean_low;
  const double high = mean_high + step;
  mean_low = std::isfinite(high) ? step - (high - mean_high) : 0.0;
  mean_high = high;
  min = std::isnan(min) || min < other.min ? min : other.min;
  max = std::isnan(max) || max > other.max ? max : other.max;
  count += other.count;
}

void DescriptionParts::join(const DescriptionParts& other) {
  moments.join(other.moments);
  extremes.signed_min = std::min(extremes.signed_min, other.extremes.signed_min);
  extremes.signed_max = std::max(extremes.signed_max, other.extremes.signed_max);
  extremes.unsigned_min = std::min(extremes.unsigned_min, other.extremes.unsigned_min);
  extremes.unsigned_max = std::max(extremes.unsigned_max, other.extremes.unsigned_max);
  exact_sum = joined(exact_sum, other.exact_sum);
}

Description DescriptionParts::description(DType dtype) const {
  Description result;
  result.count = moments.count;
  result.min = moments.min;
  result.max = moments.max;
  result.standard_deviation = moments.standard_deviation();
  result.is_exact = !is_float(dtype);
  result.sum = result.is_exact ? as_double(exact_sum) : moments.sum.value();
  if (!result.is_exact) {
    result.mean = moments.mean();
    if (!std::isfinite(result.mean)) result.mean = result.sum / static_cast<double>(result.count);
    return result;
  }
  result.mean = result.sum / static_cast<double>(result.count);
  result.exact_sum = exact_sum;
  if (dtype == DType::uint64) {
    result.exact_min = {0, extremes.unsigned_min};
    result.exact_max = {0, extremes.unsigned_max};
  } else if (needs_integer_extremes(dtype)) {
    result.exact_min = widened(extremes.signed_min);
    result.exact_max = widened(extremes.signed_max);
  } else {
    result.exact_min = widened(static_cast<std::int64_t>(moments.min));
    result.exact_max = widened(static_cast<std::int64_t>(moments.max));
  }
  return result;
}

void add_to_description(DescriptionParts& parts, const ArrayView& view, Checkpoint& checkpoint,
                        const DescribeRow& row, const SumRow& sums) {
  switch (view.item_size()) {
    case 1:
      add_view<std::uint8_t>(parts, view, checkpoint, row, sums);
      break;
    case 2:
      add_view<std::uint16_t>(parts, view, checkpoint, row, sums);
      break;
    case 4:
      add_view<std::uint32_t>(parts, view, checkpoint, row, sums);
      break;
    default:
      add_view<std::uint64_t>(parts, view, checkpoint, row, sums);
      break;
  }
}

Description describe(const ArrayView& view, Checkpoint& checkpoint, std::size_t threads,
                     const DescribeRow& row, const SumRow& sums) {
  return joined_shares<DescriptionParts>(
             view, threads_for(view.size() * view.item_size(), threads), checkpoint,
             [&](DescriptionParts& part, const ArrayView& share, Checkpoint& mine) {
               add_to_description(part, share, mine, row, sums);
             })
      .description(view.dtype);
}

const DescribeRow& describe_row() {
  static const DescribeRow& row = cpu::choose(describe_rows());
  return row;
}

}  // namespace fastlane::kernels
