// CSV one row at a time, the plain and careful way: where a row ends, and its cells. This is what
// the fast way, by the index of separators, has to agree with. RFC 4180, with any one-byte
// delimiter; a quote inside of a cell that does not begin with one is text.
//
// A quoted cell that is never closed, or that has text behind its closing quote, makes the line on
// which its row began a bad row, and the next line is read as a row of its own. Lines that were
// passed on the way to that verdict may not go beyond their ends, which bounds the work.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

enum class CsvVerdict : std::uint8_t {
  complete,
  broken,      // a quoted cell is not closed as it has to be
  unfinished,  // more text is needed to tell
};

struct CsvRow {
  CsvVerdict verdict = CsvVerdict::complete;
  std::size_t end = 0;   // of the row, without its line end
  std::size_t next = 0;  // where the next row begins; the text's size when no line end was found
  // Of a broken row: up to here, no row may go beyond its line.
  std::size_t single_lines_until = 0;
};

// The row that begins at `begin`. `is_all` says that there is no text behind `text`. Never
// allocates, never throws.
CsvRow find_row(const CsvFormat& format, std::string_view text, std::size_t begin,
                std::size_t max_row_bytes, bool on_one_line, bool is_all);

struct CsvCell {
  std::size_t begin = 0;  // without the quotes
  std::size_t size = 0;
  bool is_escaped = false;  // quotes are written twice in it
};

// The cells of a complete row. Throws std::bad_alloc.
void split_cells(const CsvFormat& format, std::string_view row, std::vector<CsvCell>& cells);

}  // namespace fastlane::kernels::records
