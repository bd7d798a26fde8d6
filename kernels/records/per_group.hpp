// What accumulators share: one state a group, and the way from a window's column to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/records/accumulators.hpp"
#include "kernels/records/column.hpp"
#include "kernels/records/state.hpp"

namespace fastlane::kernels::records {

// `State` joins with another one of the group that stands behind it in the input, and lists its
// parts in `each`.
template <class State>
class PerGroup : public Accumulator {
 public:
  void clear() override { states_.clear(); }
  void resize(std::size_t groups) override { states_.resize(groups); }
  void join(const Accumulator& other, std::span<const std::uint32_t> groups) override {
    const auto& theirs = static_cast<const PerGroup&>(other).states_;
    for (std::size_t group = 0; group < groups.size(); ++group) {
      states_[groups[group]].join(theirs[group]);
    }
  }
  void save(StateWriter& writer) const override {
    for (const State& state : states_) writer.put(state);
  }
  void load(StateReader& reader) override {
    for (State& state : states_) reader.take(state);
  }

 protected:
  // Calls `take(state, value)` for every row whose value is not null.
  template <class T, class Take>
  void for_each_value(const WindowColumn& column, std::span<const std::uint32_t> groups,
                      Take take) {
    const T* values = column.as<T>();
    if (!column.nullable) {
      for (std::size_t row = 0; row < groups.size(); ++row) take(states_[groups[row]], values[row]);
      return;
    }
    for (std::size_t row = 0; row < groups.size(); ++row) {
      if (column.valid[row] != 0) take(states_[groups[row]], values[row]);
    }
  }

  // The same for a column of texts.
  template <class Take>
  void for_each_text(const WindowColumn& column, std::span<const std::uint32_t> groups, Take take) {
    const char* text = column.texts.begin();
    for (std::size_t row = 0; row < groups.size(); ++row) {
      std::string_view value;
      if (column.type == Type::string) {
        value = {text, column.sizes[row]};
        text += column.sizes[row];
      } else if (column.is_valid(row)) {
        value = column.dictionary[static_cast<std::size_t>(column.as<std::int32_t>()[row])];
      }
      if (column.is_valid(row)) take(states_[groups[row]], value);
    }
  }

  std::vector<State> states_;
};

}  // namespace fastlane::kernels::records
