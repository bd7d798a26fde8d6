// Where CSV may be cut: behind a row, and never inside of quotes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "kernels/records/borders.hpp"
#include "kernels/records/csv_index.hpp"
#include "kernels/records/csv_rows.hpp"
#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

class CsvBorders final : public RowBorders {
 public:
  CsvBorders(const CsvFormat& format, std::size_t max_row_bytes)
      : format_(format), max_row_bytes_(max_row_bytes), index_(format) {}

  void restart() override { single_lines_until_ = 0; }
  std::size_t last_end(std::string_view text, std::uint64_t place) override;
  std::size_t first_end(std::string_view text, std::uint64_t place, bool is_all) override;
  std::uint64_t single_lines_until() const override { return single_lines_until_; }

 private:
  std::size_t regular_end(std::string_view text);
  CsvRow find(std::string_view text, std::size_t begin, std::uint64_t place, bool is_all);

  CsvFormat format_;
  std::size_t max_row_bytes_;
  CsvIndex index_;
  std::uint64_t single_lines_until_ = 0;  // in the input
};

// Whether a row of the index is longer than rows may be, in which case only the careful way knows
// where rows are.
bool has_long_row(const CsvIndex& index, std::size_t max_row_bytes);

}  // namespace fastlane::kernels::records
