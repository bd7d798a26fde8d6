// Folding as in Intel's "Fast CRC Computation Using PCLMULQDQ": a block of 128 bits is moved D bits
// further by two multiplications with x^(D+32) and x^(D-32) modulo the polynomial.
#include "kernels/bytes/crc32_fold.hpp"

#include <immintrin.h>
#include <isa-l/crc.h>

#include "kernels/cpu.hpp"

namespace fastlane::kernels {
namespace {

// x^n modulo the CRC's polynomial, in the reflected form that the multiplication wants.
constexpr std::int64_t power_of_x(unsigned n) {
  std::uint32_t remainder = 0x80000000u;
  for (unsigned i = 0; i < n; ++i) {
    remainder = (remainder >> 1) ^ ((remainder & 1) != 0 ? 0xEDB88320u : 0);
  }
  return static_cast<std::int64_t>(remainder) << 1;
}
template <unsigned kPower>
inline constexpr std::int64_t kPowerOfX = power_of_x(kPower);
static_assert(kPowerOfX<128 + 32> == 0x1751997d0 && kPowerOfX<128 - 32> == 0x0ccaa009e);

// Beyond the first-level cache the loop waits for memory; a line asked for this early has arrived.
constexpr std::size_t kPrefetchDistance = 4096;
constexpr std::size_t kWorthPrefetching = std::size_t{16} << 10;

[[gnu::always_inline,
  gnu::target("avx512f,avx512bw,avx512vl,avx512dq,vpclmulqdq,pclmul")]] inline __m512i
fold(__m512i block, __m512i powers, __m512i next) noexcept {
  constexpr int kXorOfThree = 0x96;
  return _mm512_ternarylogic_epi64(_mm512_clmulepi64_epi128(block, powers, 0x00),
                                   _mm512_clmulepi64_epi128(block, powers, 0x11), next,
                                   kXorOfThree);
}

template <unsigned kBits>
[[gnu::always_inline,
  gnu::target("avx512f,avx512bw,avx512vl,avx512dq,vpclmulqdq,pclmul")]] inline __m512i
powers_for() noexcept {
  constexpr long long low = kPowerOfX<kBits + 32>;
  constexpr long long high = kPowerOfX<kBits - 32>;
  return _mm512_set_epi64(high, low, high, low, high, low, high, low);
}

// 128 bits to 32, after Barrett: the quotient by multiplication with its inverse.
[[gnu::always_inline,
  gnu::target("avx512f,avx512bw,avx512vl,avx512dq,vpclmulqdq,pclmul")]] inline std::uint32_t
reduce(__m128i block) noexcept {
  constexpr long long kPolynomial = 0x1DB710641;
  constexpr long long kInverse = 0x1F7011641;
  const __m128i low_32 = _mm_set_epi32(0, 0, 0, -1);
  const __m128i by_64 = _mm_set_epi64x(kPowerOfX<64>, kPowerOfX<96>);
  const __m128i barrett = _mm_set_epi64x(kInverse, kPolynomial);
  block = _mm_xor_si128(_mm_srli_si128(block, 8), _mm_clmulepi64_si128(block, by_64, 0x00));
  block = _mm_xor_si128(_mm_srli_si128(block, 4),
                        _mm_clmulepi64_si128(_mm_and_si128(block, low_32), by_64, 0x10));
  __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(block, low_32), barrett, 0x10);
  quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low_32), barrett, 0x00);
  return ~static_cast<std::uint32_t>(_mm_extract_epi32(_mm_xor_si128(block, quotient), 1));
}

}  // namespace

bool can_fold_crc32() noexcept {
  static const bool can =
      cpu::level() == cpu::Level::avx512 && __builtin_cpu_supports("vpclmulqdq") != 0;
  return can;
}

[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,vpclmulqdq,pclmul,bmi2")]] std::uint32_t
crc32_by_folding(std::uint32_t value, const std::byte* data, std::size_t size) noexcept {
  const __m512i start = _mm512_zextsi128_si512(_mm_cvtsi32_si128(static_cast<int>(~value)));
  __m512i a = _mm512_xor_si512(_mm512_loadu_si512(data), start);
  __m512i b = _mm512_loadu_si512(data + 64);
  __m512i c = _mm512_loadu_si512(data + 128);
  __m512i d = _mm512_loadu_si512(data + 192);
  const __m512i by_2048 = powers_for<2048>();
  const std::byte* const end = data + size;
  data += 256;
  if (size >= kWorthPrefetching) {
    for (; end - data >= 256; data += 256) {
      _mm_prefetch(data + kPrefetchDistance, _MM_HINT_T0);
      _mm_prefetch(data + kPrefetchDistance + 64, _MM_HINT_T0);
      _mm_prefetch(data + kPrefetchDistance + 128, _MM_HINT_T0);
      _mm_prefetch(data + kPrefetchDistance + 192, _MM_HINT_T0);
      a = fold(a, by_2048, _mm512_loadu_si512(data));
      b = fold(b, by_2048, _mm512_loadu_si512(data + 64));
      c = fold(c, by_2048, _mm512_loadu_si512(data + 128));
      d = fold(d, by_2048, _mm512_loadu_si512(data + 192));
    }
  } else {
    for (; end - data >= 256; data += 256) {
      a = fold(a, by_2048, _mm512_loadu_si512(data));
      b = fold(b, by_2048, _mm512_loadu_si512(data + 64));
      c = fold(c, by_2048, _mm512_loadu_si512(data + 128));
      d = fold(d, by_2048, _mm512_loadu_si512(data + 192));
    }
  }
  const __m512i by_512 = powers_for<512>();
  a = fold(a, powers_for<1536>(), d);
  b = fold(b, powers_for<1024>(), _mm512_setzero_si512());
  a = _mm512_xor_si512(a, fold(c, by_512, b));
  for (; end - data >= 64; data += 64) a = fold(a, by_512, _mm512_loadu_si512(data));

  // The four lanes of what is left are 384, 256, 128 and 0 bits away from the last.
  const __m512i lane_powers =
      _mm512_set_epi64(0, 0, kPowerOfX<128 - 32>, kPowerOfX<128 + 32>, kPowerOfX<256 - 32>,
                       kPowerOfX<256 + 32>, kPowerOfX<384 - 32>, kPowerOfX<384 + 32>);
  const __m512i lanes = fold(a, lane_powers, _mm512_maskz_mov_epi64(0xC0, a));
  const __m256i halves = _mm256_xor_si256(__builtin_shufflevector(lanes, lanes, 0, 1, 2, 3),
                                          __builtin_shufflevector(lanes, lanes, 4, 5, 6, 7));
  const __m128i last =
      _mm_xor_si128(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1));
  const auto tail = static_cast<std::size_t>(end - data);
  if (tail == 0) return reduce(last);
  // ISA-L takes what is left: the last block has the CRC of all that was folded into it, if it is
  // continued from the value that stands for an empty register.
  constexpr std::uint32_t kEmptyRegister = 0xFFFFFFFFu;
  alignas(64) unsigned char rest[16 + 64];
  _mm_store_si128(reinterpret_cast<__m128i*>(rest), last);
  const __mmask64 tail_mask = _bzhi_u64(~0ull, static_cast<unsigned>(tail));
  _mm512_storeu_si512(rest + 16, _mm512_maskz_loadu_epi8(tail_mask, data));
  return crc32_gzip_refl(kEmptyRegister, rest, 16 + tail);
}

}  // namespace fastlane::kernels
