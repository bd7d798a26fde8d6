// The workers, their turns, and what is joined in turn.
#include "kernels/records/run.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>

#include "kernels/records/group_by.hpp"
#include "kernels/records/layout.hpp"
#include "kernels/records/totals.hpp"
#include "kernels/records/window_parser.hpp"

namespace fastlane::kernels::records {
namespace {

using Clock = std::chrono::steady_clock;

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
