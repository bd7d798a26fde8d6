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
    readers_.push_back(make_reader(program.fields[field], place, columns_[field]));
  }
  if (program.aggregates_rows()) groups_.emplace(program);
}

void WindowParser::parse(const Window& window) {
  const Clock::time_point begun = Clock::now();
  for (WindowColumn& column : columns_) column.clear();
  for (const auto& reader : readers_) reader->begin_window();
  counts_.clear();
  problems_.clear();
  bad_rows_ = 0;
  source_->open(window);
  std::size_t good_rows = 0;
  while (source_->next(block_)) {
    for (const auto& reader : readers_) reader->check(block_);
    if (!block_.problems.empty()) collect_problems();
    for (const auto& reader : readers_) reader->store(block_);
    good_rows += block_.rows - static_cast<std::size_t>(std::count(
                                   block_.bad.begin(), block_.bad.begin() + block_.rows, 1));
  }
  bad_rows_ = source_->rows() - static_cast<std::uint32_t>(good_rows);
  const Clock::time_point parsed = Clock::now();
  if (groups_) groups_->take(columns_, good_rows);
  seconds_parse_ = std::chrono::duration<double>(parsed - begun).count();
  seconds_aggregate_ = std::chrono::duration<double>(Clock::now() - parsed).count();
}

void WindowParser::collect_problems() {
  for (const Problem& problem : block_.problems) counts_.add(problem.field, problem.code);
  if (problems_.size() >= program_.max_errors) return;
  std::sort(block_.problems.begin(), block_.problems.end(),
            [](const Problem& left, const Problem& right) {
              if (left.row != right.row) return left.row < right.row;
              // What concerns the whole row comes behind its fields.
              return static_cast<std::uint16_t>(left.field) <
                     static_cast<std::uint16_t>(right.field);
            });
  const std::size_t room = static_cast<std::size_t>(program_.max_errors) - problems_.size();
  const auto count = std::min(room, block_.problems.size());
  problems_.insert(problems_.end(), block_.problems.begin(),
                   block_.problems.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace fastlane::kernels::records
