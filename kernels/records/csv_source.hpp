// Takes the rows of a CSV window apart: by the index of separators where the quotes are regular,
// else row by row in the careful way. What comes out does not depend on which of the two it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/records/csv_index.hpp"
#include "kernels/records/csv_layout.hpp"
#include "kernels/records/csv_rows.hpp"
#include "kernels/records/row_source.hpp"

namespace fastlane::kernels::records {

class CsvSource final : public RowSource {
 public:
  // The layout outlives the source.
  CsvSource(const CsvLayout& layout, std::size_t max_row_bytes);

  void open(const Window& window) override;
  bool next(RowBlock& block) override;
  std::uint32_t rows() const override { return row_; }
  std::uint32_t lines() const override { return line_; }
  std::uint32_t blank_lines() const override { return blank_lines_; }

 private:
  void index_segment();
  void fill_regular(RowBlock& block);
  void fill_careful(RowBlock& block);
  template <bool kQuotes>
  void slice_cells(RowBlock& block, std::size_t first_row) const;
  bool take_place(RowBlock& block, std::size_t begin, std::size_t end, ErrorCode code);
  Slice slice_of(const CsvCell& cell, std::size_t row_begin) const;

  const CsvLayout& layout_;
  const CsvColumns* columns_ = nullptr;
  std::size_t max_row_bytes_;
  CsvIndex index_;
  const char* text_ = nullptr;
  std::size_t size_ = 0;
  std::size_t position_ = 0;
  std::size_t single_lines_until_ = 0;
  std::size_t segment_ = 0;      // where the indexed part of the window begins
  std::size_t segment_end_ = 0;  // behind its last complete row, or where the careful way ends
  bool is_regular_ = false;
  std::size_t indexed_row_ = 0;                  // the next row of the index
  std::vector<std::uint32_t> first_separators_;  // by row of the block, in the index
  std::vector<CsvCell> cells_;
  std::uint32_t row_ = 0;
  std::uint32_t line_ = 0;
  std::uint32_t blank_lines_ = 0;
};

}  // namespace fastlane::kernels::records
