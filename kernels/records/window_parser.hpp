// Parses one window of the input, from text to checked columns or to groups, in memory that serves
// for one window after the other. What comes out depends on the window alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "kernels/records/block.hpp"
#include "kernels/records/column.hpp"
#include "kernels/records/errors.hpp"
#include "kernels/records/expressions.hpp"
#include "kernels/records/field_reader.hpp"
#include "kernels/records/group_by.hpp"
#include "kernels/records/layout.hpp"
#include "kernels/records/program.hpp"
#include "kernels/records/row_source.hpp"

namespace fastlane::kernels::records {

class WindowParser {
 public:
  // Program and layout outlive the parser.
  WindowParser(const Program& program, const Layout& layout);

  // Precondition: the window is not refused. Throws std::bad_alloc, std::length_error.
  void parse(const Window& window);

  // Of the window parsed last.
  const std::vector<WindowColumn>& columns() const { return columns_; }  // by field
  const WindowGroups& groups() const { return *groups_; }                // when rows are aggregated
  const ErrorCounts& error_counts() const { return counts_; }
  const std::vector<Problem>& problems() const { return problems_; }  // the first ones, in order
  std::uint32_t rows() const { return source_->rows(); }
  std::uint32_t bad_rows() const { return bad_rows_; }
  std::uint32_t kept_rows() const { return kept_rows_; }  // by the condition, of the good ones
  std::uint32_t blank_lines() const { return source_->blank_lines(); }
  std::uint32_t lines() const { return source_->lines(); }
  double seconds_parse() const { return seconds_parse_; }
  double seconds_aggregate() const { return seconds_aggregate_; }

 private:
  void collect_problems(std::vector<Problem>& problems);
  void note_places();
  std::size_t run_expressions(std::size_t rows);

  const Program& program_;
  std::unique_ptr<RowSource> source_;
  RowBlock block_;
  std::vector<WindowColumn> columns_;
  std::vector<std::unique_ptr<FieldReader>> readers_;
  std::optional<WindowGroups> groups_;
  ErrorCounts counts_;
  std::vector<Problem> problems_;
  std::optional<Expressions> expressions_;
  std::vector<RowPlace> places_;    // of the good rows, for expressions
  std::vector<std::uint8_t> kept_;  // by good row, for expressions
  std::uint32_t bad_rows_ = 0;
  std::uint32_t kept_rows_ = 0;
  double seconds_parse_ = 0.0;
  double seconds_aggregate_ = 0.0;
};

}  // namespace fastlane::kernels::records
