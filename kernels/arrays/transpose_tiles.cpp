// Tiles of kernels/arrays/transpose.hpp. A square of items is transposed in registers by
// interleaving its first half with its second half, item by item, until every item has arrived.
#include <immintrin.h>

#include <array>
#include <cstdint>

#include "kernels/arrays/transpose.hpp"
#include "kernels/streaming.hpp"

namespace fastlane::kernels {
namespace {

template <std::size_t kItem>
[[gnu::always_inline]] inline __m128i interleaved_low(__m128i left, __m128i right) {
  if constexpr (kItem == 1) return _mm_unpacklo_epi8(left, right);
  if constexpr (kItem == 2) return _mm_unpacklo_epi16(left, right);
  if constexpr (kItem == 4) return _mm_unpacklo_epi32(left, right);
  return _mm_unpacklo_epi64(left, right);
}

template <std::size_t kItem>
[[gnu::always_inline]] inline __m128i interleaved_high(__m128i left, __m128i right) {
  if constexpr (kItem == 1) return _mm_unpackhi_epi8(left, right);
  if constexpr (kItem == 2) return _mm_unpackhi_epi16(left, right);
  if constexpr (kItem == 4) return _mm_unpackhi_epi32(left, right);
  return _mm_unpackhi_epi64(left, right);
}

// Four squares below each other, each 16 bytes wide, become whole lines of the target.
template <std::size_t kItem, bool kStreams>
void tile_baseline(std::byte* target, std::ptrdiff_t target_stride, const std::byte* source,
                   std::ptrdiff_t source_stride) {
  constexpr std::size_t kSide = 16 / kItem;
  alignas(kCacheLine) __m128i lines[kSide][4];
  for (std::size_t square = 0; square < 4; ++square) {
    __m128i items[kSide];
    for (std::size_t i = 0; i < kSide; ++i) {
      items[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(source));
      source += source_stride;
    }
    for (std::size_t round = 1; round < kSide; round *= 2) {
      __m128i mixed[kSide];
      for (std::size_t i = 0; i < kSide / 2; ++i) {
        mixed[2 * i] = interleaved_low<kItem>(items[i], items[i + kSide / 2]);
        mixed[2 * i + 1] = interleaved_high<kItem>(items[i], items[i + kSide / 2]);
      }
      for (std::size_t i = 0; i < kSide; ++i) items[i] = mixed[i];
    }
    for (std::size_t i = 0; i < kSide; ++i) lines[i][square] = items[i];
  }
  for (std::size_t i = 0; i < kSide; ++i) {
    if constexpr (kStreams) {
      stream_lines_baseline(target, lines[i], 1);
    } else {
      for (std::size_t part = 0; part < 4; ++part) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(target) + part, lines[i][part]);
      }
    }
    target += target_stride;
  }
}

// Eight rows, four columns of 8-byte items.
template <bool kStreams>
[[gnu::target("avx2,fma,bmi2")]] void tile8_avx2(std::byte* target, std::ptrdiff_t target_stride,
                                                 const std::byte* source,
                                                 std::ptrdiff_t source_stride) {
  __m256d columns[2][4];
  for (std::size_t half = 0; half < 2; ++half) {
    __m256d rows[4];
    for (std::size_t i = 0; i < 4; ++i) {
      rows[i] = _mm256_loadu_pd(reinterpret_cast<const double*>(source));
      source += source_stride;
    }
    const __m256d low01 = _mm256_unpacklo_pd(rows[0], rows[1]);
    const __m256d high01 = _mm256_unpackhi_pd(rows[0], rows[1]);
    const __m256d low23 = _mm256_unpacklo_pd(rows[2], rows[3]);
    const __m256d high23 = _mm256_unpackhi_pd(rows[2], rows[3]);
    columns[half][0] = _mm256_permute2f128_pd(low01, low23, 0x20);
    columns[half][1] = _mm256_permute2f128_pd(high01, high23, 0x20);
    columns[half][2] = _mm256_permute2f128_pd(low01, low23, 0x31);
    columns[half][3] = _mm256_permute2f128_pd(high01, high23, 0x31);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    auto* line = reinterpret_cast<double*>(target);
    if constexpr (kStreams) {
      _mm256_stream_pd(line, columns[0][i]);
      _mm256_stream_pd(line + 4, columns[1][i]);
    } else {
      _mm256_storeu_pd(line, columns[0][i]);
      _mm256_storeu_pd(line + 4, columns[1][i]);
    }
    target += target_stride;
  }
}

// Eight rows, eight columns of 8-byte items.
template <bool kStreams>
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] void tile8_avx512(
    std::byte* target, std::ptrdiff_t target_stride, const std::byte* source,
    std::ptrdiff_t source_stride) {
  constexpr __mmask8 kAll = 0xff;
  __m512d pairs[8];
  for (std::size_t i = 0; i < 8; i += 2) {
    const __m512d upper = _mm512_loadu_pd(reinterpret_cast<const double*>(source));
    const __m512d lower = _mm512_loadu_pd(reinterpret_cast<const double*>(source + source_stride));
    pairs[i] = _mm512_maskz_unpacklo_pd(kAll, upper, lower);
    pairs[i + 1] = _mm512_maskz_unpackhi_pd(kAll, upper, lower);
    source += 2 * source_stride;
  }
  __m512d quads[8];  // column k and column k + 4 of four rows
  for (std::size_t half = 0; half < 8; half += 4) {
    quads[half] = _mm512_maskz_shuffle_f64x2(kAll, pairs[half], pairs[half + 2], 0x88);
    quads[half + 1] = _mm512_maskz_shuffle_f64x2(kAll, pairs[half + 1], pairs[half + 3], 0x88);
    quads[half + 2] = _mm512_maskz_shuffle_f64x2(kAll, pairs[half], pairs[half + 2], 0xdd);
    quads[half + 3] = _mm512_maskz_shuffle_f64x2(kAll, pairs[half + 1], pairs[half + 3], 0xdd);
  }
  for (std::size_t k = 0; k < 4; ++k) {
    const __m512d near = _mm512_maskz_shuffle_f64x2(kAll, quads[k], quads[k + 4], 0x88);
    const __m512d far = _mm512_maskz_shuffle_f64x2(kAll, quads[k], quads[k + 4], 0xdd);
    auto* near_line = reinterpret_cast<double*>(target);
    auto* far_line = reinterpret_cast<double*>(target + 4 * target_stride);
    if constexpr (kStreams) {
      _mm512_stream_pd(near_line, near);
      _mm512_stream_pd(far_line, far);
    } else {
      _mm512_storeu_pd(near_line, near);
      _mm512_storeu_pd(far_line, far);
    }
    target += target_stride;
  }
}

template <std::size_t kItem>
constexpr TransposeTiles kBaseline = {16 / kItem, tile_baseline<kItem, false>,
                                      tile_baseline<kItem, true>};

constexpr std::array<TransposeRow, 3> kRows = {{
    {cpu::Level::avx512,
     kBaseline<1>,
     kBaseline<2>,
     kBaseline<4>,
     {8, tile8_avx512<false>, tile8_avx512<true>}},
    {cpu::Level::avx2,
     kBaseline<1>,
     kBaseline<2>,
     kBaseline<4>,
     {4, tile8_avx2<false>, tile8_avx2<true>}},
    {cpu::Level::baseline, kBaseline<1>, kBaseline<2>, kBaseline<4>, kBaseline<8>},
}};

}  // namespace

std::span<const TransposeRow> transpose_rows() { return kRows; }

}  // namespace fastlane::kernels
