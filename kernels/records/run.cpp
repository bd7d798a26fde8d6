// The workers, their turns, and what is joined in turn.
#include "kernels/records/run.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "kernels/records/group_by.hpp"
#include "kernels/records/layout.hpp"
#include "kernels/records/window_parser.hpp"

namespace fastlane::kernels::records {
namespace {

using Clock = std::chrono::steady_clock;

void finish_groups(const Program& program, Groups& groups, RunResult& result) {
  result.state = groups.save();
  result.columns = groups.finish();
  for (const std::size_t field : program.group_by) {
    result.names.push_back(program.fields[field].name);
  }
  for (const Aggregate& aggregate : program.aggregates) result.names.push_back(aggregate.name);
}

// Thrown by workers that wait for one that failed; the executor passes on the failure itself.
struct OtherFailed {};

// Lets windows be joined in their order, whoever parsed them.
class Turns {
 public:
  explicit Turns(std::size_t first) : next_(first) {}
  void wait_for(std::size_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return failed_ || next_ == index; });
    if (failed_) throw OtherFailed{};
  }
  void finish() {
    {
      const std::lock_guard lock(mutex_);
      ++next_;
    }
    changed_.notify_all();
  }
  void fail() noexcept {
    {
      const std::lock_guard lock(mutex_);
      failed_ = true;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t next_;
  bool failed_ = false;
};

// What grows window by window.
class Totals {
 public:
  Totals(const Program& program, const Layout& layout, std::uint64_t bytes_expected,
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

  void join(const Window& window, const WindowParser& parser) {
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
    result_.metrics.seconds_aggregate +=
        std::chrono::duration<double>(Clock::now() - begun).count();
    count_window(window);
  }

  void join_refused(const Window& window) {
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

  RunResult finish() {
    if (groups_) {
      finish_groups(program_, *groups_, result_);
    } else {
      for (const std::size_t field : program_.select) {
        result_.names.push_back(program_.fields[field].name);
      }
    }
    return std::move(result_);
  }

 private:
  bool has_room() const { return result_.errors.size() < program_.max_errors; }

  void begin_input(const Window& window) {
    if (window.input == place_.input) return;
    place_ = {window.input, 0};
  }

  void add_detail(const Window& window, const Problem& problem, std::string_view row) {
    ErrorDetail detail = explain(program_, layout_, problem, row, window.input);
    detail.row = result_.rows_in + problem.row;
    detail.line = place_.lines + static_cast<std::int64_t>(window.first_line) + problem.line + 1;
    detail.byte_offset = static_cast<std::int64_t>(window.begin + problem.begin);
    detail.source = static_cast<std::int32_t>(window.input);
    result_.errors.push_back(std::move(detail));
  }

  void count_window(const Window& window) {
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

  const Program& program_;
  const Layout& layout_;
  RunResult result_;
  std::optional<Groups> groups_;
  std::uint64_t bytes_expected_;
  LinePlace& place_;
};

// No more workers than windows, and never so many that their windows cost more than the result.
std::size_t workers_for(std::span<const Input> inputs, const RunOptions& options) {
  constexpr std::size_t kMost = 256;
  std::size_t windows = 1;
  for (const Input& input : inputs) {
    windows += input.bytes.size() / options.window_bytes;
    if (input.stream != nullptr) windows = kMost;
    if (is_gzip(input.bytes)) windows += input.bytes.size() / 1024;
  }
  return std::min({options.workers, windows, kMost});
}

}  // namespace

void run_alone(std::size_t, const Work& work, Checkpoint& checkpoint) { work(checkpoint); }

RunResult join_groups(const Program& program, std::string_view one, std::string_view other) {
  Groups groups = Groups::load(program, one);
  groups.join(Groups::load(program, other));
  RunResult result(program.fields.size());
  finish_groups(program, groups, result);
  return result;
}

Run::Run(const Program& program, std::span<const Input> inputs, const RunOptions& options)
    : program_(program),
      options_(options),
      layout_(make_layout(program)),
      feed_(inputs, *layout_, options.window_bytes, program.max_row_bytes),
      workers_(workers_for(inputs, options)) {}

Run::~Run() = default;

RunResult Run::next(std::uint64_t bytes, Checkpoint& checkpoint) {
  const Clock::time_point begun = Clock::now();
  const bool is_whole = bytes == kToTheEnd && windows_ == 0;
  Totals totals(program_, *layout_, is_whole ? feed_.bytes_in_all() : 0, place_);
  std::mutex cutting;
  Turns turns(windows_);
  std::uint64_t cut = 0;

  const auto parse_windows = [&](Checkpoint& mine) {
    WindowParser parser(program_, *layout_);
    Buffer<char> copy;
    Window window;
    while (true) {
      {
        const std::lock_guard lock(cutting);
        if (cut >= bytes) return;
        if (!feed_.next(window, copy, mine)) {
          ended_ = true;
          return;
        }
        ++windows_;
        cut += window.end - window.begin;
        if (options_.taken != nullptr) options_.taken->store(feed_.bytes_taken());
      }
      const std::size_t size = window.text.size();
      if (window.refused != ErrorCode::none) {
        turns.wait_for(window.index);
        totals.join_refused(window);
      } else {
        const auto begin = static_cast<std::size_t>(window.begin);
        if (window.file != nullptr) window.file->will_need(begin, size);
        parser.parse(window);
        turns.wait_for(window.index);
        totals.join(window, parser);
        if (window.file != nullptr) window.file->forget(begin, size);
      }
      turns.finish();
      mine.spend(size);
    }
  };
  const Work work = [&](Checkpoint& mine) {
    try {
      parse_windows(mine);
    } catch (const OtherFailed&) {
    } catch (...) {
      turns.fail();
      throw;
    }
  };
  options_.executor(workers_, work, checkpoint);
  RunResult result = totals.finish();
  result.damage = feed_.damage();
  result.metrics.seconds_total = std::chrono::duration<double>(Clock::now() - begun).count();
  return result;
}

RunResult run(const Program& program, std::span<const Input> inputs, Checkpoint& checkpoint,
              const RunOptions& options) {
  return Run(program, inputs, options).next(Run::kToTheEnd, checkpoint);
}

}  // namespace fastlane::kernels::records
