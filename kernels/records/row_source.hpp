// What a source of rows does for the engine: it takes a window of text apart, a block of rows at a
// time, and can say afterwards, for one bad row, what it wanted and what it found.
// A source neither converts nor checks values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "kernels/records/block.hpp"

namespace fastlane::kernels::records {

// What a row that could not be taken apart lacks.
struct Mismatch {
  std::string expected;
  std::string_view got;
};

class RowSource {
 public:
  RowSource() = default;
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;
  virtual ~RowSource() = default;

  // Begins a window. Precondition: `text` ends with a newline, has kPadding readable bytes behind
  // it, and stays where it is until the next window.
  virtual void open(const char* text, std::size_t size) = 0;

  // Fills the block with the next rows; false when the window has no more. Bad rows that are not in
  // the block are among its problems. Throws std::bad_alloc.
  virtual bool next(RowBlock& block) = 0;

  // Of the rows handed out since `open`.
  virtual std::uint32_t rows() const = 0;
  virtual std::uint32_t lines() const = 0;
  virtual std::uint32_t blank_lines() const = 0;

  // For error messages, one row at a time: why the row could not be taken apart, and the text of a
  // slot.
  virtual Mismatch explain(std::string_view row) const = 0;
  virtual std::string_view text_of_slot(std::string_view row, std::size_t slot) const = 0;
};

}  // namespace fastlane::kernels::records
