// The loop over a block, and the conversions with their bounds.
#include "kernels/records/value_reader.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

#include "kernels/records/floats.hpp"
#include "kernels/records/integers.hpp"
#include "kernels/records/timestamps.hpp"

namespace fastlane::kernels::records {
namespace {

// The integers that all bounds of a field allow, and those it lists.
template <class T>
class IntegerLimits {
 public:
  explicit IntegerLimits(const Field& field) {
    Integer low = std::numeric_limits<T>::min();
    Integer high = std::numeric_limits<T>::max();
    if (field.ge) low = std::max(low, ceiling(*field.ge));
    if (field.gt) low = std::max(low, floor(*field.gt) + 1);
    if (field.le) high = std::min(high, floor(*field.le));
    if (field.lt) high = std::min(high, ceiling(*field.lt) - 1);
    empty_ = low > high;
    if (!empty_) {
      low_ = static_cast<T>(low);
      high_ = static_cast<T>(high);
    }
    listed_only_ = field.has_one_of;
    for (const Integer one : field.one_of_integers) {
      if (one >= std::numeric_limits<T>::min() && one <= std::numeric_limits<T>::max()) {
        listed_.push_back(static_cast<T>(one));
      }
    }
    std::sort(listed_.begin(), listed_.end());
  }

  ErrorCode check(T value) const {
    if (value < low_ || value > high_ || empty_) return ErrorCode::range;
    if (listed_only_ && !std::binary_search(listed_.begin(), listed_.end(), value)) {
      return ErrorCode::one_of;
    }
    return ErrorCode::none;
  }

 private:
  // Bounds far outside of every type become the largest integer that can still be stepped over.
  static constexpr Integer kFar = Integer{1} << 100;

  static Integer clamped(double value) {
    if (value >= 1e30) return kFar;
    if (value <= -1e30) return -kFar;
    return static_cast<Integer>(value);
  }
  static Integer clamped(Integer value) { return std::clamp(value, -kFar, kFar); }
  static Integer floor(const Number& bound) {
    return bound.is_whole ? clamped(bound.whole) : clamped(std::floor(bound.real));
  }
  static Integer ceiling(const Number& bound) {
    return bound.is_whole ? clamped(bound.whole) : clamped(std::ceil(bound.real));
  }

  T low_ = std::numeric_limits<T>::min();
  T high_ = std::numeric_limits<T>::max();
  bool empty_ = false;
  bool listed_only_ = false;
  std::vector<T> listed_;
};

template <class T>
class IntegerRule {
 public:
  using Value = T;
  explicit IntegerRule(const Field& field) : limits_(field) {}

  ErrorCode convert(std::string_view text, T& value) {
    return read_integer(text.data(), text.size(), value);
  }
  ErrorCode check(T value) const { return limits_.check(value); }

 private:
  IntegerLimits<T> limits_;
};

template <class T>
class FloatRule {
 public:
  using Value = T;
  explicit FloatRule(const Field& field) : allow_nan_(field.allow_nan) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    low_ = field.ge ? real(*field.ge) : -kInfinity;
    high_ = field.le ? real(*field.le) : kInfinity;
    above_ = field.gt ? real(*field.gt) : 0.0;
    below_ = field.lt ? real(*field.lt) : 0.0;
    has_above_ = field.gt.has_value();
    has_below_ = field.lt.has_value();
    bounded_ = field.ge || field.le || has_above_ || has_below_;
  }

  ErrorCode convert(std::string_view text, T& value) {
    return read_float(text.data(), text.size(), allow_nan_, value);
  }
  // A bound lets no nan through.
  ErrorCode check(T value) const {
    if (!bounded_) return ErrorCode::none;
    const bool inside = value >= low_ && value <= high_ && (!has_above_ || value > above_) &&
                        (!has_below_ || value < below_);
    return inside ? ErrorCode::none : ErrorCode::range;
  }

 private:
  static double real(const Number& bound) {
    return bound.is_whole ? static_cast<double>(bound.whole) : bound.real;
  }

  bool allow_nan_;
  double low_, high_, above_, below_;
  bool has_above_, has_below_, bounded_;
};

class TimestampRule {
 public:
  using Value = std::int64_t;
  explicit TimestampRule(const Field& field) : parser_(field.format), limits_(field) {}

  ErrorCode convert(std::string_view text, std::int64_t& value) {
    return parser_.read(text.data(), text.size(), value);
  }
  ErrorCode check(std::int64_t value) const { return limits_.check(value); }

 private:
  TimestampParser parser_;
  IntegerLimits<std::int64_t> limits_;
};

// true, false in any case, 1 and 0.
class BooleanRule {
 public:
  using Value = std::uint8_t;
  explicit BooleanRule(const Field&) {}

  ErrorCode convert(std::string_view text, std::uint8_t& value) {
    std::uint64_t lower = load_word(text.data()) & byte_mask(text.size());
    if (text.size() == 1 && (lower == '0' || lower == '1')) {
      value = static_cast<std::uint8_t>(lower - '0');
      return ErrorCode::none;
    }
    lower |= 0x2020202020202020 & byte_mask(text.size());
    const bool is_true = text.size() == 4 && lower == 0x65757274;
    const bool is_false = text.size() == 5 && lower == 0x65736c6166;
    value = is_true ? 1 : 0;
    return is_true || is_false ? ErrorCode::none : ErrorCode::type;
  }
  ErrorCode check(std::uint8_t) const { return ErrorCode::none; }
};

template <class Rule>
class ValueReader final : public FieldReader {
 public:
  using Value = typename Rule::Value;

  ValueReader(const Field& field, const ReaderPlace& place, WindowColumn& column)
      : FieldReader(field, place, column), rule_(field) {
    if (has_default_ && rule_.convert(default_.view(), default_value_) != ErrorCode::none) {
      throw std::invalid_argument("a default that is no " + std::string(name_of(field.type)));
    }
  }

  void check(RowBlock& block) override {
    const Slice* slices = block.slot(slot_);
    for (std::size_t row = 0; row < block.rows; ++row) {
      const Slice slice = slices[row];
      std::string_view text(block.text + slice.begin(), slice.size());
      ErrorCode code = ErrorCode::none;
      bool null = false;
      if (slice.is_plain()) [[likely]] {
        null = is_null(text);
      } else {
        code = resolve(block.text, slice, text, null);
      }
      if (code == ErrorCode::none) {
        Value value{};
        if (null) {
          code = take_null(row, slice);
        } else {
          valid_[row] = 1;
          code = rule_.convert(text, value);
          if (code == ErrorCode::none) code = rule_.check(value);
          values_[row] = value;
        }
      }
      if (code != ErrorCode::none) [[unlikely]] {
        block.report(row, index_, code);
      }
    }
  }

  void store(const RowBlock& block) override {
    if (!stored_) return;
    auto* to = reinterpret_cast<Value*>(column_.values.extend(block.rows * sizeof(Value)));
    std::uint8_t* valid = nullable_ ? column_.valid.extend(block.rows) : nullptr;
    std::size_t kept = 0;
    for (std::size_t row = 0; row < block.rows; ++row) {
      to[kept] = values_[row];
      if (valid != nullptr) valid[kept] = valid_[row];
      kept += block.bad[row] ^ 1U;
    }
    column_.length += kept;
    column_.values.resize(column_.length * sizeof(Value));
    if (nullable_) column_.valid.resize(column_.length);
  }

 private:
  ErrorCode take_null(std::size_t row, Slice slice) {
    values_[row] = default_value_;
    valid_[row] = has_default_ ? 1 : 0;
    return has_default_ || nullable_ ? ErrorCode::none : refusal_of(slice);
  }

  Rule rule_;
  Value default_value_{};
  std::array<Value, kBlockRows> values_{};
  std::array<std::uint8_t, kBlockRows> valid_{};
};

}  // namespace

std::unique_ptr<FieldReader> make_value_reader(const Field& field, const ReaderPlace& place,
                                               WindowColumn& column) {
  const auto make = [&]<class Rule>() -> std::unique_ptr<FieldReader> {
    return std::make_unique<ValueReader<Rule>>(field, place, column);
  };
  switch (field.type) {
    case Type::boolean:
      return make.template operator()<BooleanRule>();
    case Type::int8:
      return make.template operator()<IntegerRule<std::int8_t>>();
    case Type::int16:
      return make.template operator()<IntegerRule<std::int16_t>>();
    case Type::int32:
      return make.template operator()<IntegerRule<std::int32_t>>();
    case Type::int64:
      return make.template operator()<IntegerRule<std::int64_t>>();
    case Type::uint8:
      return make.template operator()<IntegerRule<std::uint8_t>>();
    case Type::uint16:
      return make.template operator()<IntegerRule<std::uint16_t>>();
    case Type::uint32:
      return make.template operator()<IntegerRule<std::uint32_t>>();
    case Type::uint64:
      return make.template operator()<IntegerRule<std::uint64_t>>();
    case Type::float32:
      return make.template operator()<FloatRule<float>>();
    case Type::float64:
      return make.template operator()<FloatRule<double>>();
    case Type::timestamp:
      return make.template operator()<TimestampRule>();
    case Type::string:
    case Type::category:
      break;
  }
  throw std::invalid_argument("no values of a fixed width");
}

}  // namespace fastlane::kernels::records
