// Where rows end, for whoever cuts text into pieces. Rows are lines unless a source says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fastlane::kernels::records {

class RowBorders {
 public:
  RowBorders() = default;
  RowBorders(const RowBorders&) = delete;
  RowBorders& operator=(const RowBorders&) = delete;
  virtual ~RowBorders() = default;

  // Begins an input.
  virtual void restart() {}

  // Behind the last row that is complete in `text`, or 0. `text` begins with a row, `place` bytes
  // into the input.
  virtual std::size_t last_end(std::string_view text, std::uint64_t place) = 0;

  // Behind the first row of `text`, or 0 when more text is needed to tell. `is_all` says that there
  // is no more, or none that the row may reach.
  virtual std::size_t first_end(std::string_view text, std::uint64_t place, bool is_all) = 0;

  // Up to this place of the input no row goes beyond its line.
  virtual std::uint64_t single_lines_until() const { return 0; }
};

class LineBorders final : public RowBorders {
 public:
  std::size_t last_end(std::string_view text, std::uint64_t) override {
    return text.rfind('\n') + 1;
  }
  std::size_t first_end(std::string_view text, std::uint64_t, bool) override {
    return text.find('\n') + 1;
  }
};

}  // namespace fastlane::kernels::records
