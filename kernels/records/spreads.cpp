// The mean and the squares around it, joined as Chan, Golub and LeVeque do; and the two sketches.
#include "kernels/records/spreads.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "kernels/records/hash.hpp"
#include "kernels/records/per_group.hpp"
#include "kernels/records/sketches.hpp"

namespace fastlane::kernels::records {
namespace {

struct VarianceState {
  double count = 0.0;
  double mean = 0.0;
  double squares = 0.0;  // of the distances from the mean
  static void each(auto& self, auto& visit) { visit(self.count, self.mean, self.squares); }
  void take(double value) {
    count += 1;
    const double distance = value - mean;
    mean += distance / count;
    squares += distance * (value - mean);
  }
  void join(const VarianceState& other) {
    if (other.count == 0) return;
    if (count == 0) {
      *this = other;
      return;
    }
    const double all = count + other.count;
    const double distance = other.mean - mean;
    squares += other.squares + distance * distance * (count * other.count / all);
    mean += distance * (other.count / all);
    count = all;
  }
};

template <class T>
class Deviation final : public PerGroup<VarianceState> {
 public:
  explicit Deviation(double freedom) : freedom_(freedom) {}
  void add(const WindowColumn* column, std::span<const std::uint32_t> groups) override {
    this->template for_each_value<T>(*column, groups, [](VarianceState& state, T value) {
      state.take(static_cast<double>(value));
    });
  }
  Column finish() const override {
    Column column(Type::float64);
    for (const VarianceState& state : this->states_) {
      const bool enough = state.count > freedom_;
      column.push_back(enough ? std::sqrt(state.squares / (state.count - freedom_)) : 0.0);
      ++column.length;
      column.note_validity(enough);
    }
    return column;
  }

 private:
  double freedom_;
};

template <class T>
class Quantile final : public PerGroup<QuantileSketch> {
 public:
  explicit Quantile(double which) : which_(which) {}
  void add(const WindowColumn* column, std::span<const std::uint32_t> groups) override {
    this->template for_each_value<T>(*column, groups, [](QuantileSketch& state, T value) {
      state.add(static_cast<double>(value));
    });
  }
  Column finish() const override {
    Column column(Type::float64);
    for (const QuantileSketch& state : this->states_) {
      column.push_back(state.empty() ? 0.0 : state.quantile(which_));
      ++column.length;
      column.note_validity(!state.empty());
    }
    return column;
  }

 private:
  double which_;
};

Column counts_of(const std::vector<DistinctCounter>& states) {
  Column column(Type::int64);
  for (const DistinctCounter& state : states) column.push_back(state.count());
  column.length = states.size();
  return column;
}

// Numbers that compare equal are one value; so are all nans.
template <class T>
std::uint64_t word_of(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    const double wide = static_cast<double>(value);
    if (std::isnan(wide)) return ~std::uint64_t{0};
    return std::bit_cast<std::uint64_t>(wide == 0 ? 0.0 : wide);
  } else {
    return static_cast<std::uint64_t>(value);
  }
}

template <class T>
class Distinct final : public PerGroup<DistinctCounter> {
 public:
  void add(const WindowColumn* column, std::span<const std::uint32_t> groups) override {
    this->template for_each_value<T>(
        *column, groups, [](DistinctCounter& state, T value) { state.add(word_of(value)); });
  }
  Column finish() const override { return counts_of(this->states_); }
};

// Texts count by a hash of 64 bits, the same in every process.
class DistinctTexts final : public PerGroup<DistinctCounter> {
 public:
  void add(const WindowColumn* column, std::span<const std::uint32_t> groups) override {
    for_each_text(*column, groups, [](DistinctCounter& state, std::string_view text) {
      state.add(hash_text(text.data(), text.size(), kFixedSeeds));
    });
  }
  Column finish() const override { return counts_of(states_); }
};

}  // namespace

template <class T>
std::unique_ptr<Accumulator> make_spread(const Aggregate& aggregate) {
  switch (aggregate.function) {
    case Function::std:
      return std::make_unique<Deviation<T>>(aggregate.parameter);
    case Function::quantile:
      return std::make_unique<Quantile<T>>(aggregate.parameter);
    default:
      return std::make_unique<Distinct<T>>();
  }
}

template std::unique_ptr<Accumulator> make_spread<std::int8_t>(const Aggregate&);
template std::unique_ptr<Accumulator> make_spread<std::int16_t>(const Aggregate&);
template std::unique_ptr<Accumulator> make_spread<std::int32_t>(const Aggregate&);
template std::unique_ptr<Accumulator> make_spread<std::int64_t>(const Aggregate&);
template std::unique_ptr<Accumulator> make_spread<std::uint8_t>(const Aggregate&);
template std::unique_ptr<Accumulator> make_spread<std::uint16_t>(const Aggregate&);
template std::unique_ptr<Accumulator> make_spread<std::uint32_t>(const Aggregate&);
template std::unique_ptr<Accumulator> make_spread<std::uint64_t>(const Aggregate&);
template std::unique_ptr<Accumulator> make_spread<float>(const Aggregate&);
template std::unique_ptr<Accumulator> make_spread<double>(const Aggregate&);

std::unique_ptr<Accumulator> make_text_spread() { return std::make_unique<DistinctTexts>(); }

}  // namespace fastlane::kernels::records
