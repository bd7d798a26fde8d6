// Runs a program over one small text after the other, in memory that is kept: for request handlers,
// to whom making a run ready would cost more than the run. The result is that of run().
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "kernels/records/run.hpp"
#include "kernels/records/window_parser.hpp"

namespace fastlane::kernels::records {

class SmallRun {
 public:
  // Whether a text can go this way: one window, not packed, of a source without headers.
  static bool fits(const Program& program, std::string_view text);

  // The program outlives the object and has passed `check`.
  explicit SmallRun(const Program& program);
  ~SmallRun();

  // Precondition: fits. Throws std::bad_alloc, std::overflow_error.
  RunResult run(std::string_view text);

  // The columns of the only row, by field, until the next call; null when the text is anything but
  // one good row. Precondition: fits, and every field is selected. Throws std::bad_alloc.
  const std::vector<WindowColumn>* read_row(std::string_view text);

 private:
  bool take(std::string_view text, Window& window);

  const Program& program_;
  std::unique_ptr<Layout> layout_;
  WindowParser parser_;
  Buffer<char> text_;
};

}  // namespace fastlane::kernels::records
