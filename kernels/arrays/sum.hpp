// Sums of whole arrays: float64, float32 accumulated in float64, and integers without loss.
// All CPU rows add in the same order, so they give the same bits. Never divides, never converts
// what it returns: means and standard deviations are in kernels/arrays/describe.hpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/array_view.hpp"
#include "kernels/blocks.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/cpu.hpp"

namespace fastlane::kernels {

// A running sum that can be continued and joined with another one.
// Each block of kFloatSumBlock elements is added in plain float64; the sums of the blocks are
// carried in eight pairs (sum, what rounding took away). Hence, for n elements of any kind and
// order,
//   |value() - exact| <= kFloatSumBound * sum(|x|) + one rounding of the result.
struct FloatSum {
  FloatSum();

  double value() const;
  void join(const FloatSum& other);

  alignas(64) double sums[8];
  alignas(64) double corrections[8];
};

inline constexpr std::size_t kFloatSumBlock = 2048;
inline constexpr double kFloatSumBound = 67 * 0x1p-53;

// A two's complement number of 128 bits: hi * 2^64 + lo.
struct WideInteger {
  std::int64_t hi = 0;
  std::uint64_t lo = 0;

  friend bool operator==(const WideInteger&, const WideInteger&) = default;
};

using AddFloats = void (*)(FloatSum& total, const std::byte* data, std::size_t count);
using AddIntegers = void (*)(WideInteger& total, const std::byte* data, std::size_t count);

struct SumRow {
  cpu::Level level;
  AddFloats float64;
  AddFloats float32;
  AddFloats far_float64;  // the same sums, faster where the data comes from memory
  AddFloats far_float32;
  const std::array<AddIntegers, 9>* integers;  // by DType: boolean, int8 ... uint64
};

std::span<const SumRow> sum_rows();  // best first
const SumRow& sum_row();             // the one in use

inline constexpr std::ptrdiff_t kFewFloats = 32;

// Too few elements for vectors: four chains, no state to set up.
template <class T>
inline double sum_few(const std::byte* data, std::size_t count) {
  double first = -0.0, second = -0.0, third = -0.0, fourth = -0.0;
  for (; count >= 4; count -= 4, data += 4 * sizeof(T)) {
    first += load<T>(data);
    second += load<T>(data + sizeof(T));
    third += load<T>(data + 2 * sizeof(T));
    fourth += load<T>(data + 3 * sizeof(T));
  }
  if (count > 0) first += load<T>(data);
  if (count > 1) second += load<T>(data + sizeof(T));
  if (count > 2) third += load<T>(data + 2 * sizeof(T));
  return (first + third) + (second + fourth);
}

// A short contiguous view is not worth a look at the table of rows.
inline bool is_short(const ArrayView& view) {
  return view.ndim == 1 && view.shape[0] <= kFewFloats && view.shape[0] > 0 &&
         view.strides[0] == static_cast<std::ptrdiff_t>(view.item_size());
}

inline double sum_short(const ArrayView& view) {
  const auto count = static_cast<std::size_t>(view.shape[0]);
  return view.dtype == DType::float64 ? sum_few<double>(view.data, count)
                                      : sum_few<float>(view.data, count);
}

double sum_many_floats(const ArrayView& view, Checkpoint& checkpoint, std::size_t threads);
double sum_many_floats(const ArrayView& view, Checkpoint& checkpoint, std::size_t threads,
                       const SumRow& row);

// Sum of a float64 or float32 view; 0.0 when it is empty. The sum of float32 elements has the bits
// that the sum of the same elements as float64 would have, and neither depends on the number of
// threads (0: the pool's size).
// Contract: any strides and alignment; no allocation on one thread; throws what `checkpoint` and
// the pool throw.
inline double sum_floats(const ArrayView& view, Checkpoint& checkpoint, std::size_t threads = 1) {
  return is_short(view) ? sum_short(view) : sum_many_floats(view, checkpoint, threads);
}
inline double sum_floats(const ArrayView& view, Checkpoint& checkpoint, std::size_t threads,
                         const SumRow& row) {
  return is_short(view) ? sum_short(view) : sum_many_floats(view, checkpoint, threads, row);
}

// Exact sum of an integer or boolean view (a boolean counts as one whatever byte it holds).
// Contract: as above; fewer than 2^63 elements.
WideInteger sum_integers(const ArrayView& view, Checkpoint& checkpoint, std::size_t threads = 1,
                         const SumRow& row = sum_row());

// left + right, exact as long as the result has 128 bits.
WideInteger joined(const WideInteger& left, const WideInteger& right);

// The nearest double.
double as_double(const WideInteger& value);

}  // namespace fastlane::kernels
