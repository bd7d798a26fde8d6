// One loop a step. Operands of an operation on reals are made reals first, so that there is one
// loop for each operation and type.
#include "kernels/records/expression_steps.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

#include "kernels/records/real_functions.hpp"
#include "kernels/records/utf8.hpp"

namespace fastlane::kernels::records {
namespace {

class Step {
 public:
  Step(const std::vector<ExpressionNode>& nodes, std::size_t place, std::size_t rows,
       std::vector<NodeValues>& values)
      : node_(nodes[place]), rows_(rows), to_(values[place]) {
    for (const std::size_t operand : node_.operands) {
      operands_.push_back(&values[operand]);
      types_.push_back(nodes[operand].type);
    }
  }

  void take() {
    to_.states.assign(rows_, kPresent);
    if (node_.operation == Operation::constant) return fill_constant();
    if (node_.operation == Operation::choose) return choose();
    if (node_.operation == Operation::is_null) return find_nulls();
    for (const NodeValues* operand : operands_) {
      for (std::size_t row = 0; row < rows_; ++row) to_.states[row] |= operand->states[row];
    }
    if (types_[0] == ExpressionType::text) return of_texts();
    const bool any_real =
        std::find(types_.begin(), types_.end(), ExpressionType::real) != types_.end();
    if (any_real || node_.operation == Operation::divide || is_real_function()) return of_reals();
    if (types_[0] == ExpressionType::boolean) return of_booleans();
    of_integers();
  }

 private:
  bool is_real_function() const {
    return node_.operation >= Operation::sqrt && node_.operation <= Operation::hypot;
  }

  void fill_constant() {
    switch (node_.type) {
      case ExpressionType::integer:
        to_.integers.assign(rows_, node_.integer);
        return;
      case ExpressionType::real:
        to_.reals.assign(rows_, node_.real);
        return;
      case ExpressionType::boolean:
        to_.booleans.assign(rows_, node_.integer != 0 ? 1 : 0);
        return;
      case ExpressionType::text:
        to_.texts.assign(rows_, node_.text);
    }
  }

  void find_nulls() {
    to_.booleans.resize(rows_);
    for (std::size_t row = 0; row < rows_; ++row) {
      const std::uint8_t state = operands_[0]->states[row];
      to_.booleans[row] = state & kNull;
      to_.states[row] = state & kFailed;
    }
  }

  // What the branch that is not chosen comes to does not count.
  void choose() {
    const auto pick = [&](auto NodeValues::*kind, auto&& left, auto&& right) {
      auto& made = to_.*kind;
      made.resize(rows_);
      for (std::size_t row = 0; row < rows_; ++row) {
        const bool first = operands_[0]->booleans[row] != 0;
        made[row] = first ? left[row] : right[row];
        to_.states[row] = operands_[0]->states[row];
        if (to_.states[row] == kPresent) {
          to_.states[row] = operands_[first ? 1 : 2]->states[row];
        }
      }
    };
    switch (node_.type) {
      case ExpressionType::integer:
        return pick(&NodeValues::integers, operands_[1]->integers, operands_[2]->integers);
      case ExpressionType::boolean:
        return pick(&NodeValues::booleans, operands_[1]->booleans, operands_[2]->booleans);
      case ExpressionType::text:
        return pick(&NodeValues::texts, operands_[1]->texts, operands_[2]->texts);
      case ExpressionType::real:
        return pick(&NodeValues::reals, reals(1), reals(2));
    }
  }

  // An operand as reals.
  const std::vector<double>& reals(std::size_t which) {
    if (types_[which] == ExpressionType::real) return operands_[which]->reals;
    std::vector<double>& made = made_[which % 2];
    if (types_[which] == ExpressionType::integer) {
      made.assign(operands_[which]->integers.begin(), operands_[which]->integers.end());
    } else {
      made.assign(operands_[which]->booleans.begin(), operands_[which]->booleans.end());
    }
    return made;
  }

  template <class Values, class Compute>
  void compute(Values& to, Compute compute_one) {
    to.resize(rows_);
    for (std::size_t row = 0; row < rows_; ++row) {
      if (to_.states[row] == kPresent) {
        to[row] = compute_one(row);
      } else {
        to[row] = {};
      }
    }
  }

  template <class T>
  void compare(const std::vector<T>& left, const std::vector<T>& right) {
    const auto by = [&](auto relation) {
      compute(to_.booleans, [&](std::size_t row) {
        return static_cast<std::uint8_t>(relation(left[row], right[row]) ? 1 : 0);
      });
    };
    switch (node_.operation) {
      case Operation::less:
        return by(std::less<T>());
      case Operation::less_equal:
        return by(std::less_equal<T>());
      case Operation::greater:
        return by(std::greater<T>());
      case Operation::greater_equal:
        return by(std::greater_equal<T>());
      case Operation::equal:
        return by(std::equal_to<T>());
      case Operation::not_equal:
        return by(std::not_equal_to<T>());
      default:
        throw std::logic_error("an operation that these operands do not have");
    }
  }

  void of_texts() {
    const std::vector<std::string_view>& left = operands_[0]->texts;
    if (node_.operation == Operation::length) {
      return compute(to_.integers, [&](std::size_t row) {
        return static_cast<std::int64_t>(count_code_points(left[row]));
      });
    }
    const auto truth = [&](auto holds) {
      compute(to_.booleans,
              [&](std::size_t row) { return static_cast<std::uint8_t>(holds(row) ? 1 : 0); });
    };
    if (node_.operation == Operation::in) {
      return truth([&](std::size_t row) {
        return std::find(node_.texts.begin(), node_.texts.end(), left[row]) != node_.texts.end();
      });
    }
    const std::vector<std::string_view>& right = operands_[1]->texts;
    switch (node_.operation) {
      case Operation::starts_with:
        return truth([&](std::size_t row) { return left[row].starts_with(right[row]); });
      case Operation::ends_with:
        return truth([&](std::size_t row) { return left[row].ends_with(right[row]); });
      case Operation::contains:
        return truth(
            [&](std::size_t row) { return left[row].find(right[row]) != std::string_view::npos; });
      default:
        return compare(left, right);
    }
  }

  void of_booleans() {
    const std::vector<std::uint8_t>& left = operands_[0]->booleans;
    if (node_.operation == Operation::invert) {
      return compute(to_.booleans,
                     [&](std::size_t row) { return static_cast<std::uint8_t>(left[row] ^ 1U); });
    }
    const std::vector<std::uint8_t>& right = operands_[1]->booleans;
    const auto by = [&](auto join) {
      compute(to_.booleans, [&](std::size_t row) {
        return static_cast<std::uint8_t>(join(left[row], right[row]));
      });
    };
    switch (node_.operation) {
      case Operation::bit_and:
        return by([](unsigned one, unsigned other) { return one & other; });
      case Operation::bit_or:
        return by([](unsigned one, unsigned other) { return one | other; });
      default:
        return compare(left, right);
    }
  }

  std::int64_t fail(std::size_t row) {
    to_.states[row] |= kFailed;
    return 0;
  }

  std::int64_t power(std::size_t row, std::int64_t base, std::int64_t exponent) {
    if (exponent < 0) return fail(row);
    std::int64_t result = 1;
    while (exponent != 0) {
      if ((exponent & 1) != 0 && __builtin_mul_overflow(result, base, &result)) return fail(row);
      exponent >>= 1;
      if (exponent != 0 && __builtin_mul_overflow(base, base, &base)) return fail(row);
    }
    return result;
  }

  // Rounded towards minus infinity, as Python does.
  std::int64_t floor_divide(std::size_t row, std::int64_t left, std::int64_t right, bool rest) {
    if (right == 0) return fail(row);
    if (right == -1) {
      if (rest) return 0;
      return left == std::numeric_limits<std::int64_t>::min() ? fail(row) : -left;
    }
    const bool down = left % right != 0 && (left < 0) != (right < 0);
    return rest ? left % right + (down ? right : 0) : left / right - (down ? 1 : 0);
  }

  void of_integers() {
    const std::vector<std::int64_t>& left = operands_[0]->integers;
    const auto one = [&](auto make) {
      compute(to_.integers, [&](std::size_t row) { return make(row, left[row]); });
    };
    constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
    switch (node_.operation) {
      case Operation::negative:
        return one([&](std::size_t row, std::int64_t v) { return v == kLeast ? fail(row) : -v; });
      case Operation::absolute:
        return one([&](std::size_t row, std::int64_t v) {
          return v == kLeast ? fail(row) : v < 0 ? -v : v;
        });
      case Operation::invert:
        return one([](std::size_t, std::int64_t v) { return ~v; });
      case Operation::same:
        return one([](std::size_t, std::int64_t v) { return v; });
      case Operation::in:
        return compute(to_.booleans, [&](std::size_t row) {
          const auto& known = node_.numbers;
          const auto value = static_cast<double>(left[row]);
          return static_cast<std::uint8_t>(
              std::find(known.begin(), known.end(), value) != known.end() ? 1 : 0);
        });
      default:
        break;
    }
    const std::vector<std::int64_t>& right = operands_[1]->integers;
    const auto two = [&](auto make) {
      compute(to_.integers, [&](std::size_t row) { return make(row, left[row], right[row]); });
    };
    switch (node_.operation) {
      case Operation::add:
        return two([&](std::size_t row, std::int64_t a, std::int64_t b) {
          return __builtin_add_overflow(a, b, &a) ? fail(row) : a;
        });
      case Operation::subtract:
        return two([&](std::size_t row, std::int64_t a, std::int64_t b) {
          return __builtin_sub_overflow(a, b, &a) ? fail(row) : a;
        });
      case Operation::multiply:
        return two([&](std::size_t row, std::int64_t a, std::int64_t b) {
          return __builtin_mul_overflow(a, b, &a) ? fail(row) : a;
        });
      case Operation::floor_divide:
        return two([&](std::size_t row, std::int64_t a, std::int64_t b) {
          return floor_divide(row, a, b, false);
        });
      case Operation::remainder:
        return two([&](std::size_t row, std::int64_t a, std::int64_t b) {
          return floor_divide(row, a, b, true);
        });
      case Operation::power:
        return two(
            [&](std::size_t row, std::int64_t a, std::int64_t b) { return power(row, a, b); });
      case Operation::bit_and:
        return two([](std::size_t, std::int64_t a, std::int64_t b) { return a & b; });
      case Operation::bit_or:
        return two([](std::size_t, std::int64_t a, std::int64_t b) { return a | b; });
      case Operation::minimum:
        return two([](std::size_t, std::int64_t a, std::int64_t b) { return std::min(a, b); });
      case Operation::maximum:
        return two([](std::size_t, std::int64_t a, std::int64_t b) { return std::max(a, b); });
      default:
        return compare(left, right);
    }
  }

  void of_reals() {
    const std::vector<double>& left = reals(0);
    const Unary function = function_of(node_.operation);
    if (function != nullptr) {
      return compute(to_.reals, [&](std::size_t row) { return function(left[row]); });
    }
    const auto truth = [&](auto holds) {
      compute(to_.booleans,
              [&](std::size_t row) { return static_cast<std::uint8_t>(holds(row) ? 1 : 0); });
    };
    switch (node_.operation) {
      case Operation::is_nan:
        return truth([&](std::size_t row) { return std::isnan(left[row]); });
      case Operation::is_finite:
        return truth([&](std::size_t row) { return std::isfinite(left[row]); });
      case Operation::in:
        return truth([&](std::size_t row) {
          const auto& known = node_.numbers;
          return std::find(known.begin(), known.end(), left[row]) != known.end();
        });
      default:
        break;
    }
    const std::vector<double>& right = reals(1);
    const auto two = [&](auto make) {
      compute(to_.reals, [&](std::size_t row) { return make(left[row], right[row]); });
    };
    switch (node_.operation) {
      case Operation::add:
        return two([](double a, double b) { return a + b; });
      case Operation::subtract:
        return two([](double a, double b) { return a - b; });
      case Operation::multiply:
        return two([](double a, double b) { return a * b; });
      case Operation::divide:
        return two([](double a, double b) { return a / b; });
      case Operation::floor_divide:
        return two([](double a, double b) { return std::floor(a / b); });
      case Operation::remainder:
        return two(floor_remainder);
      case Operation::power:
        return two([](double a, double b) { return std::pow(a, b); });
      case Operation::minimum:
        return two(lesser);
      case Operation::maximum:
        return two(greater);
      case Operation::atan2:
        return two([](double a, double b) { return std::atan2(a, b); });
      case Operation::hypot:
        return two([](double a, double b) { return std::hypot(a, b); });
      default:
        return compare(left, right);
    }
  }

  const ExpressionNode& node_;
  std::size_t rows_;
  NodeValues& to_;
  std::vector<const NodeValues*> operands_;
  std::vector<ExpressionType> types_;
  std::vector<double> made_[2];
};

}  // namespace

void take_step(const std::vector<ExpressionNode>& nodes, std::size_t place, std::size_t rows,
               std::vector<NodeValues>& values) {
  Step(nodes, place, rows, values).take();
}

}  // namespace fastlane::kernels::records
