// Rows in groups as waves where their filters need one another, and one by one elsewhere.
#include "kernels/image/unfilter.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "kernels/cpu.hpp"
#include "kernels/image/unfilter_wave.hpp"

namespace fastlane::kernels::image {
namespace {

enum Filter : unsigned { kNone, kSub, kUp, kAverage, kPaeth, kFilters };

// Rows that are narrower are done one by one: their groups would be all beginning and end.
constexpr std::size_t kWorthAWave = 64;

unsigned filter_of(const FilteredRows& rows, std::size_t row) {
  return std::to_integer<unsigned>(rows.data[row * (rows.row_bytes + 1)]);
}

// ---- One row ------------------------------------------------------------------------------------

std::uint8_t paeth(int left, int up, int corner) {
  const int left_gap = std::abs(up - corner);
  const int up_gap = std::abs(left - corner);
  const int corner_gap = std::abs(left + up - 2 * corner);
  if (left_gap <= up_gap && left_gap <= corner_gap) return static_cast<std::uint8_t>(left);
  return static_cast<std::uint8_t>(up_gap <= corner_gap ? up : corner);
}

void add_rows(const std::uint8_t* row, const std::uint8_t* above, std::uint8_t* out,
              std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::uint8_t>(row[i] + above[i]);
}

// Filters that look to the left, with what they say about the byte at hand.
template <std::size_t kDistance, class Predict>
void undo(const std::uint8_t* row, const std::uint8_t* above, std::uint8_t* out, std::size_t count,
          Predict predict) {
  const std::size_t first = std::min(count, kDistance);
  for (std::size_t i = 0; i < first; ++i) {
    out[i] = static_cast<std::uint8_t>(row[i] + predict(0, above[i], 0));
  }
  for (std::size_t i = kDistance; i < count; ++i) {
    out[i] = static_cast<std::uint8_t>(row[i] +
                                       predict(out[i - kDistance], above[i], above[i - kDistance]));
  }
}

template <std::size_t kDistance>
void undo_row(unsigned filter, const std::byte* filtered, const std::byte* upper, std::byte* place,
              std::size_t count) {
  const auto* row = reinterpret_cast<const std::uint8_t*>(filtered);
  const auto* above = reinterpret_cast<const std::uint8_t*>(upper);
  auto* out = reinterpret_cast<std::uint8_t*>(place);
  switch (filter) {
    case kSub:
      return undo<kDistance>(row, above, out, count, [](int left, int, int) { return left; });
    case kUp:
      return add_rows(row, above, out, count);
    case kAverage:
      return undo<kDistance>(row, above, out, count,
                             [](int left, int up, int) { return (left + up) >> 1; });
    case kPaeth:
      return undo<kDistance>(row, above, out, count, paeth);
    default:
      std::memcpy(out, row, count);
  }
}

using UndoRow = void (*)(unsigned, const std::byte*, const std::byte*, std::byte*, std::size_t);
constexpr std::array<UndoRow, 9> kUndoRow = {nullptr,     undo_row<1>, undo_row<2>,
                                             undo_row<3>, undo_row<4>, nullptr,
                                             undo_row<6>, nullptr,     undo_row<8>};

// ---- Rows of sums -------------------------------------------------------------------------------

using UndoSub = void (*)(const std::byte* row, std::byte* out, std::size_t count);

// Each pixel is the sum of all filtered ones up to it: sums within sixteen bytes, each time of
// twice as many pixels, and on top of them the last pixel of the sixteen bytes before.
template <int kDistance>
[[gnu::target("avx2,fma,bmi2")]] void undo_sub(const std::byte* row, std::byte* out,
                                               std::size_t count) {
  constexpr int kWhole = 16 / kDistance * kDistance;
  alignas(16) std::array<std::uint8_t, 16> of_last{};
  for (int i = 0; i < 16; ++i) {
    of_last[static_cast<std::size_t>(i)] =
        static_cast<std::uint8_t>(kWhole - kDistance + i % kDistance);
  }
  const __m128i shuffle = _mm_load_si128(reinterpret_cast<const __m128i*>(of_last.data()));
  __m128i last = _mm_setzero_si128();
  std::size_t at = 0;
  for (; at + 16 <= count; at += kWhole) {
    __m128i sum = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + at));
    sum = _mm_add_epi8(sum, _mm_slli_si128(sum, kDistance));
    if constexpr (2 * kDistance < kWhole)
      sum = _mm_add_epi8(sum, _mm_slli_si128(sum, 2 * kDistance));
    if constexpr (4 * kDistance < kWhole)
      sum = _mm_add_epi8(sum, _mm_slli_si128(sum, 4 * kDistance));
    if constexpr (8 * kDistance < kWhole)
      sum = _mm_add_epi8(sum, _mm_slli_si128(sum, 8 * kDistance));
    sum = _mm_add_epi8(sum, last);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + at), sum);
    last = _mm_shuffle_epi8(sum, shuffle);
  }
  for (; at < count; ++at) {
    const unsigned left = at < kDistance ? 0 : std::to_integer<unsigned>(out[at - kDistance]);
    out[at] = static_cast<std::byte>(std::to_integer<unsigned>(row[at]) + left);
  }
}

using SubRows = std::array<UndoSub, 9>;  // by distance
constexpr SubRows kNoSums{};
constexpr SubRows kSums = {nullptr, undo_sub<1>, undo_sub<2>, undo_sub<3>, undo_sub<4>,
                           nullptr, undo_sub<6>, nullptr,     undo_sub<8>};

// ---- Groups of rows -----------------------------------------------------------------------------

using Group = void (*)(const std::byte* filtered, std::size_t row_bytes, const std::byte* above,
                       std::byte* out, std::ptrdiff_t out_stride);

template <std::size_t kPixel>
void group_baseline(const std::byte* filtered, std::size_t row_bytes, const std::byte* above,
                    std::byte* out, std::ptrdiff_t out_stride) {
  Wave<4, kPixel>(filtered, row_bytes, above, out, out_stride).run();
}
template <std::size_t kPixel>
[[gnu::target("avx2,fma,bmi2")]] void group_avx2(const std::byte* filtered, std::size_t row_bytes,
                                                 const std::byte* above, std::byte* out,
                                                 std::ptrdiff_t out_stride) {
  Wave<8, kPixel>(filtered, row_bytes, above, out, out_stride).run();
}
template <std::size_t kPixel>
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] void group_avx512(
    const std::byte* filtered, std::size_t row_bytes, const std::byte* above, std::byte* out,
    std::ptrdiff_t out_stride) {
  Wave<16, kPixel>(filtered, row_bytes, above, out, out_stride).run();
}

struct Row {
  cpu::Level level;
  std::size_t rows;
  std::array<Group, 5> group;  // by the bytes of a pixel
  const SubRows& undo_sub;     // none where bytes cannot be shuffled
};

constexpr std::array<Row, 3> kRows = {{
    {cpu::Level::avx512,
     16,
     {nullptr, group_avx512<1>, group_avx512<2>, group_avx512<3>, group_avx512<4>},
     kSums},
    {cpu::Level::avx2,
     8,
     {nullptr, group_avx2<1>, group_avx2<2>, group_avx2<3>, group_avx2<4>},
     kSums},
    {cpu::Level::baseline,
     4,
     {nullptr, group_baseline<1>, group_baseline<2>, group_baseline<3>, group_baseline<4>},
     kNoSums},
}};

const Row& row_in_use() {
  static const Row& row = cpu::choose(std::span<const Row>(kRows));
  return row;
}

// Rows that only need themselves or the finished row above go through at the speed of memory.
bool is_worth_a_wave(const Row& cpu_row, const FilteredRows& rows, std::size_t first) {
  if (first + cpu_row.rows > rows.count) return false;
  for (std::size_t row = first; row < first + cpu_row.rows; ++row) {
    const unsigned filter = filter_of(rows, row);
    if (filter == kAverage || filter == kPaeth) return true;
    if (filter == kSub && cpu_row.undo_sub[rows.distance] == nullptr) return true;
  }
  return false;
}

}  // namespace

std::size_t rows_at_once() { return row_in_use().rows; }

std::size_t unfilter(const FilteredRows& rows, const std::byte* above, std::byte* out,
                     std::ptrdiff_t out_stride) {
  for (std::size_t row = 0; row < rows.count; ++row) {
    if (filter_of(rows, row) >= kFilters) return row;
  }
  const Row& cpu_row = row_in_use();
  const UndoSub undo_sub = cpu_row.undo_sub[rows.distance];
  const bool is_wide = rows.distance <= 4 && rows.row_bytes >= kWorthAWave * rows.distance;
  for (std::size_t row = 0; row < rows.count;) {
    const std::byte* filtered = rows.data + row * (rows.row_bytes + 1);
    if (is_wide && is_worth_a_wave(cpu_row, rows, row)) {
      cpu_row.group[rows.distance](filtered, rows.row_bytes, above, out, out_stride);
      row += cpu_row.rows;
      out += static_cast<std::ptrdiff_t>(cpu_row.rows) * out_stride;
      above = out - out_stride;
      continue;
    }
    const unsigned filter = filter_of(rows, row);
    if (filter == kSub && undo_sub != nullptr) {
      undo_sub(filtered + 1, out, rows.row_bytes);
    } else {
      kUndoRow[rows.distance](filter, filtered + 1, above, out, rows.row_bytes);
    }
    ++row;
    above = out;
    out += out_stride;
  }
  return kAllRows;
}

}  // namespace fastlane::kernels::image
