// Derived columns and the condition that rows have to meet: evaluates the nodes of a program over
// the columns of one window, a node at a time. A value is there, null, or failed (an integer that
// does not fit, a division by zero); what fails makes its row a bad one, unless where() passed it
// over. Does not know how expressions are written, nor check their types: Python does that.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/records/column.hpp"
#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

inline constexpr std::uint8_t kPresent = 0, kNull = 1, kFailed = 2;  // joined by or

// What a node comes to, by row.
struct NodeValues {
  std::vector<std::uint8_t> states;
  std::vector<std::int64_t> integers;
  std::vector<double> reals;
  std::vector<std::uint8_t> booleans;
  std::vector<std::string_view> texts;  // of the window's columns or of the program
};

class Expressions {
 public:
  // The program outlives the object and has passed `check`.
  explicit Expressions(const Program& program) : program_(program), values_(program.nodes.size()) {}

  // Evaluates all nodes over the first `rows` rows of the columns, which stand by field. Throws
  // std::bad_alloc.
  void evaluate(const std::vector<WindowColumn>& columns, std::size_t rows);

  const NodeValues& of(std::size_t node) const { return values_[node]; }

  // Writes what a node came to into a column of its type.
  void store(std::size_t node, std::size_t rows, WindowColumn& column) const;

 private:
  void read_field(const ExpressionNode& node, const std::vector<WindowColumn>& columns,
                  std::size_t rows, NodeValues& to) const;

  const Program& program_;
  std::vector<NodeValues> values_;
};

}  // namespace fastlane::kernels::records
