// What each operation does to one element, in NumPy's terms. Integer arithmetic wraps and is done
// on unsigned numbers; division follows Python's rounding and NumPy's answers for a zero divisor.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "kernels/expression/functions/common.hpp"

namespace fastlane::kernels::expression {

// The unsigned type in which T is added and multiplied: C++ would widen 16-bit operands to int,
// whose products can overflow.
template <class T>
using Wrapping = std::conditional_t<(sizeof(T) < 4), std::uint32_t, std::make_unsigned_t<T>>;

struct Add {
  template <class T>
  [[gnu::always_inline]] static T of(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      return a + b;
    } else {
      return static_cast<T>(static_cast<Wrapping<T>>(a) + static_cast<Wrapping<T>>(b));
    }
  }
};

struct Subtract {
  template <class T>
  [[gnu::always_inline]] static T of(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      return a - b;
    } else {
      return static_cast<T>(static_cast<Wrapping<T>>(a) - static_cast<Wrapping<T>>(b));
    }
  }
};

struct Multiply {
  template <class T>
  [[gnu::always_inline]] static T of(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      return a * b;
    } else {
      return static_cast<T>(static_cast<Wrapping<T>>(a) * static_cast<Wrapping<T>>(b));
    }
  }
};

struct Divide {
  template <class T>
  [[gnu::always_inline]] static T of(T a, T b) {
    return a / b;
  }
};

struct Negative {
  template <class T>
  [[gnu::always_inline]] static T of(T a) {
    if constexpr (std::is_floating_point_v<T>) {
      return -a;
    } else {
      return static_cast<T>(Wrapping<T>{0} - static_cast<Wrapping<T>>(a));
    }
  }
};

struct Absolute {
  template <class T>
  [[gnu::always_inline]] static T of(T a) {
    if constexpr (std::is_same_v<T, double>) {
      return magnitude(a);
    } else if constexpr (std::is_same_v<T, float>) {
      return __builtin_fabsf(a);
    } else {
      return a < T{0} ? Negative::of(a) : a;
    }
  }
};

struct Floor {
  [[gnu::always_inline]] static double of(double a) { return __builtin_floor(a); }
  [[gnu::always_inline]] static float of(float a) { return __builtin_floorf(a); }
};
struct Ceil {
  [[gnu::always_inline]] static double of(double a) { return __builtin_ceil(a); }
  [[gnu::always_inline]] static float of(float a) { return __builtin_ceilf(a); }
};
struct Trunc {
  [[gnu::always_inline]] static double of(double a) { return __builtin_trunc(a); }
  [[gnu::always_inline]] static float of(float a) { return __builtin_truncf(a); }
};
struct Round {
  [[gnu::always_inline]] static double of(double a) { return __builtin_rint(a); }
  [[gnu::always_inline]] static float of(float a) { return __builtin_rintf(a); }
};
struct SquareRoot {
  [[gnu::always_inline]] static double of(double a) { return __builtin_sqrt(a); }
  [[gnu::always_inline]] static float of(float a) { return __builtin_sqrtf(a); }
};

struct IsNaN {
  template <class T>
  [[gnu::always_inline]] static bool of(T a) {
    return a != a;
  }
};
struct IsFinite {
  template <class T>
  [[gnu::always_inline]] static bool of(T a) {
    return Absolute::of(a) <= std::numeric_limits<T>::max();
  }
};

struct Minimum {
  template <class T>
  [[gnu::always_inline]] static T of(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      const T lesser = a < b ? a : b;
      return a != a ? a : lesser;
    } else {
      return a < b ? a : b;
    }
  }
};
struct Maximum {
  template <class T>
  [[gnu::always_inline]] static T of(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      const T greater = a > b ? a : b;
      return a != a ? a : greater;
    } else {
      return a > b ? a : b;
    }
  }
};

struct Less {
  template <class T>
  [[gnu::always_inline]] static bool of(T a, T b) {
    return a < b;
  }
};
struct LessEqual {
  template <class T>
  [[gnu::always_inline]] static bool of(T a, T b) {
    return a <= b;
  }
};
struct Equal {
  template <class T>
  [[gnu::always_inline]] static bool of(T a, T b) {
    return a == b;
  }
};
struct NotEqual {
  template <class T>
  [[gnu::always_inline]] static bool of(T a, T b) {
    return a != b;
  }
};

struct AddOverflows {
  [[gnu::always_inline]] static bool of(std::int64_t a, std::int64_t b) {
    std::int64_t ignored = 0;
    return __builtin_add_overflow(a, b, &ignored);
  }
};
struct SubtractOverflows {
  [[gnu::always_inline]] static bool of(std::int64_t a, std::int64_t b) {
    std::int64_t ignored = 0;
    return __builtin_sub_overflow(a, b, &ignored);
  }
};
struct MultiplyOverflows {
  [[gnu::always_inline]] static bool of(std::int64_t a, std::int64_t b) {
    std::int64_t ignored = 0;
    return __builtin_mul_overflow(a, b, &ignored);
  }
};

// Quotient rounded towards minus infinity and the remainder that belongs to it. A zero divisor
// gives zeros; the smallest number divided by -1 wraps.
struct FloorDivideIntegers {
  template <class T>
  static T of(T a, T b) {
    if (b == 0) return 0;
    if constexpr (std::is_signed_v<T>) {
      if (b == -1) return Negative::of(a);
      const T quotient = static_cast<T>(a / b);
      const bool rounds_up = a % b != 0 && (a < 0) != (b < 0);
      return static_cast<T>(quotient - static_cast<T>(rounds_up));
    } else {
      return static_cast<T>(a / b);
    }
  }
};
struct RemainderOfIntegers {
  template <class T>
  static T of(T a, T b) {
    if (b == 0) return 0;
    if constexpr (std::is_signed_v<T>) {
      if (b == -1) return 0;
      const T left = static_cast<T>(a % b);
      return left != 0 && (a < 0) != (b < 0) ? static_cast<T>(left + b) : left;
    } else {
      return static_cast<T>(a % b);
    }
  }
};
struct PowerOfIntegers {
  template <class T>
  static T of(T base, T exponent) {
    if (exponent < 0) throw std::domain_error("integers to negative integer powers");
    T result = 1;
    for (T left = exponent; left != 0; left = static_cast<T>(left >> 1)) {
      if ((left & 1) != 0) result = Multiply::of(result, base);
      base = Multiply::of(base, base);
    }
    return result;
  }
};

// The same for float64. `exact` is the definition; `of` is equal to it for ordinary operands: there
// the quotient is an integer below 2^52, and the fused product shows whether it is one too large.
struct FloatDivision {
  double quotient;
  double remainder;
};

inline FloatDivision divided_exactly(double a, double b) {
  double remainder = std::fmod(a, b);
  if (b == 0) return {a / b, remainder};
  double quotient = (a - remainder) / b;
  if (remainder != 0) {
    if ((b < 0) != (remainder < 0)) {
      remainder += b;
      quotient -= 1.0;
    }
  } else {
    remainder = std::copysign(0.0, b);
  }
  if (quotient == 0) return {std::copysign(0.0, a / b), remainder};
  const double floored = std::floor(quotient);
  return {quotient - floored > 0.5 ? floored + 1.0 : floored, remainder};
}

[[gnu::always_inline]] inline FloatDivision divided(double a, double b) {
  const double ratio = a / b;
  const double first = __builtin_trunc(ratio);
  const double first_left = fused(-first, b, a);
  const bool too_large = (first_left < 0) != (a < 0) && first_left != 0;
  const double whole = too_large ? first - with_sign_of(1.0, first) : first;
  const double left = too_large ? fused(-whole, b, a) : first_left;
  const bool turns = left != 0 && (left < 0) != (b < 0);
  const double quotient = turns ? whole - 1.0 : whole;
  const double remainder = turns ? left + b : left;
  return {quotient == 0 ? with_sign_of(0.0, ratio) : quotient,
          remainder == 0 ? with_sign_of(0.0, b) : remainder};
}

[[gnu::always_inline]] inline bool divides_ordinarily(double a, double b) {
  return magnitude(a / b) < 0x1p51 && magnitude(b) < 0x1p1000 && magnitude(b) > 0x1p-900 &&
         magnitude(a) < 0x1p1000 && (magnitude(a) > 0x1p-900 || a == 0);
}

struct FloorDivideFloats {
  [[gnu::always_inline]] static bool ordinary(double a, double b) {
    return divides_ordinarily(a, b);
  }
  [[gnu::always_inline]] static double of(double a, double b) { return divided(a, b).quotient; }
  static double exact(double a, double b) { return divided_exactly(a, b).quotient; }
};
struct RemainderOfFloats {
  [[gnu::always_inline]] static bool ordinary(double a, double b) {
    return divides_ordinarily(a, b);
  }
  [[gnu::always_inline]] static double of(double a, double b) { return divided(a, b).remainder; }
  static double exact(double a, double b) { return divided_exactly(a, b).remainder; }
};

}  // namespace fastlane::kernels::expression
