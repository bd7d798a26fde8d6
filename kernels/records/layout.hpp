// A program's source made ready: which slot of a block each field reads, how rows are found in
// text, and what a bad row lacks. One layout serves all workers; what they parse with is a
// RowSource each.
#pragma once

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/records/borders.hpp"
#include "kernels/records/escapes.hpp"
#include "kernels/records/program.hpp"
#include "kernels/records/row_source.hpp"

namespace fastlane::kernels::records {

inline constexpr std::size_t kNoSlot = ~std::size_t{0};

// What a row that could not be taken apart lacks.
struct Mismatch {
  std::string expected;
  std::string got;
};

// An input whose header does not have what the program wants.
class HeaderError : public std::invalid_argument {
 public:
  HeaderError(std::string expected, std::string got)
      : std::invalid_argument("expected " + expected + ", got " + got),
        expected_(std::move(expected)),
        got_(std::move(got)) {}
  const std::string& expected() const { return expected_; }
  const std::string& got() const { return got_; }

 private:
  std::string expected_, got_;
};

class Layout {
 public:
  Layout() = default;
  Layout(const Layout&) = delete;
  Layout& operator=(const Layout&) = delete;
  virtual ~Layout() = default;

  std::size_t slot_count() const { return slot_count_; }
  std::size_t slot_of_field(std::size_t field) const { return field_slots_[field]; }
  EscapeRules escapes() const { return escapes_; }

  // Says how many inputs there will be, before the first.
  virtual void expect_inputs(std::size_t) {}
  // Takes the header of an input; called before a row of it is parsed. Throws HeaderError.
  virtual void take_header(std::size_t, std::string_view) {}
  virtual bool has_header() const { return false; }

  virtual std::unique_ptr<RowBorders> make_borders(std::size_t max_row_bytes) const;
  virtual std::unique_ptr<RowSource> make_source(std::size_t max_row_bytes) const = 0;

  // For error messages, one row at a time: why the row could not be taken apart, and the text of a
  // slot as it stands there.
  virtual Mismatch explain(std::string_view row, std::size_t input) const = 0;
  virtual std::string_view text_of_slot(std::string_view row, std::size_t slot,
                                        std::size_t input) const = 0;

 protected:
  std::size_t slot_count_ = 0;
  std::vector<std::size_t> field_slots_;
  EscapeRules escapes_;
};

// The program outlives the layout.
std::unique_ptr<Layout> make_layout(const Program& program);

}  // namespace fastlane::kernels::records
