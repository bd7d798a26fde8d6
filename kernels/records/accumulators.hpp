// One aggregate over all groups: takes values in, joins with the same aggregate of another piece of
// the input, and becomes a column. Joined in the order of the input the result does not depend on
// who computed which piece. Knows nothing of keys.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "kernels/records/column.hpp"
#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

class StateReader;
class StateWriter;

// A sum of integers that its column cannot hold.
class SumOverflow : public std::exception {
 public:
  explicit SumOverflow(std::size_t group) : group_(group) {}
  std::size_t group() const { return group_; }
  const char* what() const noexcept override { return "a sum that does not fit into int64"; }

 private:
  std::size_t group_;
};

class Accumulator {
 public:
  Accumulator() = default;
  Accumulator(const Accumulator&) = delete;
  Accumulator& operator=(const Accumulator&) = delete;
  virtual ~Accumulator() = default;

  // Begins again with no groups and keeps the memory.
  virtual void clear() = 0;
  // Makes room for that many groups; the added ones have seen nothing. Throws std::bad_alloc.
  virtual void resize(std::size_t groups) = 0;
  // Takes in a column, row by row: groups[row] is the group of the row. `column` is null for a
  // count of rows.
  virtual void add(const WindowColumn* column, std::span<const std::uint32_t> groups) = 0;
  // Takes in another accumulator of the same aggregate: its group g is this one's groups[g].
  virtual void join(const Accumulator& other, std::span<const std::uint32_t> groups) = 0;
  // What all groups have seen, as bytes; and back, once there are as many groups. Throw
  // std::bad_alloc, StateError.
  virtual void save(StateWriter& writer) const = 0;
  virtual void load(StateReader& reader) = 0;
  // The column of results. Throws SumOverflow.
  virtual Column finish() const = 0;
};

// Whether the function can be computed over that type; counting can be over every one.
bool can_aggregate(Function function, std::optional<Type> type);

// Precondition: can_aggregate.
std::unique_ptr<Accumulator> make_accumulator(const Aggregate& aggregate, std::optional<Type> type);

}  // namespace fastlane::kernels::records
