// How a window is joined.
#include "kernels/records/totals.hpp"

#include <chrono>
#include <utility>

#include "kernels/records/errors.hpp"

namespace fastlane::kernels::records {
namespace {

using Clock = std::chrono::steady_clock;

}  // namespace

Totals::Totals(const Program& program, const Layout& layout, std::uint64_t bytes_expected,
               LinePlace& place)
    : program_(program),
      layout_(layout),
      result_(program.fields.size()),
      bytes_expected_(bytes_expected),
      place_(place) {
  if (program.aggregates_rows()) {
    groups_.emplace(program);
    return;
  }
  for (const std::size_t field : program.select) {
    result_.columns.emplace_back(program.fields[field].type);
  }
}

void Totals::join(const Window& window, const WindowParser& parser) {
  begin_input(window);
  const Clock::time_point begun = Clock::now();
  if (groups_) {
    groups_->join(parser.groups(), parser.columns());
  } else {
    for (std::size_t column = 0; column < result_.columns.size(); ++column) {
      result_.columns[column].append(parser.columns()[program_.select[column]]);
    }
  }
  for (const Problem& problem : parser.problems()) {
    if (!has_room()) break;
    add_detail(window, problem, window.text.substr(problem.begin, problem.end - problem.begin));
  }
  result_.error_counts.join(parser.error_counts());
  result_.rows_in += parser.rows();
  result_.rows_bad += parser.bad_rows();
  result_.rows_blank += parser.blank_lines();
  result_.rows_kept += parser.kept_rows();
  place_.lines += parser.lines();
  result_.metrics.seconds_parse += parser.seconds_parse();
  result_.metrics.seconds_aggregate += parser.seconds_aggregate();
  result_.metrics.seconds_aggregate += std::chrono::duration<double>(Clock::now() - begun).count();
  count_window(window);
}

void Totals::join_refused(const Window& window) {
  begin_input(window);
  const Problem problem{0, 0, 0, 0, kWholeRow, window.refused};
  std::string_view row = window.text.substr(0, window.text.find('\n'));
  const bool is_whole = window.text.size() < kRawBytes || row.size() < window.text.size();
  if (is_whole && !row.empty() && row.back() == '\r') row.remove_suffix(1);
  if (has_room()) add_detail(window, problem, row);
  result_.error_counts.add(problem.field, problem.code);
  ++result_.rows_in;
  ++result_.rows_bad;
  ++place_.lines;
  count_window(window);
}

RunResult Totals::finish() {
  if (groups_) {
    finish_groups(program_, *groups_, result_);
  } else {
    for (const std::size_t field : program_.select) {
      result_.names.push_back(program_.fields[field].name);
    }
  }
  return std::move(result_);
}

void Totals::begin_input(const Window& window) {
  if (window.input == place_.input) return;
  place_ = {window.input, 0};
}

void Totals::add_detail(const Window& window, const Problem& problem, std::string_view row) {
  ErrorDetail detail = explain(program_, layout_, problem, row, window.input);
  detail.row = result_.rows_in + problem.row;
  detail.line = place_.lines + static_cast<std::int64_t>(window.first_line) + problem.line + 1;
  detail.byte_offset = static_cast<std::int64_t>(window.begin + problem.begin);
  detail.source = static_cast<std::int32_t>(window.input);
  result_.errors.push_back(std::move(detail));
}

void Totals::count_window(const Window& window) {
  result_.metrics.bytes += window.end - window.begin;
  ++result_.metrics.windows;
  if (result_.metrics.windows != 1 || groups_) return;
  // The first window says how much to expect of the others; a little more, lest it is just too
  // few.
  // Packed bytes say nothing of how many there are.
  if (bytes_expected_ <= result_.metrics.bytes) return;
  const double times =
      static_cast<double>(bytes_expected_) / static_cast<double>(result_.metrics.bytes) * 1.05;
  for (Column& column : result_.columns) column.expect(times);
}

void finish_groups(const Program& program, Groups& groups, RunResult& result) {
  result.state = groups.save();
  result.columns = groups.finish();
  for (const std::size_t field : program.group_by) {
    result.names.push_back(program.fields[field].name);
  }
  for (const Aggregate& aggregate : program.aggregates) result.names.push_back(aggregate.name);
}

}  // namespace fastlane::kernels::records
