// The aggregates. Integer sums are exact in 128 bits; float sums carry their rounding errors along.
#include "kernels/records/accumulators.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "kernels/records/per_group.hpp"
#include "kernels/records/picks.hpp"
#include "kernels/records/spreads.hpp"

namespace fastlane::kernels::records {
namespace {

struct IntegerSum {
  Integer sum = 0;
  template <class T>
  void take(T value) {
    sum += value;
  }
  void join(const IntegerSum& other) { sum += other.sum; }
  static void each(auto& self, auto& visit) { visit(self.sum); }
};

// The sum and, beside it, what rounding took away from it.
struct FloatSum {
  double sum = 0.0;
  double lost = 0.0;
  void take(double value) {
    const double wider = sum + value;
    const double taken = wider - sum;
    lost += (sum - (wider - taken)) + (value - taken);
    sum = wider;
  }
  void join(const FloatSum& other) {
    take(other.sum);
    lost += other.lost;
  }
  static void each(auto& self, auto& visit) { visit(self.sum, self.lost); }
  double total() const { return std::isfinite(sum) ? sum + lost : sum; }
};

template <class T>
using SumOf = std::conditional_t<std::is_floating_point_v<T>, FloatSum, IntegerSum>;

// The quotient of an exact sum and a count, rounded once.
double divide(Integer sum, std::uint64_t count) {
  Natural left = sum < 0 ? Natural{0} - static_cast<Natural>(sum) : static_cast<Natural>(sum);
  Natural quotient = left / count;
  left %= count;
  int shift = 0;
  while (left != 0 && quotient < (Natural{1} << 62) && shift < 1000) {
    left <<= 1;
    quotient <<= 1;
    if (left >= count) {
      left -= count;
      quotient |= 1;
    }
    ++shift;
  }
  if (left != 0) quotient |= 1;
  const double magnitude = std::ldexp(static_cast<double>(quotient), -shift);
  return sum < 0 ? -magnitude : magnitude;
}

struct CountState {
  std::int64_t count = 0;
  void join(const CountState& other) { count += other.count; }
  static void each(auto& self, auto& visit) { visit(self.count); }
};

class Count final : public PerGroup<CountState> {
 public:
  void add(const WindowColumn* column, std::span<const std::uint32_t> groups) override {
    const bool all = column == nullptr || !column->nullable;
    for (std::size_t row = 0; row < groups.size(); ++row) {
      states_[groups[row]].count += all || column->valid[row] != 0 ? 1 : 0;
    }
  }
  Column finish() const override {
    Column column(Type::int64);
    for (const CountState& state : states_) column.push_back(state.count);
    column.length = states_.size();
    return column;
  }
};

template <class T>
class Sum final : public PerGroup<SumOf<T>> {
 public:
  void add(const WindowColumn* column, std::span<const std::uint32_t> groups) override {
    this->template for_each_value<T>(*column, groups,
                                     [](SumOf<T>& state, T value) { state.take(value); });
  }
  Column finish() const override {
    Column column(std::is_floating_point_v<T> ? Type::float64 : Type::int64);
    for (std::size_t group = 0; group < this->states_.size(); ++group) {
      if constexpr (std::is_floating_point_v<T>) {
        column.push_back(this->states_[group].total());
      } else {
        const Integer sum = this->states_[group].sum;
        if (sum < std::numeric_limits<std::int64_t>::min() ||
            sum > std::numeric_limits<std::int64_t>::max()) {
          throw SumOverflow(group);
        }
        column.push_back(static_cast<std::int64_t>(sum));
      }
    }
    column.length = this->states_.size();
    return column;
  }
};

template <class SumState>
struct MeanState {
  SumState sum;
  std::uint64_t count = 0;
  static void each(auto& self, auto& visit) { visit(self.sum, self.count); }
  void join(const MeanState& other) {
    sum.join(other.sum);
    count += other.count;
  }
};

template <class T>
class Mean final : public PerGroup<MeanState<SumOf<T>>> {
  using State = MeanState<SumOf<T>>;

 public:
  void add(const WindowColumn* column, std::span<const std::uint32_t> groups) override {
    this->template for_each_value<T>(*column, groups, [](State& state, T value) {
      state.sum.take(value);
      ++state.count;
    });
  }
  Column finish() const override {
    Column column(Type::float64);
    for (const State& state : this->states_) {
      double mean = 0.0;
      if (state.count != 0) {
        if constexpr (std::is_floating_point_v<T>) {
          mean = state.sum.total() / static_cast<double>(state.count);
        } else {
          mean = divide(state.sum.sum, state.count);
        }
      }
      column.push_back(mean);
      ++column.length;
      column.note_validity(state.count != 0);
    }
    return column;
  }
};

// The largest or the smallest value; a nan wins over every number.
template <class T, bool kLargest>
struct ExtremeState {
  T value{};
  bool seen = false;
  static void each(auto& self, auto& visit) { visit(self.value, self.seen); }
  void take(T other) {
    bool better = kLargest ? other > value : other < value;
    if constexpr (std::is_floating_point_v<T>) {
      better = (better || std::isnan(other)) && !std::isnan(value);
    }
    if (better || !seen) value = other;
    seen = true;
  }
  void join(const ExtremeState& other) {
    if (other.seen) take(other.value);
  }
};

template <class T, bool kLargest>
class Extreme final : public PerGroup<ExtremeState<T, kLargest>> {
 public:
  explicit Extreme(Type type) : type_(type) {}
  void add(const WindowColumn* column, std::span<const std::uint32_t> groups) override {
    this->template for_each_value<T>(
        *column, groups, [](ExtremeState<T, kLargest>& state, T value) { state.take(value); });
  }
  Column finish() const override {
    Column column(type_);
    for (const ExtremeState<T, kLargest>& state : this->states_) {
      column.push_back(state.seen ? state.value : T{});
      ++column.length;
      column.note_validity(state.seen);
    }
    return column;
  }

 private:
  Type type_;
};

template <class T>
std::unique_ptr<Accumulator> make_over(const Aggregate& aggregate, Type type) {
  switch (aggregate.function) {
    case Function::sum:
      return std::make_unique<Sum<T>>();
    case Function::min:
      return std::make_unique<Extreme<T, false>>(type);
    case Function::max:
      return std::make_unique<Extreme<T, true>>(type);
    case Function::mean:
      return std::make_unique<Mean<T>>();
    case Function::std:
    case Function::quantile:
    case Function::count_distinct:
      return make_spread<T>(aggregate);
    case Function::any:
    case Function::all:
    case Function::first:
    case Function::last:
      return make_pick<T>(aggregate.function, type);
    case Function::count:
      break;
  }
  return std::make_unique<Count>();
}

}  // namespace

bool can_aggregate(Function function, std::optional<Type> type) {
  switch (function) {
    case Function::count:
      return true;
    case Function::first:
    case Function::last:
    case Function::count_distinct:
      return type.has_value();
    case Function::min:
    case Function::max:
      return type && !is_text(*type);
    default:
      return type && !is_text(*type) && *type != Type::timestamp;
  }
}

std::unique_ptr<Accumulator> make_accumulator(const Aggregate& aggregate,
                                              std::optional<Type> type) {
  if (aggregate.function == Function::count) return std::make_unique<Count>();
  switch (type.value()) {
    case Type::boolean:
    case Type::uint8:
      return make_over<std::uint8_t>(aggregate, *type);
    case Type::int8:
      return make_over<std::int8_t>(aggregate, *type);
    case Type::int16:
      return make_over<std::int16_t>(aggregate, *type);
    case Type::int32:
      return make_over<std::int32_t>(aggregate, *type);
    case Type::int64:
    case Type::timestamp:
      return make_over<std::int64_t>(aggregate, *type);
    case Type::uint16:
      return make_over<std::uint16_t>(aggregate, *type);
    case Type::uint32:
      return make_over<std::uint32_t>(aggregate, *type);
    case Type::uint64:
      return make_over<std::uint64_t>(aggregate, *type);
    case Type::float32:
      return make_over<float>(aggregate, *type);
    case Type::float64:
      return make_over<double>(aggregate, *type);
    case Type::string:
    case Type::category:
      break;
  }
  if (aggregate.function == Function::count_distinct) return make_text_spread();
  return make_text_pick(aggregate.function, *type);
}

}  // namespace fastlane::kernels::records
