// Takes the lines of NDJSON apart: those of the shape that lines had before by the template, every
// other one by the parser. What comes out does not depend on which of the two it was.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/records/json_layout.hpp"
#include "kernels/records/json_parser.hpp"
#include "kernels/records/json_template.hpp"
#include "kernels/records/line_source.hpp"

namespace fastlane::kernels::records {

class JsonSource final : public LineSource {
 public:
  // The layout outlives the source. Without a template every line goes to the parser.
  JsonSource(const JsonLayout& layout, std::size_t max_row_bytes, bool use_template = true);

  // Lines that the parser took, over all windows.
  std::uint64_t parsed_lines() const { return parsed_lines_; }

 private:
  void begin_segment() override { JsonTemplate::finish_index(index_); }
  void read_lines(RowBlock& block, std::size_t count) override;
  ErrorCode parse(const char* line, Slice* slices, bool& has_learned);
  struct Lines;
  // In json_source.cpp, where each CPU row inlines it.
  void read_by_template(Lines& lines, std::size_t from) const;
  struct Row;
  static const Row& row_in_use();

  const Row& cpu_row_;
  bool use_template_;
  JsonParser parser_;
  JsonTemplate template_;
  std::uint32_t lines_to_learning_ =
      0;                              // how many more lines the parser takes before one is learned
  std::uint32_t patience_ = 0;        // grows while shapes do not last
  std::uint32_t template_lines_ = 0;  // since the last shape was learned
  std::uint64_t parsed_lines_ = 0;
};

}  // namespace fastlane::kernels::records
