// Inverse trigonometric functions and the hypotenuse of float64.
#pragma once

#include <cmath>

#include "kernels/expression/functions/common.hpp"

namespace fastlane::kernels::expression {

inline constexpr double kHalfPi = 0x1.921fb54442d18p+0;
inline constexpr double kHalfPiRest = 0x1.1a62633145c07p-54;

struct ArcTangent {
  [[gnu::always_inline]] static bool ordinary(double) { return true; }
  static double exact(double x) { return std::atan(x); }

  // The argument is turned back by a quarter or an eighth of a circle until it is below tan(pi /
  // 8).
  [[gnu::always_inline]] static double of(double x) {
    constexpr double kOdd[] = {-0x1.555555555553dp-2, 0x1.99999999958fap-3,  -0x1.24924922b1855p-3,
                               0x1.c71c70e7cb933p-4,  -0x1.745cf90fecc78p-4, 0x1.3b111cbd1f7eep-4,
                               -0x1.10ebe1a9eb46ep-4, 0x1.df11a3d5d6144p-5,  -0x1.9cdd3ccff17c2p-5,
                               0x1.37f010c294cabp-5,  -0x1.25a390918156ep-6};
    const double positive = magnitude(x);
    const bool quarter = positive > 0x1.3504f333f9de6p+1;  // tan(3 pi / 8)
    const bool eighth = positive > 0x1.a827999fcef32p-2;   // tan(pi / 8)
    const double above = quarter ? -1.0 : (eighth ? positive - 1.0 : positive);
    const double below = quarter ? positive : (eighth ? positive + 1.0 : 1.0);
    const double base = quarter ? kHalfPi : (eighth ? 0.5 * kHalfPi : 0.0);
    const double base_rest = quarter ? kHalfPiRest : (eighth ? 0.5 * kHalfPiRest : 0.0);
    const double t = above / below;
    const double square = t * t;
    const double curve = fused(t * square, polynomial(square, kOdd), base_rest);
    return with_sign_of(base + (t + curve), x);
  }
};

// asin(t) - t for 0 <= t <= 1/2.
[[gnu::always_inline]] inline double arc_sine_curve(double t, double square) {
  constexpr double kOdd[] = {0x1.5555555555387p-3, 0x1.333333336f8a2p-4,  0x1.6db6db41d35e3p-5,
                             0x1.f1c72c6d5ca32p-6, 0x1.6e89ef7a279f2p-6,  0x1.1c6c27a8f5e22p-6,
                             0x1.c6f88058fe7fap-7, 0x1.8ee4909894296p-7,  0x1.aab48aaa633cep-8,
                             0x1.40b137846f3dep-6, -0x1.0af3b44af3638p-6, 0x1.05cdf0c2f9535p-5};
  return t * square * polynomial(square, kOdd);
}

// Beyond one half both use asin(x) = pi / 2 - 2 asin(sqrt((1 - x) / 2)).
struct ArcHalf {
  double root;       // of (1 - |x|) / 2
  double root_rest;  // what its rounding took away
  double curve;
};

[[gnu::always_inline]] inline ArcHalf arc_half(double positive) {
  const double square = 0.5 - 0.5 * positive;  // exact
  const double root = __builtin_sqrt(square);
  const double rest = fused(-root, root, square) / (root + root);
  return {root, root > 0 ? rest : 0.0, arc_sine_curve(root, square)};
}

struct ArcSine {
  [[gnu::always_inline]] static bool ordinary(double x) { return magnitude(x) <= 1.0; }
  static double exact(double x) { return std::asin(x); }

  [[gnu::always_inline]] static double of(double x) {
    const double positive = magnitude(x);
    const double near = positive + arc_sine_curve(positive, positive * positive);
    const ArcHalf half = arc_half(positive);
    const double far =
        kHalfPi - 2.0 * half.root - (2.0 * (half.curve + half.root_rest) - kHalfPiRest);
    return with_sign_of(positive <= 0.5 ? near : far, x);
  }
};

struct ArcCosine {
  [[gnu::always_inline]] static bool ordinary(double x) { return magnitude(x) <= 1.0; }
  static double exact(double x) { return std::acos(x); }

  [[gnu::always_inline]] static double of(double x) {
    const double positive = magnitude(x);
    const double curve = arc_sine_curve(positive, positive * positive);
    const double near = kHalfPi - (x + (with_sign_of(curve, x) - kHalfPiRest));
    const ArcHalf half = arc_half(positive);
    const double turned = 2.0 * (half.root + (half.curve + half.root_rest));
    const double far = x < 0 ? 2.0 * kHalfPi - (turned - 2.0 * kHalfPiRest) : turned;
    return positive <= 0.5 ? near : far;
  }
};

// sqrt(x^2 + y^2) where the squares neither overflow nor lose bits.
struct Hypotenuse {
  [[gnu::always_inline]] static bool ordinary(double x, double y) {
    const double a = magnitude(x);
    const double b = magnitude(y);
    const double larger = a > b ? a : b;
    return a == a && b == b && larger < 0x1p500 && larger > 0x1p-450;
  }
  static double exact(double x, double y) { return std::hypot(x, y); }

  [[gnu::always_inline]] static double of(double x, double y) {
    const double a = magnitude(x);
    const double b = magnitude(y);
    const double larger = a > b ? a : b;
    const double smaller = a > b ? b : a;
    const double square = smaller * smaller;
    const double sum = fused(larger, larger, square);
    const double root = __builtin_sqrt(sum);
    // One step of Newton's method with the squares taken exactly.
    const double lost =
        fused(larger, larger, fused(-root, root, square)) + fused(smaller, smaller, -square);
    return root + lost / (root + root);
  }
};

}  // namespace fastlane::kernels::expression
