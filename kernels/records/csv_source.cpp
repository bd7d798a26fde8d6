// Both ways into blocks of slices.
#include "kernels/records/csv_source.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/records/csv_borders.hpp"
#include "kernels/records/invalid_text.hpp"

namespace fastlane::kernels::records {
namespace {

// The index of a segment and the rows in it stay in the second-level cache.
constexpr std::size_t kSegment = std::size_t{64} << 10;

}  // namespace

CsvSource::CsvSource(const CsvLayout& layout, std::size_t max_row_bytes)
    : layout_(layout),
      max_row_bytes_(max_row_bytes),
      index_(layout.format()),
      first_separators_(kBlockRows) {}

void CsvSource::open(const Window& window) {
  columns_ = &layout_.columns_of(window.input);
  text_ = window.text.data();
  size_ = window.text.size();
  single_lines_until_ = static_cast<std::size_t>(window.single_lines);
  position_ = 0;
  segment_ = 0;
  segment_end_ = 0;
  row_ = 0;
  line_ = 0;
  blank_lines_ = 0;
}

// The next piece of the window that one of the two ways can go.
void CsvSource::index_segment() {
  segment_ = position_;
  indexed_row_ = 0;
  is_regular_ = false;
  for (std::size_t wanted = kSegment;; wanted *= 2) {
    const std::size_t size = std::min(size_ - position_, wanted);
    segment_end_ = position_ + size;
    // The index is built in any case: it knows where bytes are not ASCII.
    const bool regular = index_.build(text_ + position_, size);
    if (!regular || position_ < single_lines_until_) return;
    if (has_long_row(index_, max_row_bytes_)) return;
    if (index_.rows() == 0 && size < size_ - position_ && size <= max_row_bytes_) continue;
    if (index_.rows() == 0) return;
    // What is open at the window's end is for the careful way.
    is_regular_ = true;
    segment_end_ = position_ + index_.size_of_rows();
    return;
  }
}

bool CsvSource::next(RowBlock& block) {
  block.restart();
  block.text = text_;
  while (block.rows == 0 && block.problems.empty()) {
    if (position_ >= size_) return false;
    if (position_ >= segment_end_) index_segment();
    if (is_regular_) {
      fill_regular(block);
    } else {
      fill_careful(block);
    }
  }
  return true;
}

// Counts the row and its lines; false when the block does not get it.
bool CsvSource::take_place(RowBlock& block, std::size_t begin, std::size_t end, ErrorCode code) {
  const RowPlace place{row_++, line_, static_cast<std::uint32_t>(begin),
                       static_cast<std::uint32_t>(end)};
  if (code == ErrorCode::none) {
    block.places[block.rows] = place;
    return true;
  }
  block.report(place, kWholeRow, code);
  return false;
}

void CsvSource::fill_regular(RowBlock& block) {
  const char* text = text_ + segment_;
  const std::uint32_t* separators = index_.separators();
  const std::uint32_t* row_ends = index_.row_ends();
  const std::size_t rows = index_.rows();
  std::size_t begin = position_ - segment_;
  std::size_t first = indexed_row_ == 0 ? 0 : row_ends[indexed_row_ - 1] + 1;
  while (indexed_row_ < rows && block.rows < kBlockRows && block.problems.size() < kBlockRows) {
    const std::size_t last = row_ends[indexed_row_++];
    const std::size_t newline = separators[last];
    const std::size_t end = newline > begin && text[newline - 1] == '\r' ? newline - 1 : newline;
    if (begin == end) {
      ++blank_lines_;
    } else {
      const std::size_t cells = last - first + 1;
      const ErrorCode code = cells == columns_->count ? ErrorCode::none : ErrorCode::columns;
      if (take_place(block, segment_ + begin, segment_ + end, code)) {
        first_separators_[block.rows++] = static_cast<std::uint32_t>(first);
      }
    }
    ++line_;
    if (index_.has_inner_lines()) {
      line_ += static_cast<std::uint32_t>(index_.lines_between(begin, newline));
    }
    first = last + 1;
    begin = newline + 1;
  }
  position_ = segment_ + begin;
  if (index_.has_quotes()) {
    slice_cells<true>(block, 0);
  } else {
    slice_cells<false>(block, 0);
  }
  if (!index_.bytes().is_ascii()) {
    mark_invalid_text(block, index_.bytes(), segment_, layout_.slot_count());
  }
}

template <bool kQuotes>
void CsvSource::slice_cells(RowBlock& block, std::size_t first_row) const {
  const char* text = text_ + segment_;
  const char quote = layout_.format().quote;
  const std::uint32_t* separators = index_.separators();
  const std::size_t last_column = columns_->count - 1;
  for (std::size_t slot = 0; slot < layout_.slot_count(); ++slot) {
    const std::size_t column = columns_->of_slot[slot];
    Slice* slices = block.slot(slot);
    for (std::size_t row = first_row; row < block.rows; ++row) {
      const std::uint32_t* own = separators + first_separators_[row] + column;
      std::size_t begin = column == 0 ? block.places[row].begin - segment_ : own[-1] + 1;
      std::size_t end = column == last_column ? block.places[row].end - segment_ : *own;
      SliceKind kind = SliceKind::plain;
      if constexpr (kQuotes) {
        if (begin < end && text[begin] == quote) {
          ++begin;
          --end;
          if (std::memchr(text + begin, quote, end - begin) != nullptr) kind = SliceKind::escaped;
        }
      }
      slices[row] = Slice(segment_ + begin, end - begin, kind);
    }
  }
}

Slice CsvSource::slice_of(const CsvCell& cell, std::size_t row_begin) const {
  return {row_begin + cell.begin, cell.size,
          cell.is_escaped ? SliceKind::escaped : SliceKind::plain};
}

void CsvSource::fill_careful(RowBlock& block) {
  const std::string_view text(text_, size_);
  const std::size_t segment_end = segment_ + index_.bytes().size();
  while (position_ < segment_end_ && block.rows < kBlockRows &&
         block.problems.size() < kBlockRows) {
    const bool on_one_line = position_ < single_lines_until_;
    const CsvRow row =
        find_row(layout_.format(), text, position_, max_row_bytes_, on_one_line, true);
    // The index tells of bytes that are not ASCII; it has to reach over the row.
    if (row.end > segment_end) {
      if (block.rows != 0 || !block.problems.empty()) break;
      index_.build(text_ + position_, row.next - position_);
      segment_ = position_;
      segment_end_ = row.next;
      return fill_careful(block);
    }
    if (row.verdict == CsvVerdict::broken && !on_one_line) {
      single_lines_until_ = std::max(single_lines_until_, row.single_lines_until);
    }
    const std::size_t begin = position_;
    position_ = row.next;
    if (row.end == begin) {
      ++blank_lines_;
      ++line_;
      continue;
    }
    const std::string_view content = text.substr(begin, row.end - begin);
    ErrorCode code = ErrorCode::none;
    if (content.size() > max_row_bytes_) {
      code = ErrorCode::too_long;
    } else if (row.verdict == CsvVerdict::broken) {
      code = ErrorCode::syntax;
    } else {
      split_cells(layout_.format(), content, cells_);
      if (cells_.size() != columns_->count) code = ErrorCode::columns;
    }
    if (take_place(block, begin, row.end, code)) {
      for (std::size_t slot = 0; slot < layout_.slot_count(); ++slot) {
        block.slot(slot)[block.rows] = slice_of(cells_[columns_->of_slot[slot]], begin);
      }
      ++block.rows;
    }
    const std::string_view taken = text.substr(begin, row.next - begin);
    line_ += static_cast<std::uint32_t>(std::count(taken.begin(), taken.end(), '\n'));
  }
  if (!index_.bytes().is_ascii()) {
    mark_invalid_text(block, index_.bytes(), segment_, layout_.slot_count());
  }
}

}  // namespace fastlane::kernels::records
