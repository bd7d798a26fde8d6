// Loops over the operations of kernels/expression/scalar_operations.hpp and the functions of
// kernels/expression/functions. To be inlined into functions that name an instruction set.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>

#include "kernels/expression/functions/exponential.hpp"
#include "kernels/expression/functions/inverse.hpp"
#include "kernels/expression/functions/logarithm.hpp"
#include "kernels/expression/functions/trigonometric.hpp"
#include "kernels/expression/loops.hpp"
#include "kernels/expression/scalar_operations.hpp"

namespace fastlane::kernels::expression {

// One byte that a loop may write without the compiler fearing that it is somebody else's.
enum class Truth : std::uint8_t {};

// Tells the compiler that no odd elements are left over.
[[gnu::always_inline]] inline std::size_t whole_groups(std::size_t count) {
  return count & ~(kLoopGroup - 1);
}

template <class T>
[[gnu::always_inline]] inline T* typed(std::byte* address) {
  return reinterpret_cast<T*>(address);
}
template <class T>
[[gnu::always_inline]] inline const T* typed(const std::byte* address) {
  return reinterpret_cast<const T*>(address);
}

struct Itself {
  template <class T>
  [[gnu::always_inline]] static T of(T a) {
    return a;
  }
};

// target[i] = Of::of(a[i])
template <class T, class Of>
struct UnaryLoop {
  using Element = T;

  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte*,
                                         const std::byte*, std::size_t count) {
    T* __restrict to = typed<T>(target);
    const T* __restrict from = typed<T>(a);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) to[i] = Of::of(from[i]);
  }
};

// target[i] = Of::of(a[i]) ? 1 : 0
template <class T, class Of>
struct TestLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte*,
                                         const std::byte*, std::size_t count) {
    Truth* __restrict to = typed<Truth>(target);
    const T* __restrict from = typed<T>(a);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i)
      to[i] = Truth{static_cast<std::uint8_t>(Of::of(from[i]))};
  }
};

template <class T, class Of>
struct BinaryLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte* b,
                                         const std::byte*, std::size_t count) {
    T* __restrict to = typed<T>(target);
    const T* __restrict left = typed<T>(a);
    const T* __restrict right = typed<T>(b);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) to[i] = Of::of(left[i], right[i]);
  }
};

template <class T, class Of>
struct ComparisonLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte* b,
                                         const std::byte*, std::size_t count) {
    Truth* __restrict to = typed<Truth>(target);
    const T* __restrict left = typed<T>(a);
    const T* __restrict right = typed<T>(b);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) {
      to[i] = Truth{static_cast<std::uint8_t>(Of::of(left[i], right[i]))};
    }
  }
};

// The three ways in which a product and a third operand are joined.
enum class Joined : std::uint8_t { sum, difference, reversed };

template <class T, Joined kJoined>
struct ProductLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte* b,
                                         const std::byte* c, std::size_t count) {
    T* __restrict to = typed<T>(target);
    const T* __restrict left = typed<T>(a);
    const T* __restrict right = typed<T>(b);
    const T* __restrict third = typed<T>(c);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) {
      const T product = left[i] * right[i];
      if constexpr (kJoined == Joined::sum) to[i] = product + third[i];
      if constexpr (kJoined == Joined::difference) to[i] = product - third[i];
      if constexpr (kJoined == Joined::reversed) to[i] = third[i] - product;
    }
  }
};

template <class T>
struct WhereLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte* b,
                                         const std::byte* c, std::size_t count) {
    T* __restrict to = typed<T>(target);
    const std::uint8_t* __restrict condition = typed<std::uint8_t>(a);
    const T* __restrict chosen = typed<T>(b);
    const T* __restrict other = typed<T>(c);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) {
      const T left = chosen[i];
      const T right = other[i];
      to[i] = condition[i] != 0 ? left : right;
    }
  }
};

enum class Bits : std::uint8_t { conjunction, disjunction, complement, opposite };

// Works on the bytes of any integer type.
template <std::size_t kItem, Bits kBits>
struct BitsLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte* b,
                                         const std::byte*, std::size_t count) {
    std::uint8_t* __restrict to = typed<std::uint8_t>(target);
    const std::uint8_t* __restrict left = typed<std::uint8_t>(a);
    const std::uint8_t* __restrict right = typed<std::uint8_t>(b);
    const std::size_t size = whole_groups(count) * kItem;
    for (std::size_t i = 0; i < size; ++i) {
      if constexpr (kBits == Bits::conjunction) to[i] = left[i] & right[i];
      if constexpr (kBits == Bits::disjunction) to[i] = left[i] | right[i];
      if constexpr (kBits == Bits::complement) to[i] = left[i] ^ 0xff;
      if constexpr (kBits == Bits::opposite) to[i] = left[i] ^ 1;
    }
  }
};

template <class From, class To>
struct CastLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte*,
                                         const std::byte*, std::size_t count) {
    To* __restrict to = typed<To>(target);
    const From* __restrict from = typed<From>(a);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<To>(from[i]);
  }
};

// From a boolean: any byte but zero counts as one.
template <class To>
struct CastFromBooleanLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte*,
                                         const std::byte*, std::size_t count) {
    To* __restrict to = typed<To>(target);
    const std::uint8_t* __restrict from = typed<std::uint8_t>(a);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<To>(from[i] != 0);
  }
};

template <class From>
struct CastToBooleanLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte*,
                                         const std::byte*, std::size_t count) {
    Truth* __restrict to = typed<Truth>(target);
    const From* __restrict from = typed<From>(a);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) {
      to[i] = Truth{static_cast<std::uint8_t>(from[i] != From{0})};
    }
  }
};

// A function of float64: all elements at once, and one by one those that are not ordinary.
template <class Function, bool kFused>
struct FunctionLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte*,
                                         const std::byte*, std::size_t count) {
    double* __restrict to = typed<double>(target);
    const double* __restrict from = typed<double>(a);
    const std::size_t size = whole_groups(count);
    if constexpr (kFused) {
      std::uint64_t rare = 0;
      for (std::size_t i = 0; i < size; ++i) {
        to[i] = Function::of(from[i]);
        rare |= Function::ordinary(from[i]) ? 0U : 1U;
      }
      if (rare == 0) return;
      for (std::size_t i = 0; i < size; ++i) {
        if (!Function::ordinary(from[i])) to[i] = Function::exact(from[i]);
      }
    } else {
      for (std::size_t i = 0; i < size; ++i) to[i] = Function::exact(from[i]);
    }
  }
};

template <class Function, bool kFused>
struct BinaryFunctionLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte* b,
                                         const std::byte*, std::size_t count) {
    double* __restrict to = typed<double>(target);
    const double* __restrict left = typed<double>(a);
    const double* __restrict right = typed<double>(b);
    const std::size_t size = whole_groups(count);
    if constexpr (kFused) {
      std::uint64_t rare = 0;
      for (std::size_t i = 0; i < size; ++i) {
        to[i] = Function::of(left[i], right[i]);
        rare |= Function::ordinary(left[i], right[i]) ? 0U : 1U;
      }
      if (rare == 0) return;
      for (std::size_t i = 0; i < size; ++i) {
        if (!Function::ordinary(left[i], right[i])) to[i] = Function::exact(left[i], right[i]);
      }
    } else {
      for (std::size_t i = 0; i < size; ++i) to[i] = Function::exact(left[i], right[i]);
    }
  }
};

// Functions that only the C library has; the same in all rows.
struct PowerOfFloats {
  static double of(double a, double b) { return std::pow(a, b); }
};
struct ArcTangent2 {
  static double of(double a, double b) { return std::atan2(a, b); }
};

}  // namespace fastlane::kernels::expression
