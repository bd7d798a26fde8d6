// What of a run grows window by window: columns or groups, counts, and the first errors in full.
// Windows are joined in their order; whoever joins them sees to that.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "kernels/records/group_by.hpp"
#include "kernels/records/layout.hpp"
#include "kernels/records/run.hpp"
#include "kernels/records/window_parser.hpp"

namespace fastlane::kernels::records {

class Totals {
 public:
  // Everything outlives the totals. `bytes_expected` is what there is to come, 0 when nobody knows;
  // `place` is told where the next window stands. Throws std::bad_alloc, as all below.
  Totals(const Program& program, const Layout& layout, std::uint64_t bytes_expected,
         LinePlace& place);

  void join(const Window& window, const WindowParser& parser);
  void join_refused(const Window& window);
  // Throws std::overflow_error.
  RunResult finish();

 private:
  bool has_room() const { return result_.errors.size() < program_.max_errors; }
  void begin_input(const Window& window);
  void add_detail(const Window& window, const Problem& problem, std::string_view row);
  void count_window(const Window& window);

  const Program& program_;
  const Layout& layout_;
  RunResult result_;
  std::optional<Groups> groups_;
  std::uint64_t bytes_expected_;
  LinePlace& place_;
};

// Names, columns and state of a finished result. Throws std::overflow_error.
void finish_groups(const Program& program, Groups& groups, RunResult& result);

}  // namespace fastlane::kernels::records
