// Takes the lines of a server log apart, by the index of the bytes that separate tokens.
// Escapes are only noticed here; whoever needs the text undoes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernels/records/byte_index.hpp"
#include "kernels/records/log_layout.hpp"
#include "kernels/records/row_source.hpp"

namespace fastlane::kernels::records {

class LogSource final : public RowSource {
 public:
  // The layout outlives the source.
  LogSource(const LogLayout& layout, std::size_t max_row_bytes);

  void open(const Window& window) override;
  bool next(RowBlock& block) override;
  std::uint32_t rows() const override { return row_; }
  std::uint32_t lines() const override { return line_; }
  std::uint32_t blank_lines() const override { return blank_lines_; }

 private:
  void index_segment();
  // The loop over lines, and what it is made of; in log_source.cpp, where each CPU row inlines it.
  void fill(RowBlock& block);
  bool split(std::size_t begin, std::size_t end, bool has_escapes, RowBlock& block) const;
  std::size_t quoted_end(std::size_t from, std::size_t line_end, bool& escaped) const;
  struct FillRow;
  static const FillRow& row_in_use();

  const LogLayout& layout_;
  const FillRow& cpu_row_;
  std::size_t max_row_bytes_;
  ByteIndex index_;
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
