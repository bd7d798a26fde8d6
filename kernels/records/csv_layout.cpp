// Headers, and rows that went wrong.
#include "kernels/records/csv_layout.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "kernels/records/csv_borders.hpp"
#include "kernels/records/csv_rows.hpp"
#include "kernels/records/csv_source.hpp"
#include "kernels/records/utf8.hpp"

namespace fastlane::kernels::records {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string(text.substr(0, 80)) + "'"; }

std::string cells_of(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " cell" : " cells");
}

// The names of a header, in their order.
std::vector<std::string> names_of(const CsvFormat& format, std::string_view row) {
  std::vector<CsvCell> cells;
  split_cells(format, row, cells);
  std::vector<std::string> names;
  for (const CsvCell& cell : cells) {
    std::string name(cell.size, '\0');
    const EscapeRules rules{EscapeKind::csv, format.quote};
    const std::string_view text = row.substr(cell.begin, cell.size);
    name.resize(cell.is_escaped ? undo_escapes(rules, text.data(), text.size(), name.data())
                                : text.copy(name.data(), text.size()));
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

CsvLayout::CsvLayout(const Program& program) : format_(program.csv) {
  escapes_ = {EscapeKind::csv, format_.quote};
  for (const Field& field : program.fields) {
    if (field.is_derived) {
      field_slots_.push_back(kNoSlot);
      continue;
    }
    field_slots_.push_back(slot_count_++);
    names_.push_back(field.token);
  }
}

void CsvLayout::expect_inputs(std::size_t count) {
  CsvColumns in_order;
  if (!format_.has_header) {
    in_order.count = slot_count_;
    for (std::size_t slot = 0; slot < slot_count_; ++slot) in_order.of_slot.push_back(slot);
  }
  columns_.assign(count, in_order);
}

void CsvLayout::take_header(std::size_t input, std::string_view row) {
  while (!row.empty() && (row.back() == '\n' || row.back() == '\r')) row.remove_suffix(1);
  if (!is_utf8(row)) {
    throw HeaderError("a header in UTF-8", "other bytes");
  }
  const std::vector<std::string> names = names_of(format_, row);
  std::unordered_map<std::string_view, std::size_t> places;
  std::string listed;
  for (std::size_t column = 0; column < names.size(); ++column) {
    if (!places.emplace(names[column], column).second) {
      throw HeaderError("a header that names each column once", quoted(names[column]) + " twice");
    }
    constexpr std::size_t kShown = 20;
    if (column < kShown) listed += (column == 0 ? "" : ", ") + names[column].substr(0, 80);
    if (column == kShown) listed += ", ...";
  }
  // A header that is refused leaves none behind.
  CsvColumns columns;
  columns.count = names.size();
  for (const std::string& name : names_) {
    const auto found = places.find(name);
    if (found == places.end()) {
      throw HeaderError("a header with the column " + quoted(name), "the header " + listed);
    }
    columns.of_slot.push_back(found->second);
  }
  columns_[input] = std::move(columns);
}

std::unique_ptr<RowBorders> CsvLayout::make_borders(std::size_t max_row_bytes) const {
  return std::make_unique<CsvBorders>(format_, max_row_bytes);
}

std::unique_ptr<RowSource> CsvLayout::make_source(std::size_t max_row_bytes) const {
  return std::make_unique<CsvSource>(*this, max_row_bytes);
}

Mismatch CsvLayout::explain(std::string_view row, std::size_t input) const {
  constexpr std::size_t kShown = 64;
  const CsvRow found = find_row(format_, row, 0, row.size(), false, true);
  if (found.verdict == CsvVerdict::broken) {
    return {"quotes that are closed at the end of their cell", std::string(row.substr(0, kShown))};
  }
  std::vector<CsvCell> cells;
  split_cells(format_, row, cells);
  return {cells_of(columns_[input].count), cells_of(cells.size())};
}

std::string_view CsvLayout::text_of_slot(std::string_view row, std::size_t slot,
                                         std::size_t input) const {
  std::vector<CsvCell> cells;
  split_cells(format_, row, cells);
  const std::size_t column = columns_[input].of_slot[slot];
  if (column >= cells.size()) return {};
  return row.substr(cells[column].begin, cells[column].size);
}

}  // namespace fastlane::kernels::records
