// Runs a program over inputs: windows are parsed one beside the other and joined one after the
// other, in the order of the input, so that the result is the same for any number of workers.
// Memory: each worker holds one window and its columns; only selected columns or groups grow.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/checkpoint.hpp"
#include "kernels/records/column.hpp"
#include "kernels/records/errors.hpp"
#include "kernels/records/feed.hpp"
#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

// Calls the work up to `workers` times, as many at once as it likes but the first on the calling
// thread, and returns when all calls have; throws what one of them throws. One call does everything
// when there is no other.
using Work = std::function<void(Checkpoint& checkpoint)>;
using Executor = std::function<void(std::size_t workers, const Work& work, Checkpoint& checkpoint)>;

// On the calling thread alone.
void run_alone(std::size_t workers, const Work& work, Checkpoint& checkpoint);

struct RunOptions {
  std::size_t workers = 1;
  std::size_t window_bytes = std::size_t{1} << 20;
  Executor executor = run_alone;
  std::atomic<std::uint64_t>* taken = nullptr;  // told how many bytes the inputs have given
};

struct RunMetrics {
  double seconds_parse = 0.0;      // of all workers together
  double seconds_aggregate = 0.0;  // of all workers together
  double seconds_total = 0.0;      // by the clock on the wall
  std::uint64_t bytes = 0;
  std::uint64_t windows = 0;
};

struct RunResult {
  explicit RunResult(std::size_t fields) : error_counts(fields) {}

  std::vector<std::string> names;  // of the columns
  std::vector<Column> columns;     // keys and aggregates, or the selected fields
  Buffer<char> state;              // of groups, for join_groups
  std::int64_t rows_in = 0;
  std::int64_t rows_bad = 0;
  std::int64_t rows_blank = 0;
  std::int64_t rows_kept = 0;  // good, and wanted by the condition
  ErrorCounts error_counts;
  std::vector<ErrorDetail> errors;
  std::optional<Damage> damage;  // where the run ended early
  RunMetrics metrics;
};

// Which input the rows come from, and how many lines of it there were before.
struct LinePlace {
  std::size_t input = 0;
  std::int64_t lines = 0;
};

// A run over inputs, in one go or piece by piece.
class Run {
 public:
  static constexpr std::uint64_t kToTheEnd = ~std::uint64_t{0};

  // The program must have passed `check`. Program and inputs outlive the run.
  Run(const Program& program, std::span<const Input> inputs, const RunOptions& options = {});
  ~Run();

  // The result of the next windows, of `bytes` or just more, unless the inputs end before. Rows are
  // counted from 0 in each piece, lines and offsets in their inputs. After a throw the run is over.
  RunResult next(std::uint64_t bytes, Checkpoint& checkpoint);
  bool has_ended() const { return ended_; }

 private:
  const Program& program_;
  RunOptions options_;
  std::unique_ptr<Layout> layout_;
  Feed feed_;
  std::size_t workers_;
  std::size_t windows_ = 0;
  LinePlace place_;
  bool ended_ = false;
};

// The program must have passed `check`. Throws std::bad_alloc, HeaderError, std::overflow_error for
// a sum that does not fit, and what the checkpoint and the executor throw.
RunResult run(const Program& program, std::span<const Input> inputs, Checkpoint& checkpoint,
              const RunOptions& options = {});

// The groups of two results of the program as one, by their states: names, columns and state, and
// no counts. Throws StateError, std::bad_alloc and std::overflow_error.
RunResult join_groups(const Program& program, std::string_view one, std::string_view other);

}  // namespace fastlane::kernels::records
