// Sine, cosine and tangent of float64. The argument is reduced with pi in three parts, so that the
// result keeps its digits beside the zeros too; arguments too large for that are not ordinary.
#pragma once

#include <cmath>

#include "kernels/expression/functions/common.hpp"

namespace fastlane::kernels::expression {

inline constexpr double kLargestReduced = 0x1p29;

// x - n * (parts of a constant), as a leading part and what it lacks.
struct Reduced {
  double lead;
  double rest;
};

[[gnu::always_inline]] inline Reduced reduced(double x, double n, double part1, double part2,
                                              double part3) {
  const double coarse = fused(-n, part1, x);  // exact: no bit of it is below the last one of part1
  const double product = n * part2;
  const double lead = coarse - product;
  const double lost = (coarse - lead) - product;
  const double rest = fused(-n, part3, lost - fused(n, part2, -product));
  return {lead, rest};
}

// Sine and cosine of the rest after multiples of pi / 2.
struct Quadrant {
  double sine;
  double sine_rest;  // what the sine was rounded off by
  double cosine;
  double cosine_rest;
  std::uint64_t number;  // in the low two bits
};

[[gnu::always_inline]] inline Quadrant quadrant_of(double x) {
  constexpr double kOdd[] = {-0x1.5555555555548p-3, 0x1.111111110f7d0p-7,   -0x1.a01a019bfdee9p-13,
                             0x1.71de3567d221dp-19, -0x1.ae5e5a90383cbp-26, 0x1.5d8fd1376df1ep-33};
  constexpr double kEven[] = {0x1.555555555554bp-5,  -0x1.6c16c16c14f91p-10,
                              0x1.a01a019c844c8p-16, -0x1.27e4f7eac2699p-22,
                              0x1.1ee9d7b32a621p-29, -0x1.8fa49915e1fa6p-37};
  const double shifted = fused(x, 0x1.45f306dc9c883p-1, kRoundingShift);
  const double n = shifted - kRoundingShift;
  const Reduced r =
      reduced(x, n, 0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110);
  const double square = r.lead * r.lead;
  const double bow = fused(r.lead * square, polynomial(square, kOdd), r.rest);
  const double sine = r.lead + bow;
  const double half = 0.5 * square;
  const double above = 1.0 - half;
  const double lost = (1.0 - above) - half;
  const double curve = fused(square * square, polynomial(square, kEven), -r.lead * r.rest);
  const double cosine = above + (lost + curve);
  return {sine, (r.lead - sine) + bow, cosine, (above - cosine) + (lost + curve), bits_of(shifted)};
}

// The sine of an argument within pi / 2 of zero. Near the peaks nearly all of the result comes from
// the cube, so what its rounding took away is taken into account.
[[gnu::always_inline]] inline double sine_of(const Reduced& r) {
  constexpr double kSixth = -0x1.5555555555555p-3;
  constexpr double kOdd[] = {0x1.11111111110c1p-7,   -0x1.a01a01a0148a1p-13, 0x1.71de3a5287076p-19,
                             -0x1.ae6454cafd18dp-26, 0x1.6123cb11ca283p-33,  -0x1.ae43176a2af7dp-41,
                             0x1.8828f8cc23f69p-49};
  const double square = r.lead * r.lead;
  const double square_lost = fused(r.lead, r.lead, -square);
  const double cube = r.lead * square;
  const double cube_lost = fused(r.lead, square_lost, fused(r.lead, square, -cube));
  const double rest = fused(cube_lost, kSixth, r.rest * fused(square, -0.5, 1.0));
  const double curve = fused(cube * square, polynomial(square, kOdd), rest);
  return r.lead + fused(cube, kSixth, curve);
}

// x - n * pi
[[gnu::always_inline]] inline Reduced without_turns(double x, double n) {
  return reduced(x, n, 0x1.921fb54442d18p+1, 0x1.1a62633145c07p-53, -0x1.f1976b7ed8fbcp-109);
}

inline constexpr double kInversePi = 0x1.45f306dc9c883p-2;

struct Sine {
  [[gnu::always_inline]] static bool ordinary(double x) { return magnitude(x) < kLargestReduced; }
  static double exact(double x) { return std::sin(x); }

  [[gnu::always_inline]] static double of(double x) {
    const double shifted = fused(x, kInversePi, kRoundingShift);
    const double value = sine_of(without_turns(x, shifted - kRoundingShift));
    const double turned = from_bits(bits_of(value) ^ (bits_of(shifted) << 63));
    return x == 0 ? x : turned;
  }
};

// The sine a quarter of a circle further on.
struct Cosine {
  [[gnu::always_inline]] static bool ordinary(double x) { return magnitude(x) < kLargestReduced; }
  static double exact(double x) { return std::cos(x); }

  [[gnu::always_inline]] static double of(double x) {
    const double shifted = fused(x, kInversePi, -0.5) + kRoundingShift;
    const double value = sine_of(without_turns(x, (shifted - kRoundingShift) + 0.5));
    return from_bits(bits_of(value) ^ ((bits_of(shifted) + 1) << 63));
  }
};

struct Tangent {
  [[gnu::always_inline]] static bool ordinary(double x) { return magnitude(x) < kLargestReduced; }
  static double exact(double x) { return std::tan(x); }

  [[gnu::always_inline]] static double of(double x) {
    const Quadrant q = quadrant_of(x);
    const bool odd = (q.number & 1) != 0;
    const double value = quotient(odd ? q.cosine : q.sine, odd ? q.cosine_rest : q.sine_rest,
                                  odd ? q.sine : q.cosine, odd ? q.sine_rest : q.cosine_rest);
    const double turned = from_bits(bits_of(value) ^ (q.number << 63));
    return x == 0 ? x : turned;
  }
};

}  // namespace fastlane::kernels::expression
