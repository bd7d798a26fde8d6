// By the index where the quotes are regular, row by row where they are not.
#include "kernels/records/csv_borders.hpp"

#include <algorithm>

#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {
namespace {

constexpr std::size_t kSegment = std::size_t{64} << 10;

}  // namespace

bool has_long_row(const CsvIndex& index, std::size_t max_row_bytes) {
  std::size_t begin = 0;
  for (std::size_t row = 0; row < index.rows(); ++row) {
    const std::size_t end = index.separators()[index.row_ends()[row]];
    if (end - begin > max_row_bytes) return true;
    begin = end + 1;
  }
  return false;
}

CsvRow CsvBorders::find(std::string_view text, std::size_t begin, std::uint64_t place,
                        bool is_all) {
  const bool on_one_line = place + begin < single_lines_until_;
  const CsvRow row = find_row(format_, text, begin, max_row_bytes_, on_one_line, is_all);
  if (row.verdict == CsvVerdict::broken && !on_one_line) {
    single_lines_until_ = std::max(single_lines_until_, place + row.single_lines_until);
  }
  return row;
}

// Behind the last complete row of a piece whose quotes are regular, or 0.
std::size_t CsvBorders::regular_end(std::string_view text) {
  // The index reads beyond the text; what is there is never used.
  if (text.size() < kPadding) return 0;
  const std::string_view piece = text.substr(0, text.size() - kPadding);
  if (piece.size() <= max_row_bytes_) {
    return index_.find_quotes(piece.data(), piece.size()) ? index_.last_row_end() : 0;
  }
  if (!index_.build(piece.data(), piece.size())) return 0;
  return has_long_row(index_, max_row_bytes_) ? 0 : index_.size_of_rows();
}

std::size_t CsvBorders::last_end(std::string_view text, std::uint64_t place) {
  const bool may_span = format_.has_quotes && text.find(format_.quote) != std::string_view::npos;
  if (!may_span) {
    // No row goes beyond its line.
    return text.rfind('\n') + 1;
  }
  std::size_t at = 0;
  std::size_t careful_until = 0;
  while (at < text.size()) {
    if (at >= careful_until && place + at >= single_lines_until_) {
      const std::size_t size = regular_end(text.substr(at, kSegment + kPadding));
      at += size;
      if (size != 0) continue;
      careful_until = at + kSegment;
    }
    const CsvRow row = find(text, at, place, false);
    if (row.verdict == CsvVerdict::unfinished) break;
    // Without a line end the text may go on in the next piece.
    if (row.next == text.size() && text.back() != '\n') break;
    at = row.next;
  }
  return at;
}

std::size_t CsvBorders::first_end(std::string_view text, std::uint64_t place, bool is_all) {
  const CsvRow row = find(text, 0, place, is_all);
  if (row.verdict == CsvVerdict::unfinished) return 0;
  return row.next == 0 || text[row.next - 1] != '\n' ? 0 : row.next;
}

}  // namespace fastlane::kernels::records
