// The way of one window: blocks of rows through the readers, errors in order, then the groups.
#include "kernels/records/window_parser.hpp"

#include <algorithm>
#include <chrono>

namespace fastlane::kernels::records {
namespace {

using Clock = std::chrono::steady_clock;

// The fields whose values are wanted behind the checks.
std::vector<bool> stored_fields(const Program& program) {
  std::vector<bool> stored(program.fields.size(), false);
  for (const ExpressionNode& node : program.nodes) {
    if (node.operation == Operation::field) stored[node.field] = true;
  }
  if (!program.aggregates_rows()) {
    for (const std::size_t field : program.select) stored[field] = true;
    return stored;
  }
  for (const std::size_t field : program.group_by) stored[field] = true;
  for (const Aggregate& aggregate : program.aggregates) {
    if (aggregate.column) stored[*aggregate.column] = true;
  }
  return stored;
}

}  // namespace

WindowParser::WindowParser(const Program& program, const Layout& layout)
    : program_(program),
      source_(layout.make_source(program.max_row_bytes)),
      block_(layout.slot_count()),
      columns_(program.fields.size()),
      counts_(program.fields.size()) {
  const std::vector<bool> stored = stored_fields(program);
  for (std::size_t field = 0; field < program.fields.size(); ++field) {
    const ReaderPlace place{field, layout.slot_of_field(field), layout.escapes(), stored[field]};
    if (program.fields[field].is_derived) {
      columns_[field].type = program.fields[field].type;
      columns_[field].nullable = is_nullable(program.fields[field]);
    } else {
      readers_.push_back(make_reader(program.fields[field], place, columns_[field]));
    }
  }
  if (program.has_expressions()) expressions_.emplace(program);
  if (program.aggregates_rows()) groups_.emplace(program);
}

void WindowParser::parse(const Window& window) {
  const Clock::time_point begun = Clock::now();
  for (WindowColumn& column : columns_) column.clear();
  for (const auto& reader : readers_) reader->begin_window();
  counts_.clear();
  problems_.clear();
  bad_rows_ = 0;
  places_.clear();
  source_->open(window);
  std::size_t good_rows = 0;
  while (source_->next(block_)) {
    for (const auto& reader : readers_) reader->check(block_);
    if (!block_.problems.empty()) collect_problems(block_.problems);
    if (expressions_) note_places();
    for (const auto& reader : readers_) reader->store(block_);
    good_rows += block_.rows - static_cast<std::size_t>(std::count(
                                   block_.bad.begin(), block_.bad.begin() + block_.rows, 1));
  }
  bad_rows_ = source_->rows() - static_cast<std::uint32_t>(good_rows);
  const Clock::time_point parsed = Clock::now();
  if (expressions_) good_rows = run_expressions(good_rows);
  kept_rows_ = static_cast<std::uint32_t>(good_rows);
  if (groups_) groups_->take(columns_, good_rows);
  seconds_parse_ = std::chrono::duration<double>(parsed - begun).count();
  seconds_aggregate_ = std::chrono::duration<double>(Clock::now() - parsed).count();
}

void WindowParser::note_places() {
  for (std::size_t row = 0; row < block_.rows; ++row) {
    if (block_.bad[row] == 0) places_.push_back(block_.places[row]);
  }
}

// Derived columns, then the rows that stay: without the ones that failed, and those that the
// condition wants. Returns how many.
std::size_t WindowParser::run_expressions(std::size_t rows) {
  expressions_->evaluate(columns_, rows);
  std::vector<Problem> problems;
  kept_.assign(rows, 1);
  const auto check_states = [&](std::size_t node, std::int16_t field) {
    const std::vector<std::uint8_t>& states = expressions_->of(node).states;
    for (std::size_t row = 0; row < rows; ++row) {
      if ((states[row] & kFailed) == 0) continue;
      const RowPlace& place = places_[row];
      problems.push_back(
          {place.row, place.line, place.begin, place.end, field, ErrorCode::expression});
      kept_[row] = 0;
    }
  };
  for (std::size_t field = 0; field < program_.fields.size(); ++field) {
    if (!program_.fields[field].is_derived) continue;
    const std::size_t node = program_.fields[field].node;
    check_states(node, static_cast<std::int16_t>(field));
    expressions_->store(node, rows, columns_[field]);
  }
  if (program_.where) check_states(*program_.where, kWholeRow);
  bad_rows_ += static_cast<std::uint32_t>(std::count(kept_.begin(), kept_.end(), 0));
  if (program_.where) {
    const NodeValues& wanted = expressions_->of(*program_.where);
    for (std::size_t row = 0; row < rows; ++row) {
      if (wanted.states[row] != kPresent || wanted.booleans[row] == 0) kept_[row] = 0;
    }
  }
  if (!problems.empty()) collect_problems(problems);
  const auto kept = static_cast<std::size_t>(std::count(kept_.begin(), kept_.end(), 1));
  if (kept == rows) return rows;
  for (WindowColumn& column : columns_) {
    if (column.length == rows) column.keep(kept_);
  }
  return kept;
}

void WindowParser::collect_problems(std::vector<Problem>& problems) {
  for (const Problem& problem : problems) counts_.add(problem.field, problem.code);
  const bool behind = !problems_.empty() && problems_.back().row > problems.front().row;
  if (problems_.size() >= program_.max_errors && !behind) return;
  const auto by_row = [](const Problem& left, const Problem& right) {
    if (left.row != right.row) return left.row < right.row;
    // What concerns the whole row comes behind its fields.
    return static_cast<std::uint16_t>(left.field) < static_cast<std::uint16_t>(right.field);
  };
  std::sort(problems.begin(), problems.end(), by_row);
  const auto before = static_cast<std::ptrdiff_t>(problems_.size());
  problems_.insert(problems_.end(), problems.begin(), problems.end());
  // Expressions report rows of the whole window once more.
  if (behind) {
    std::inplace_merge(problems_.begin(), problems_.begin() + before, problems_.end(), by_row);
  }
  if (problems_.size() > program_.max_errors) problems_.resize(program_.max_errors);
}

}  // namespace fastlane::kernels::records
