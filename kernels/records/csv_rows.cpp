// The careful way.
#include "kernels/records/csv_rows.hpp"

#include <algorithm>

namespace fastlane::kernels::records {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

// A line without what ends it.
std::size_t line_text_end(std::string_view text, std::size_t begin, std::size_t newline) {
  return newline > begin && text[newline - 1] == '\r' ? newline - 1 : newline;
}

CsvRow complete_at(std::string_view text, std::size_t begin, std::size_t newline) {
  if (newline >= text.size()) return {CsvVerdict::complete, text.size(), text.size(), 0};
  return {CsvVerdict::complete, line_text_end(text, begin, newline), newline + 1, 0};
}

// The first line of a row whose quotes went wrong at `looked`.
CsvRow broken_at(std::string_view text, std::size_t begin, std::size_t looked) {
  const std::size_t newline = std::min(text.find('\n', begin), text.size());
  CsvRow row = complete_at(text, begin, newline);
  row.verdict = CsvVerdict::broken;
  const std::size_t last = text.substr(0, looked).rfind('\n');
  row.single_lines_until = last == kNone ? 0 : last + 1;
  return row;
}

// Behind the closing quote of the cell whose opening quote stands before `at`, or kNone.
std::size_t behind_quoted(std::string_view text, std::size_t at, std::size_t limit, char quote) {
  while (true) {
    const std::size_t close = text.substr(0, limit).find(quote, at);
    if (close == kNone) return kNone;
    at = close + 1;
    if (at == limit || text[at] != quote) return at;
    ++at;
  }
}

std::size_t plain_end(std::string_view text, std::size_t at, std::size_t limit, char delimiter) {
  while (at < limit && text[at] != delimiter && text[at] != '\n') ++at;
  return at;
}

}  // namespace

CsvRow find_row(const CsvFormat& format, std::string_view text, std::size_t begin,
                std::size_t max_row_bytes, bool on_one_line, bool is_all) {
  std::size_t limit =
      text.size() - begin > max_row_bytes + 2 ? begin + max_row_bytes + 2 : text.size();
  bool may_go_on = limit == text.size() && !is_all;
  if (on_one_line) {
    const std::size_t newline = text.substr(0, limit).find('\n', begin);
    if (newline != kNone) {
      limit = newline + 1;
      may_go_on = false;
    }
  }
  const auto stopped = [&]() -> CsvRow {
    if (may_go_on) return {CsvVerdict::unfinished, limit, limit, 0};
    return broken_at(text, begin, limit);
  };
  std::size_t at = begin;
  while (true) {
    if (format.has_quotes && at < limit && text[at] == format.quote) {
      at = behind_quoted(text, at + 1, limit, format.quote);
      if (at == kNone) return stopped();
      const std::size_t behind = at < limit && text[at] == '\r' ? at + 1 : at;
      if (behind == limit) {
        if (limit != text.size() || !is_all) return stopped();
        return {CsvVerdict::complete, at, limit, 0};
      }
      if (behind != at && text[behind] == '\n') {
        at = behind;
      } else if (text[at] != format.delimiter && text[at] != '\n') {
        return broken_at(text, begin, at);
      }
    } else {
      at = plain_end(text, at, limit, format.delimiter);
    }
    if (at < limit && text[at] == '\n') return complete_at(text, begin, at);
    if (at >= limit) {
      if (may_go_on) return stopped();
      if (limit == text.size()) return complete_at(text, begin, limit);
      // A row that goes on beyond what rows may be: one line that is too long, or many.
      const std::size_t newline = std::min(text.find('\n', begin), text.size());
      return newline < limit ? stopped() : complete_at(text, begin, newline);
    }
    ++at;
  }
}

void split_cells(const CsvFormat& format, std::string_view row, std::vector<CsvCell>& cells) {
  cells.clear();
  std::size_t at = 0;
  while (true) {
    CsvCell cell;
    if (format.has_quotes && at < row.size() && row[at] == format.quote) {
      const std::size_t behind =
          std::min(behind_quoted(row, at + 1, row.size(), format.quote), row.size());
      cell.begin = at + 1;
      cell.size = std::max(behind, at + 2) - at - 2;
      cell.is_escaped = row.substr(cell.begin, cell.size).find(format.quote) != kNone;
      at = plain_end(row, behind, row.size(), format.delimiter);
    } else {
      cell.begin = at;
      // A line end inside of a row can only stand in quotes.
      at = std::min(row.find(format.delimiter, at), row.size());
      cell.size = at - cell.begin;
    }
    cells.push_back(cell);
    if (at >= row.size()) return;
    ++at;
  }
}

}  // namespace fastlane::kernels::records
