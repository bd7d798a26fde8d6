// What sources whose rows are lines have in common: segments of the window under an index of bytes,
// and the places of the lines in them, some dozens at a time, so that a tokeniser can read those
// side by side and none waits for the end of the one before. Does not know what is in a line.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "kernels/records/buffer.hpp"
#include "kernels/records/byte_index.hpp"
#include "kernels/records/row_source.hpp"

namespace fastlane::kernels::records {

class LineSource : public RowSource {
 public:
  void open(const Window& window) override;
  bool next(RowBlock& block) override;
  std::uint32_t rows() const override { return row_; }
  std::uint32_t lines() const override { return line_; }
  std::uint32_t blank_lines() const override { return blank_lines_; }

 protected:
  static constexpr std::size_t kSideBySide = 64;
  static constexpr std::size_t kNewline = 0;  // the class of line ends in every index

  LineSource(ByteIndex index, std::size_t slot_count, std::size_t max_row_bytes);

  // Reads `count` lines, whose places stand behind the rows of the block: those that are good
  // become its rows, by take_row, the others its problems.
  virtual void read_lines(RowBlock& block, std::size_t count) = 0;
  // Called when a segment has its index.
  virtual void begin_segment() {}

  // Makes the place and the slices at `row` the next row of the block.
  void take_row(RowBlock& block, std::size_t row) const {
    if (block.rows != row) [[unlikely]]
      move_row(block, row);
    ++block.rows;
  }
  bool is_too_long(const RowPlace& place) const { return place.end - place.begin > max_row_bytes_; }

  ByteIndex index_;             // of the segment
  const char* text_ = nullptr;  // of the window
  std::size_t segment_ = 0;     // where the indexed part of the window begins

 private:
  void index_segment();
  std::size_t take_places(RowBlock& block);
  void move_row(RowBlock& block, std::size_t row) const;
  // In line_source.cpp, where each CPU row inlines it.
  void list_lines();
  struct Row;
  static const Row& row_in_use();

  const Row& cpu_row_;
  std::size_t slot_count_;
  std::size_t max_row_bytes_;
  std::size_t size_ = 0;
  std::size_t position_ = 0;
  std::size_t segment_end_ = 0;      // behind a line end
  Buffer<std::uint32_t> line_ends_;  // of the segment, in it
  std::size_t next_line_ = 0;
  std::uint32_t row_ = 0;
  std::uint32_t line_ = 0;
  std::uint32_t blank_lines_ = 0;
};

}  // namespace fastlane::kernels::records
