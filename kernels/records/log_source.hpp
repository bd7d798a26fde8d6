// Takes the lines of a server log apart, by the index of the bytes that separate tokens.
// Escapes are only noticed here; whoever needs the text undoes them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/records/line_source.hpp"
#include "kernels/records/log_layout.hpp"

namespace fastlane::kernels::records {

class LogSource final : public LineSource {
 public:
  // The layout outlives the source.
  LogSource(const LogLayout& layout, std::size_t max_row_bytes);

 private:
  void begin_segment() override { backslash_ = index_.next(LogLayout::kBackslash, 0); }
  void read_lines(RowBlock& block, std::size_t count) override;
  // In log_source.cpp, where each CPU row inlines them.
  std::size_t split_lines(RowBlock& block, LineCursor* lines, std::size_t count);
  std::size_t take_token(const LogStep& step, std::size_t from, std::size_t end, bool has_escapes,
                         Slice* slices) const;
  std::size_t quoted_end(std::size_t from, std::size_t line_end, bool& escaped) const;
  struct Row;
  static const Row& row_in_use();

  const LogLayout& layout_;
  const Row& cpu_row_;
  std::size_t backslash_ = 0;  // the next one, in the segment
};

}  // namespace fastlane::kernels::records
