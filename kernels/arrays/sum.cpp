// Sums of floats, and the table of CPU rows for all sums. Integers:
// kernels/arrays/sum_integers.cpp.
#include "kernels/arrays/sum.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/arrays/sum_integers.hpp"
#include "kernels/arrays/sum_rows.hpp"
#include "kernels/blocks.hpp"
#include "kernels/shares.hpp"

namespace fastlane::kernels {
namespace {

// Smaller arrays are mostly still in a cache, where asking ahead only costs.
constexpr std::size_t kFarBytes = std::size_t{4} << 20;

template <class T>
void add_blocks_baseline(FloatSum& total, const std::byte* data, std::size_t count) {
  while (count != 0) {
    const std::size_t block = std::min(count, kFloatSumBlock);
    add_float_block<T, 2>(total, data, block);
    data += block * sizeof(T);
    count -= block;
  }
}

// Written with the instructions because g++ widens floats in two halves and joins them again.
template <bool kFar>
[[gnu::always_inline, gnu::target("avx2,fma,bmi2")]] inline __m256d lanes_at(const float* place) {
  return _mm256_cvtps_pd(_mm_loadu_ps(place));
}
template <bool kFar>
[[gnu::always_inline, gnu::target("avx2,fma,bmi2")]] inline __m256d lanes_at(const double* place) {
  __m256d loaded = _mm256_loadu_pd(place);
  if constexpr (kFar) asm volatile("" : "+x"(loaded));  // not to be a part of the addition
  return loaded;
}

template <class T, bool kFar>
[[gnu::target("avx2,fma,bmi2")]] void add_blocks_avx2(FloatSum& total, const std::byte* data,
                                                      std::size_t count) {
  const T* place = reinterpret_cast<const T*>(data);
  for (; count >= kFloatSumBlock; count -= kFloatSumBlock) {
    LaneSums<4> sums;
    sums.clear();
    for (std::size_t i = 0; i < kFloatSumBlock; i += kSumLanes) {
      for (std::size_t k = 0; k < LaneSums<4>::kVectors; ++k) {
        const T* const next = place + i + 4 * k;
        if constexpr (kFar) {
          __builtin_prefetch(reinterpret_cast<const std::byte*>(next) + kFarAhead);
        }
        sums.lanes[k].v += lanes_at<kFar>(next);
      }
    }
    sums.carry_into(total);
    place += kFloatSumBlock;
  }
  if (count != 0) {
    add_float_block<T, 4>(total, reinterpret_cast<const std::byte*>(place), count);
  }
}

// Two blocks side by side: one alone has too few additions under way to keep up with the caches.
// Not for float32, which the other row's loop adds as fast.
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] void add_blocks_avx512(
    FloatSum& total, const std::byte* data, std::size_t count) {
  constexpr std::size_t kBlockBytes = kFloatSumBlock * sizeof(double);
  LaneSums<8> left;
  LaneSums<8> right;
  for (; count >= 2 * kFloatSumBlock; count -= 2 * kFloatSumBlock) {
    left.clear();
    right.clear();
    for (std::size_t byte = 0; byte < kBlockBytes; byte += kSumLanes * sizeof(double)) {
      left.add_group<double>(data + byte);
      right.add_group<double>(data + kBlockBytes + byte);
    }
    left.carry_into(total);
    right.carry_into(total);
    data += 2 * kBlockBytes;
  }
  while (count != 0) {
    const std::size_t block = std::min(count, kFloatSumBlock);
    add_float_block<double, 8>(total, data, block);
    data += block * sizeof(double);
    count -= block;
  }
}

constexpr std::array<SumRow, 3> kRows = {{
    {cpu::Level::avx512, add_blocks_avx512, add_blocks_avx2<float, false>,
     add_blocks_avx2<double, true>, add_blocks_avx2<float, true>, &kIntegerSumsAvx512},
    {cpu::Level::avx2, add_blocks_avx2<double, false>, add_blocks_avx2<float, false>,
     add_blocks_avx2<double, true>, add_blocks_avx2<float, true>, &kIntegerSumsAvx2},
    {cpu::Level::baseline, add_blocks_baseline<double>, add_blocks_baseline<float>,
     add_blocks_baseline<double>, add_blocks_baseline<float>, &kIntegerSumsBaseline},
}};

// sum and correction that together are left + right exactly.
struct Pair {
  double sum;
  double correction;
};

Pair two_sum(double left, double right) {
  const double sum = left + right;
  const double shown = sum - left;
  return {sum, (left - (sum - shown)) + (right - shown)};
}

}  // namespace

FloatSum::FloatSum() {
  std::fill(std::begin(sums), std::end(sums), -0.0);
  std::fill(std::begin(corrections), std::end(corrections), 0.0);
}

double FloatSum::value() const {
  Pair total = {sums[0], corrections[0]};
  for (std::size_t lane = 1; lane < 8; ++lane) {
    const Pair next = two_sum(total.sum, sums[lane]);
    total = {next.sum, total.correction + next.correction + corrections[lane]};
  }
  // After an infinity or an overflow the corrections are NaN and the plain sum says what happened;
  // a correction of zero is not added, so that a sum of nothing but -0.0 stays -0.0.
  if (!std::isfinite(total.correction) || total.correction == 0) return total.sum;
  return total.sum + total.correction;
}

void FloatSum::join(const FloatSum& other) {
  for (std::size_t lane = 0; lane < 8; ++lane) {
    const Pair next = two_sum(sums[lane], other.sums[lane]);
    sums[lane] = next.sum;
    corrections[lane] += other.corrections[lane] + next.correction;
  }
}

double sum_many_floats(const ArrayView& view, Checkpoint& checkpoint, std::size_t threads,
                       const SumRow& row) {
  const std::size_t size = view.size();
  if (size == 0) return 0.0;
  // The whole decides, not the share: that is what is still in a cache or not.
  const bool is_far = size * view.item_size() >= kFarBytes;
  const auto add_share = [&](FloatSum& part, const ArrayView& share, Checkpoint& mine) {
    visit<float, double>(view.dtype, [&]<class T>() {
      const AddFloats near = sizeof(T) == 8 ? row.float64 : row.float32;
      const AddFloats add = !is_far ? near : sizeof(T) == 8 ? row.far_float64 : row.far_float32;
      for_each_block<T, kFloatSumBlock>(
          share, mine, [&](const std::byte* data, std::size_t count) { add(part, data, count); });
    });
  };
  return joined_shares<FloatSum>(view, threads_for(size * view.item_size(), threads), checkpoint,
                                 add_share)
      .value();
}

double sum_many_floats(const ArrayView& view, Checkpoint& checkpoint, std::size_t threads) {
  return sum_many_floats(view, checkpoint, threads, sum_row());
}

std::span<const SumRow> sum_rows() { return kRows; }

const SumRow& sum_row() {
  static const SumRow& row = cpu::choose(sum_rows());
  return row;
}

}  // namespace fastlane::kernels
