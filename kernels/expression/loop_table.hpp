// Fills a table of loops for one CPU row. `Level` has `kFused` and `run<L>`, a function with the
// signature of Loop that names the row's instruction set and inlines L::run. It is there that
// pointers are __restrict: on the variables of what is inlined g++ overlooks it, and puts a check
// and a second loop into each function.
#pragma once

#include <cstdint>

#include "kernels/expression/element_loops.hpp"

namespace fastlane::kernels::expression {

// For loops that no instruction set makes faster: division of integers, functions of the C library.
template <class L>
void run_anywhere(std::byte* __restrict target, const std::byte* __restrict a,
                  const std::byte* __restrict b, const std::byte* __restrict c,
                  const std::byte* __restrict d, std::size_t count) {
  L::run(target, a, b, c, d, count);
}

template <class Level>
class TableOfLoops {
 public:
  static constexpr LoopTable made(cpu::Level level, StreamLines stream) {
    TableOfLoops maker;
    maker.table_.level = level;
    maker.table_.stream = stream;
    maker.add_numbers();
    maker.add_floats<double>();
    maker.add_floats<float>();
    maker.add_functions();
    maker.add_bits();
    maker.add_casts();
    return maker.table_;
  }

 private:
  constexpr TableOfLoops() = default;

  constexpr void put(Operation operation, DType dtype, Loop loop) {
    table_.loops[static_cast<std::size_t>(operation)][static_cast<std::size_t>(dtype)] = loop;
  }
  template <class From, class To>
  constexpr void put_cast(Loop loop) {
    table_.casts[static_cast<std::size_t>(dtype_of<From>())]
                [static_cast<std::size_t>(dtype_of<To>())] = loop;
  }

  // `Same` is the type whose loop does for T as well: the unsigned one where signs do not matter.
  template <class T, class Same>
  constexpr void add_wrapping() {
    constexpr DType dtype = dtype_of<T>();
    put(Operation::add, dtype, Level::template run<BinaryLoop<Same, Add>>);
    put(Operation::subtract, dtype, Level::template run<BinaryLoop<Same, Subtract>>);
    put(Operation::multiply, dtype, Level::template run<BinaryLoop<Same, Multiply>>);
    put(Operation::negative, dtype, Level::template run<UnaryLoop<Same, Negative>>);
    put(Operation::equal, dtype, Level::template run<ComparisonLoop<Same, Equal>>);
    put(Operation::not_equal, dtype, Level::template run<ComparisonLoop<Same, NotEqual>>);
  }

  template <class T>
  constexpr void add_ordered() {
    constexpr DType dtype = dtype_of<T>();
    put(Operation::less, dtype, Level::template run<ComparisonLoop<T, Less>>);
    put(Operation::less_equal, dtype, Level::template run<ComparisonLoop<T, LessEqual>>);
    put(Operation::minimum, dtype, Level::template run<BinaryLoop<T, Minimum>>);
    put(Operation::maximum, dtype, Level::template run<BinaryLoop<T, Maximum>>);
  }

  template <class T, class Same>
  constexpr void add_integer() {
    constexpr DType dtype = dtype_of<T>();
    add_wrapping<T, Same>();
    add_ordered<T>();
    put(Operation::floor_divide, dtype, run_anywhere<BinaryLoop<T, FloorDivideIntegers>>);
    put(Operation::remainder, dtype, run_anywhere<BinaryLoop<T, RemainderOfIntegers>>);
    put(Operation::power, dtype, run_anywhere<BinaryLoop<T, PowerOfIntegers>>);
    if constexpr (std::is_signed_v<T>) {
      put(Operation::absolute, dtype, Level::template run<UnaryLoop<T, Absolute>>);
    } else {
      put(Operation::absolute, dtype, Level::template run<BitsCopy<sizeof(T)>>);
    }
  }

  template <std::size_t kItem>
  using BitsCopy = UnaryLoop<
      std::conditional_t<
          kItem == 1, std::uint8_t,
          std::conditional_t<kItem == 2, std::uint16_t,
                             std::conditional_t<kItem == 4, std::uint32_t, std::uint64_t>>>,
      Itself>;

  constexpr void add_numbers() {
    add_integer<std::int8_t, std::uint8_t>();
    add_integer<std::int16_t, std::uint16_t>();
    add_integer<std::int32_t, std::uint32_t>();
    add_integer<std::int64_t, std::uint64_t>();
    add_integer<std::uint8_t, std::uint8_t>();
    add_integer<std::uint16_t, std::uint16_t>();
    add_integer<std::uint32_t, std::uint32_t>();
    add_integer<std::uint64_t, std::uint64_t>();
    put(Operation::add_overflows, DType::int64,
        Level::template run<ComparisonLoop<std::int64_t, AddOverflows>>);
    put(Operation::subtract_overflows, DType::int64,
        Level::template run<ComparisonLoop<std::int64_t, SubtractOverflows>>);
    put(Operation::multiply_overflows, DType::int64,
        run_anywhere<ComparisonLoop<std::int64_t, MultiplyOverflows>>);
  }

  template <class T>
  constexpr void add_floats() {
    constexpr DType dtype = dtype_of<T>();
    add_wrapping<T, T>();
    add_ordered<T>();
    put(Operation::divide, dtype, Level::template run<BinaryLoop<T, Divide>>);
    put(Operation::absolute, dtype, Level::template run<UnaryLoop<T, Absolute>>);
    put(Operation::floor, dtype, Level::template run<UnaryLoop<T, Floor>>);
    put(Operation::ceil, dtype, Level::template run<UnaryLoop<T, Ceil>>);
    put(Operation::trunc, dtype, Level::template run<UnaryLoop<T, Trunc>>);
    put(Operation::round, dtype, Level::template run<UnaryLoop<T, Round>>);
    put(Operation::sqrt, dtype, Level::template run<UnaryLoop<T, SquareRoot>>);
    put(Operation::isnan, dtype, Level::template run<TestLoop<T, IsNaN>>);
    put(Operation::isfinite, dtype, Level::template run<TestLoop<T, IsFinite>>);
    put(Operation::multiply_add, dtype, Level::template run<ProductLoop<T, Joined::sum>>);
    put(Operation::multiply_subtract, dtype,
        Level::template run<ProductLoop<T, Joined::difference>>);
    put(Operation::subtract_product, dtype, Level::template run<ProductLoop<T, Joined::reversed>>);
    put(Operation::sum_of_products, dtype, Level::template run<ProductsLoop<T>>);
  }

  template <class Function>
  constexpr void add_function(Operation operation) {
    put(operation, DType::float64, Level::template run<FunctionLoop<Function, Level::kFused>>);
  }
  template <class Function>
  constexpr void add_binary_function(Operation operation) {
    put(operation, DType::float64,
        Level::template run<BinaryFunctionLoop<Function, Level::kFused>>);
  }

  constexpr void add_functions() {
    add_function<Exponential>(Operation::exp);
    add_function<ExponentialMinusOne>(Operation::expm1);
    add_function<Logarithm>(Operation::log);
    add_function<Logarithm2>(Operation::log2);
    add_function<Logarithm10>(Operation::log10);
    add_function<LogarithmOfOnePlus>(Operation::log1p);
    add_function<Sine>(Operation::sin);
    add_function<Cosine>(Operation::cos);
    add_function<Tangent>(Operation::tan);
    add_function<ArcSine>(Operation::asin);
    add_function<ArcCosine>(Operation::acos);
    add_function<ArcTangent>(Operation::atan);
    add_function<HyperbolicTangent>(Operation::tanh);
    add_binary_function<Hypotenuse>(Operation::hypot);
    add_binary_function<FloorDivideFloats>(Operation::floor_divide);
    add_binary_function<RemainderOfFloats>(Operation::remainder);
    put(Operation::power, DType::float64, run_anywhere<BinaryLoop<double, PowerOfFloats>>);
    put(Operation::atan2, DType::float64, run_anywhere<BinaryLoop<double, ArcTangent2>>);
  }

  template <class T>
  constexpr void add_bits_of(Loop complement) {
    constexpr DType dtype = dtype_of<T>();
    constexpr std::size_t kItem = sizeof(T);
    put(Operation::invert, dtype, complement);
    put(Operation::bit_and, dtype, Level::template run<BitsLoop<kItem, Bits::conjunction>>);
    put(Operation::bit_or, dtype, Level::template run<BitsLoop<kItem, Bits::disjunction>>);
  }
  template <class T>
  constexpr void add_integer_bits() {
    add_bits_of<T>(Level::template run<BitsLoop<sizeof(T), Bits::complement>>);
    add_moves<T>();
  }
  template <class T>
  constexpr void add_moves() {
    constexpr DType dtype = dtype_of<T>();
    using Same = typename BitsCopy<sizeof(T)>::Element;
    put(Operation::copy, dtype, Level::template run<BitsCopy<sizeof(T)>>);
    put(Operation::where, dtype, Level::template run<WhereLoop<Same>>);
  }

  constexpr void add_bits() {
    add_bits_of<bool>(Level::template run<BitsLoop<1, Bits::opposite>>);
    add_moves<bool>();
    put(Operation::minimum, DType::boolean, Level::template run<BitsLoop<1, Bits::conjunction>>);
    put(Operation::maximum, DType::boolean, Level::template run<BitsLoop<1, Bits::disjunction>>);
    put(Operation::equal, DType::boolean, Level::template run<ComparisonLoop<std::uint8_t, Equal>>);
    put(Operation::not_equal, DType::boolean,
        Level::template run<ComparisonLoop<std::uint8_t, NotEqual>>);
    put(Operation::less, DType::boolean, Level::template run<ComparisonLoop<std::uint8_t, Less>>);
    put(Operation::less_equal, DType::boolean,
        Level::template run<ComparisonLoop<std::uint8_t, LessEqual>>);
    add_integer_bits<std::int8_t>();
    add_integer_bits<std::int16_t>();
    add_integer_bits<std::int32_t>();
    add_integer_bits<std::int64_t>();
    add_integer_bits<std::uint8_t>();
    add_integer_bits<std::uint16_t>();
    add_integer_bits<std::uint32_t>();
    add_integer_bits<std::uint64_t>();
    add_moves<float>();
    add_moves<double>();
  }

  // Narrowing and changes of sign look at the size only; widening looks at the source's sign.
  template <class From, class To>
  constexpr void add_integer_cast() {
    using Narrow = std::make_unsigned_t<To>;
    if constexpr (sizeof(From) == sizeof(To)) {
      put_cast<From, To>(Level::template run<BitsCopy<sizeof(To)>>);
    } else if constexpr (sizeof(From) > sizeof(To)) {
      put_cast<From, To>(Level::template run<CastLoop<std::make_unsigned_t<From>, Narrow>>);
    } else {
      put_cast<From, To>(Level::template run<CastLoop<From, Narrow>>);
    }
  }

  template <class From, class... To>
  constexpr void add_integer_casts() {
    (add_integer_cast<From, To>(), ...);
  }

  template <class From>
  constexpr void add_casts_from_integer() {
    add_integer_casts<From, std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                      std::uint16_t, std::uint32_t, std::uint64_t>();
    put_cast<From, float>(Level::template run<CastLoop<From, float>>);
    put_cast<From, double>(Level::template run<CastLoop<From, double>>);
    put_cast<From, bool>(Level::template run<CastToBooleanLoop<std::make_unsigned_t<From>>>);
    put_cast<bool, From>(Level::template run<CastFromBooleanLoop<std::make_unsigned_t<From>>>);
  }

  constexpr void add_casts() {
    add_casts_from_integer<std::int8_t>();
    add_casts_from_integer<std::int16_t>();
    add_casts_from_integer<std::int32_t>();
    add_casts_from_integer<std::int64_t>();
    add_casts_from_integer<std::uint8_t>();
    add_casts_from_integer<std::uint16_t>();
    add_casts_from_integer<std::uint32_t>();
    add_casts_from_integer<std::uint64_t>();
    put_cast<bool, bool>(Level::template run<CastFromBooleanLoop<std::uint8_t>>);
    put_cast<bool, float>(Level::template run<CastFromBooleanLoop<float>>);
    put_cast<bool, double>(Level::template run<CastFromBooleanLoop<double>>);
    put_cast<float, bool>(Level::template run<CastToBooleanLoop<float>>);
    put_cast<double, bool>(Level::template run<CastToBooleanLoop<double>>);
    put_cast<float, float>(Level::template run<BitsCopy<4>>);
    put_cast<double, double>(Level::template run<BitsCopy<8>>);
    put_cast<float, double>(Level::template run<CastLoop<float, double>>);
    put_cast<double, float>(Level::template run<CastLoop<double, float>>);
  }

  LoopTable table_{};
};

}  // namespace fastlane::kernels::expression
