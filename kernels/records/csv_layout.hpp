// A CSV format made ready: which column of each input every field reads, from its header or from
// the order of the fields. Reads single rows in the careful way for error messages.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/records/layout.hpp"
#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

// The columns of one input.
struct CsvColumns {
  std::size_t count = 0;
  std::vector<std::size_t> of_slot;
};

class CsvLayout final : public Layout {
 public:
  // The program outlives the layout and has passed `check`.
  explicit CsvLayout(const Program& program);

  const CsvFormat& format() const { return format_; }
  const CsvColumns& columns_of(std::size_t input) const { return columns_[input]; }

  void expect_inputs(std::size_t count) override;
  void take_header(std::size_t input, std::string_view row) override;
  bool has_header() const override { return format_.has_header; }
  std::unique_ptr<RowBorders> make_borders(std::size_t max_row_bytes) const override;
  std::unique_ptr<RowSource> make_source(std::size_t max_row_bytes) const override;
  Mismatch explain(std::string_view row, std::size_t input) const override;
  std::string_view text_of_slot(std::string_view row, std::size_t slot,
                                std::size_t input) const override;

 private:
  CsvFormat format_;
  std::vector<std::string> names_;   // by slot
  std::vector<CsvColumns> columns_;  // by input
};

}  // namespace fastlane::kernels::records
