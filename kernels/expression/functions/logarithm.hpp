// Logarithms of float64: log, log2, log10 and log1p.
#pragma once

#include <cmath>

#include "kernels/expression/functions/common.hpp"

namespace fastlane::kernels::expression {

inline constexpr double kSmallestNormal = 0x1p-1022;
inline constexpr double kLargest = 0x1.fffffffffffffp+1023;

// log(x) = exponent * log(2) + lead + rest, with sqrt(1/2) <= x / 2^exponent < sqrt(2).
struct SplitLogarithm {
  double exponent;
  double lead;
  double rest;
};

// `addend` is added to x beyond its last bit. Contract: x is a positive normal number.
[[gnu::always_inline]] inline SplitLogarithm split_logarithm(double x, double addend) {
  constexpr double kCoefficients[] = {
      0x1.5555555555592p-1, 0x1.999999997fdb2p-2, 0x1.24924941f1647p-2, 0x1.c71c52092e8a8p-3,
      0x1.74663ef182505p-3, 0x1.39a1b9d0cc22fp-3, 0x1.2f056ca562fa0p-3};
  constexpr std::uint64_t kRootOfHalf = 0x3fe6a09e667f3bcd;
  constexpr std::uint64_t kOffset = std::uint64_t{1024} << 52;
  // The exponent plus 1024 in the high bits; adding the offset keeps it positive.
  const std::uint64_t biased = (bits_of(x) - kRootOfHalf + kOffset) >> 52;
  const double mantissa = from_bits(bits_of(x) - (biased << 52) + kOffset);
  const double exponent = from_bits(0x4330000000000000 | biased) - (0x1p52 + 1024.0);
  const double f = mantissa - 1.0;  // exact
  const double s = f / (2.0 + f);
  const double z = s * s;
  const double half_square = 0.5 * f * f;
  const double curve = s * fused(z, polynomial(z, kCoefficients), half_square);
  const double lead = f - half_square;
  const double lost = (f - lead) - half_square;
  return {exponent, lead, lost + (curve + addend / x)};
}

struct Logarithm {
  [[gnu::always_inline]] static bool ordinary(double x) {
    return x >= kSmallestNormal && x <= kLargest;
  }
  static double exact(double x) { return std::log(x); }

  [[gnu::always_inline]] static double joined(const SplitLogarithm& l) {
    const double whole = l.exponent * 0x1.62e42fefa38p-1;  // exact: few bits in both
    const double sum = whole + l.lead;
    const double lost = (whole - sum) + l.lead;
    return sum + (lost + fused(l.exponent, 0x1.ef35793c7673p-45, l.rest));
  }

  [[gnu::always_inline]] static double of(double x) { return joined(split_logarithm(x, 0.0)); }
};

struct LogarithmOfOnePlus {
  // Beside -1 the sum loses bits that its exponent would have to give back.
  [[gnu::always_inline]] static bool ordinary(double x) { return x > -0.999 && x < 0x1p60; }
  static double exact(double x) { return std::log1p(x); }

  [[gnu::always_inline]] static double of(double x) {
    const double sum = 1.0 + x;
    const double lost = x < 1.0 ? x - (sum - 1.0) : 1.0 - (sum - x);
    const double value = Logarithm::joined(split_logarithm(sum, lost));
    return magnitude(x) < 0x1p-54 ? x : value;
  }
};

// The logarithm in another base: factor is 1 / log(base), and 2 is base^of_two.
[[gnu::always_inline]] inline double logarithm_in_base(double x, double factor, double factor_rest,
                                                       double of_two, double of_two_rest) {
  const SplitLogarithm l = split_logarithm(x, 0.0);
  const double lead = l.lead * factor;
  const double lead_rest =
      fused(l.lead, factor, -lead) + fused(l.rest, factor, l.lead * factor_rest);
  const double whole = l.exponent * of_two;
  const double whole_rest = fused(l.exponent, of_two, -whole) + l.exponent * of_two_rest;
  const double sum = whole + lead;
  // Which part is larger is not known: both losses are taken.
  const double shown = sum - whole;
  const double lost = (whole - (sum - shown)) + (lead - shown);
  return sum + (lost + (lead_rest + whole_rest));
}

struct Logarithm2 {
  [[gnu::always_inline]] static bool ordinary(double x) { return Logarithm::ordinary(x); }
  static double exact(double x) { return std::log2(x); }
  [[gnu::always_inline]] static double of(double x) {
    return logarithm_in_base(x, 0x1.71547652b82fep+0, 0x1.777d0ffda0d24p-56, 1.0, 0.0);
  }
};

struct Logarithm10 {
  [[gnu::always_inline]] static bool ordinary(double x) { return Logarithm::ordinary(x); }
  static double exact(double x) { return std::log10(x); }
  [[gnu::always_inline]] static double of(double x) {
    return logarithm_in_base(x, 0x1.bcb7b1526e50ep-2, 0x1.95355baaafad3p-57, 0x1.34413509f79ffp-2,
                             -0x1.9dc1da994fd21p-59);
  }
};

}  // namespace fastlane::kernels::expression
