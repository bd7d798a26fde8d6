// Functions of floats that expressions can call: those of the C library, and the remainder, the
// minimum and the maximum as NumPy has them.
#pragma once

#include <cmath>

#include "kernels/records/expression_program.hpp"

namespace fastlane::kernels::records {

using Unary = double (*)(double);

// Null for an operation that is no function of one real.
inline Unary function_of(Operation operation) {
  switch (operation) {
    case Operation::negative:
      return [](double v) { return -v; };
    case Operation::absolute:
      return [](double v) { return std::fabs(v); };
    case Operation::same:
      return [](double v) { return v; };
    case Operation::sqrt:
      return [](double v) { return std::sqrt(v); };
    case Operation::exp:
      return [](double v) { return std::exp(v); };
    case Operation::log:
      return [](double v) { return std::log(v); };
    case Operation::log2:
      return [](double v) { return std::log2(v); };
    case Operation::log10:
      return [](double v) { return std::log10(v); };
    case Operation::log1p:
      return [](double v) { return std::log1p(v); };
    case Operation::expm1:
      return [](double v) { return std::expm1(v); };
    case Operation::sin:
      return [](double v) { return std::sin(v); };
    case Operation::cos:
      return [](double v) { return std::cos(v); };
    case Operation::tan:
      return [](double v) { return std::tan(v); };
    case Operation::tanh:
      return [](double v) { return std::tanh(v); };
    case Operation::asin:
      return [](double v) { return std::asin(v); };
    case Operation::acos:
      return [](double v) { return std::acos(v); };
    case Operation::atan:
      return [](double v) { return std::atan(v); };
    case Operation::floor:
      return [](double v) { return std::floor(v); };
    case Operation::ceil:
      return [](double v) { return std::ceil(v); };
    case Operation::round:
      return [](double v) { return std::nearbyint(v); };
    case Operation::trunc:
      return [](double v) { return std::trunc(v); };
    default:
      return nullptr;
  }
}

inline double floor_remainder(double left, double right) {
  const double rest = std::fmod(left, right);
  if (rest == 0) return std::copysign(0.0, right);
  return (rest < 0) != (right < 0) ? rest + right : rest;
}

inline double lesser(double left, double right) {
  return std::isnan(left) || left < right ? left : right;
}
inline double greater(double left, double right) {
  return std::isnan(left) || left > right ? left : right;
}

}  // namespace fastlane::kernels::records
