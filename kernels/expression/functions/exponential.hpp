// Exponential functions of float64: exp, expm1 and tanh, which is made of expm1.
#pragma once

#include <cmath>

#include "kernels/expression/functions/common.hpp"

namespace fastlane::kernels::expression {

// e^x = 2^n * (1 + rest + curve).
struct SplitExponential {
  double shifted;  // n + kRoundingShift
  double rest;
  double curve;
};

[[gnu::always_inline]] inline SplitExponential split_exponential(double x) {
  constexpr double kCoefficients[] = {
      0x1.000000000000bp-1,  0x1.5555555555561p-3,  0x1.5555555550045p-5,  0x1.111111110d606p-7,
      0x1.6c16c185a2c3ap-10, 0x1.a01a01baf1ae3p-13, 0x1.a01996a02f10cp-16, 0x1.71dddfae4ef52p-19,
      0x1.28b03d7e1e66ep-22, 0x1.af85af100a2e1p-26};
  const double shifted = fused(x, 0x1.71547652b82fep+0, kRoundingShift);
  const double n = shifted - kRoundingShift;
  const double coarse = fused(-n, 0x1.62e42fefa39efp-1, x);  // exact
  const double rest = fused(-n, 0x1.abc9e3b39803fp-56, coarse);
  const double lost = fused(-n, 0x1.abc9e3b39803fp-56, coarse - rest);
  return {shifted, rest, fused(rest * rest, polynomial(rest, kCoefficients), lost)};
}

struct Exponential {
  [[gnu::always_inline]] static bool ordinary(double) { return true; }
  static double exact(double x) { return std::exp(x); }

  // Overflow, underflow and subnormal results come from the two scalings at the end.
  [[gnu::always_inline]] static double of(double x) {
    const double below = x > 1000.0 ? 1000.0 : x;
    const double bounded = below < -1000.0 ? -1000.0 : below;
    const SplitExponential e = split_exponential(bounded);
    const double n = e.shifted - kRoundingShift;
    const double half = fused(n, 0.5, kRoundingShift);
    const double other = (n - (half - kRoundingShift)) + kRoundingShift;
    return (1.0 + (e.rest + e.curve)) * power_of_two(half) * power_of_two(other);
  }
};

// e^x - 1 as a leading part and what it was rounded off by. Contract: -40 <= x <= 700.
struct LessOne {
  double lead;
  double rest;
};

[[gnu::always_inline]] inline LessOne exponential_less_one(double x) {
  const SplitExponential e = split_exponential(x);
  const double scale = power_of_two(e.shifted);
  // scale * (rest + curve) + (scale - 1), the largest part first.
  const double head = scale - 1.0;
  const double head_lost = (scale - head) - 1.0;
  const double sum = fused(scale, e.rest, head);
  const double sum_lost = fused(scale, e.rest, head - sum);
  const double tail = fused(scale, e.curve, sum_lost + head_lost);
  const double lead = sum + tail;
  return {lead, (sum - lead) + tail};
}

struct ExponentialMinusOne {
  [[gnu::always_inline]] static bool ordinary(double x) { return x < 700.0; }
  static double exact(double x) { return std::expm1(x); }

  [[gnu::always_inline]] static double of(double x) {
    const double value = exponential_less_one(x < -40.0 ? -40.0 : x).lead;
    return x == 0 ? x : value;
  }
};

struct HyperbolicTangent {
  [[gnu::always_inline]] static bool ordinary(double) { return true; }
  static double exact(double x) { return std::tanh(x); }

  // (e^2x - 1) / (e^2x + 1)
  [[gnu::always_inline]] static double of(double x) {
    const double positive = magnitude(x);
    const LessOne above = exponential_less_one(2.0 * (positive > 22.0 ? 22.0 : positive));
    const double below = above.lead + 2.0;
    const double lost = (above.lead - (below - 2.0)) + above.rest;
    const double value = quotient(above.lead, above.rest, below, lost);
    return x == 0 ? x : with_sign_of(value, x);
  }
};

}  // namespace fastlane::kernels::expression
