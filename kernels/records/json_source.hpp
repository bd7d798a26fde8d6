// Takes the lines of NDJSON apart: those of the shape that lines had before by the template, every
// other one by the parser. What comes out does not depend on which of the two it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/cpu.hpp"
#include "kernels/records/byte_index.hpp"
#include "kernels/records/json_layout.hpp"
#include "kernels/records/json_parser.hpp"
#include "kernels/records/json_template.hpp"
#include "kernels/records/row_source.hpp"

namespace fastlane::kernels::records {

class JsonSource final : public RowSource {
 public:
  // The layout outlives the source. Without a template every line goes to the parser.
  JsonSource(const JsonLayout& layout, std::size_t max_row_bytes, bool use_template = true);

  void open(const Window& window) override;
  bool next(RowBlock& block) override;
  std::uint32_t rows() const override { return row_; }
  std::uint32_t lines() const override { return line_; }
  std::uint32_t blank_lines() const override { return blank_lines_; }

  // Lines that the parser took, over all windows.
  std::uint64_t parsed_lines() const { return parsed_lines_; }

 private:
  void index_segment();
  // The loop over lines; in json_source.cpp, where each CPU row inlines it.
  void fill(RowBlock& block);
  ErrorCode parse(const char* line, Slice* slices);
  struct FillRow;
  static const FillRow& row_in_use();

  const JsonLayout& layout_;
  const FillRow& cpu_row_;
  std::size_t max_row_bytes_;
  bool use_template_;
  ByteIndex index_;
  JsonParser parser_;
  JsonTemplate template_;
  std::uint32_t lines_to_learning_ =
      0;                              // how many more lines the parser takes before one is learned
  std::uint32_t patience_ = 0;        // grows while shapes do not last
  std::uint32_t template_lines_ = 0;  // since the last shape was learned
  std::uint64_t parsed_lines_ = 0;
  const char* text_ = nullptr;
  std::size_t size_ = 0;
  std::size_t position_ = 0;
  std::size_t segment_ = 0;      // where the indexed part of the window begins
  std::size_t segment_end_ = 0;  // behind a newline
  std::uint32_t row_ = 0;
  std::uint32_t line_ = 0;
  std::uint32_t blank_lines_ = 0;
};

}  // namespace fastlane::kernels::records
