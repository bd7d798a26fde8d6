// First, last, any, all. Joining follows the order of the input, so "first" stays the first.
#include "kernels/records/picks.hpp"

#include <string>
#include <vector>

#include "kernels/records/per_group.hpp"

namespace fastlane::kernels::records {
namespace {

template <class T, bool kLast>
struct PickState {
  T value{};
  bool seen = false;
  static void each(auto& self, auto& visit) { visit(self.value, self.seen); }
  void take(const T& other) {
    if (kLast || !seen) value = other;
    seen = true;
  }
  void join(const PickState& other) {
    if (other.seen) take(other.value);
  }
};

template <class T, bool kLast>
class Pick final : public PerGroup<PickState<T, kLast>> {
 public:
  explicit Pick(Type type) : type_(type) {}
  void add(const WindowColumn* column, std::span<const std::uint32_t> groups) override {
    this->template for_each_value<T>(
        *column, groups, [](PickState<T, kLast>& state, T value) { state.take(value); });
  }
  Column finish() const override {
    Column column(type_);
    for (const PickState<T, kLast>& state : this->states_) {
      column.push_back(state.value);
      ++column.length;
      column.note_validity(state.seen);
    }
    return column;
  }

 private:
  Type type_;
};

template <bool kLast>
class TextPick final : public PerGroup<PickState<std::string, kLast>> {
 public:
  explicit TextPick(Type type) : type_(type) {}
  void add(const WindowColumn* column, std::span<const std::uint32_t> groups) override {
    this->for_each_text(*column, groups,
                        [](PickState<std::string, kLast>& state, std::string_view value) {
                          if (kLast || !state.seen) state.value = value;
                          state.seen = true;
                        });
  }
  Column finish() const override {
    Column column(type_);
    for (const PickState<std::string, kLast>& state : this->states_) {
      if (type_ == Type::string) {
        column.append_text(state.value);
      } else {
        // A dictionary reads sixteen bytes, whatever the size.
        const std::string padded = state.value + std::string(16, '\0');
        const std::string_view text(padded.data(), state.value.size());
        column.push_back(state.seen ? column.dictionary.add(text) : std::int32_t{0});
      }
      ++column.length;
      column.note_validity(state.seen);
    }
    return column;
  }

 private:
  Type type_;
};

template <bool kAll>
struct TruthState {
  bool truth = kAll;
  static void each(auto& self, auto& visit) { visit(self.truth); }
  void take(bool value) { truth = kAll ? truth && value : truth || value; }
  void join(const TruthState& other) { take(other.truth); }
};

template <class T, bool kAll>
class Truth final : public PerGroup<TruthState<kAll>> {
 public:
  void add(const WindowColumn* column, std::span<const std::uint32_t> groups) override {
    this->template for_each_value<T>(
        *column, groups, [](TruthState<kAll>& state, T value) { state.take(value != T{}); });
  }
  Column finish() const override {
    Column column(Type::boolean);
    for (const TruthState<kAll>& state : this->states_) {
      column.push_back(static_cast<std::uint8_t>(state.truth ? 1 : 0));
    }
    column.length = this->states_.size();
    return column;
  }
};

}  // namespace

template <class T>
std::unique_ptr<Accumulator> make_pick(Function function, Type type) {
  switch (function) {
    case Function::any:
      return std::make_unique<Truth<T, false>>();
    case Function::all:
      return std::make_unique<Truth<T, true>>();
    case Function::first:
      return std::make_unique<Pick<T, false>>(type);
    default:
      return std::make_unique<Pick<T, true>>(type);
  }
}

template std::unique_ptr<Accumulator> make_pick<std::int8_t>(Function, Type);
template std::unique_ptr<Accumulator> make_pick<std::int16_t>(Function, Type);
template std::unique_ptr<Accumulator> make_pick<std::int32_t>(Function, Type);
template std::unique_ptr<Accumulator> make_pick<std::int64_t>(Function, Type);
template std::unique_ptr<Accumulator> make_pick<std::uint8_t>(Function, Type);
template std::unique_ptr<Accumulator> make_pick<std::uint16_t>(Function, Type);
template std::unique_ptr<Accumulator> make_pick<std::uint32_t>(Function, Type);
template std::unique_ptr<Accumulator> make_pick<std::uint64_t>(Function, Type);
template std::unique_ptr<Accumulator> make_pick<float>(Function, Type);
template std::unique_ptr<Accumulator> make_pick<double>(Function, Type);

std::unique_ptr<Accumulator> make_text_pick(Function function, Type type) {
  if (function == Function::first) return std::make_unique<TextPick<false>>(type);
  return std::make_unique<TextPick<true>>(type);
}

}  // namespace fastlane::kernels::records
