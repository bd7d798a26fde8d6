// What the elementary functions of this folder share. Each function is a struct with
//   ordinary(x)  whether `of` holds its promise of accuracy for x,
//   of(x)        branch-free and without tables, so that a loop over it becomes vector code,
//   exact(x)     the C library's function, for every other x and for CPUs without fused
//   multiplication.
// They are to be inlined into functions that name an instruction set with FMA.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace fastlane::kernels::expression {

// Adding this to |x| < 2^51 leaves the nearest integer in the low bits of the sum.
inline constexpr double kRoundingShift = 0x1.8p52;
inline constexpr std::uint64_t kSignBit = std::uint64_t{1} << 63;

[[gnu::always_inline]] inline double fused(double a, double b, double c) {
  return __builtin_fma(a, b, c);
}

[[gnu::always_inline]] inline std::uint64_t bits_of(double x) {
  return std::bit_cast<std::uint64_t>(x);
}

[[gnu::always_inline]] inline double from_bits(std::uint64_t bits) {
  return std::bit_cast<double>(bits);
}

[[gnu::always_inline]] inline double magnitude(double x) {
  return from_bits(bits_of(x) & ~kSignBit);
}

[[gnu::always_inline]] inline double with_sign_of(double x, double sign) {
  return from_bits((bits_of(x) & ~kSignBit) | (bits_of(sign) & kSignBit));
}

template <std::size_t kCount, std::size_t... kIndex>
[[gnu::always_inline]] inline double horner(double x, const double (&c)[kCount],
                                            std::index_sequence<kIndex...>) {
  double value = c[kCount - 1];
  ((value = fused(value, x, c[kCount - 2 - kIndex])), ...);
  return value;
}

// c[0] + c[1] x + c[2] x^2 + ... Unrolled by hand: a loop here would keep the loop around it
// scalar.
template <std::size_t kCount>
[[gnu::always_inline]] inline double polynomial(double x, const double (&c)[kCount]) {
  return horner(x, c, std::make_index_sequence<kCount - 1>{});
}

// (above + above_rest) / (below + below_rest), where the rests are roundings of the leading parts.
[[gnu::always_inline]] inline double quotient(double above, double above_rest, double below,
                                              double below_rest) {
  const double inverse = 1.0 / below;
  const double lead = above * inverse;
  const double left = fused(-lead, below, above) + fused(-lead, below_rest, above_rest);
  return fused(left, inverse, lead);
}

// 2^n for the n that a sum with kRoundingShift holds; -1022 <= n <= 1023.
[[gnu::always_inline]] inline double power_of_two(double shifted) {
  return from_bits((bits_of(shifted) << 52) + (std::uint64_t{1023} << 52));
}

}  // namespace fastlane::kernels::expression
