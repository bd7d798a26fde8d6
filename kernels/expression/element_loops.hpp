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
                                         const std::byte*, const std::byte*, std::size_t count) {
    T* to = typed<T>(target);
    const T* from = typed<T>(a);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) to[i] = Of::of(from[i]);
  }
};

// target[i] = Of::of(a[i]) ? 1 : 0
template <class T, class Of>
struct TestLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte*,
                                         const std::byte*, const std::byte*, std::size_t count) {
    Truth* to = typed<Truth>(target);
    const T* from = typed<T>(a);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i)
      to[i] = Truth{static_cast<std::uint8_t>(Of::of(from[i]))};
  }
};

template <class T, class Of>
struct BinaryLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte* b,
                                         const std::byte*, const std::byte*, std::size_t count) {
    T* to = typed<T>(target);
    const T* left = typed<T>(a);
    const T* right = typed<T>(b);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) to[i] = Of::of(left[i], right[i]);
  }
};

template <class T, class Of>
struct ComparisonLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte* b,
                                         const std::byte*, const std::byte*, std::size_t count) {
    Truth* to = typed<Truth>(target);
    const T* left = typed<T>(a);
    const T* right = typed<T>(b);
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
                                         const std::byte* c, const std::byte*, std::size_t count) {
    T* to = typed<T>(target);
    const T* left = typed<T>(a);
    const T* right = typed<T>(b);
    const T* third = typed<T>(c);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) {
      const T product = left[i] * right[i];
      if constexpr (kJoined == Joined::sum) to[i] = product + third[i];
      if constexpr (kJoined == Joined::difference) to[i] = product - third[i];
      if constexpr (kJoined == Joined::reversed) to[i] = third[i] - product;
    }
  }
};

// a * b + c * d
template <class T>
struct ProductsLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte* b,
                                         const std::byte* c, const std::byte* d,
                                         std::size_t count) {
    T* to = typed<T>(target);
    const T* first = typed<T>(a);
    const T* second = typed<T>(b);
    const T* third = typed<T>(c);
    const T* fourth = typed<T>(d);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) to[i] = first[i] * second[i] + third[i] * fourth[i];
  }
};

template <class T>
struct WhereLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte* b,
                                         const std::byte* c, const std::byte*, std::size_t count) {
    T* to = typed<T>(target);
    const std::uint8_t* condition = typed<std::uint8_t>(a);
    const T* chosen = typed<T>(b);
    const T* other = typed<T>(c);
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
                                         const std::byte*, const std::byte*, std::size_t count) {
    std::uint8_t* to = typed<std::uint8_t>(target);
    const std::uint8_t* left = typed<std::uint8_t>(a);
    const std::uint8_t* right = typed<std::uint8_t>(b);
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
                                         const std::byte*, const std::byte*, std::size_t count) {
    To* to = typed<To>(target);
    const From* from = typed<From>(a);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<To>(from[i]);
  }
};

// From a boolean: any byte but zero counts as one.
template <class To>
struct CastFromBooleanLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte*,
                                         const std::byte*, const std::byte*, std::size_t count) {
    To* to = typed<To>(target);
    const std::uint8_t* from = typed<std::uint8_t>(a);
    const std::size_t size = whole_groups(count);
    for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<To>(from[i] != 0);
  }
};

template <class From>
struct CastToBooleanLoop {
  [[gnu::always_inline]] static void run(std::byte* target, const std::byte* a, const std::byte*,
                                         const std::byte*, const std::byte*, std::size_t count) {
    Truth* to = typed<Truth>(target);
    const From* from = typed<From>(a);
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
                                         const std::byte*, const std::byte*, std::size_t count) {
    double* to = typed<double>(target);
    const double* from = typed<double>(a);
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
                                         const std::byte*, const std::byte*, std::size_t count) {
    double* to = typed<double>(target);
    const double* left = typed<double>(a);
    const double* right = typed<double>(b);
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
