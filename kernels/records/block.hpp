// A few hundred rows between the tokeniser and the field readers: where each token of each row
// stands in the window's text. Holds no values and does not own the text.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

inline constexpr std::size_t kBlockRows = 512;

enum class SliceKind : std::uint32_t {
  plain,       // the text is the value
  escaped,     // escapes have to be undone first
  malformed,   // the token could not be split into its parts
  not_utf8,    // the text is not UTF-8
  missing,     // the row does not have it
  null,        // the source's own null, whatever its text
  wrong_type,  // a value of another type than the field's, such as a text where a number belongs
};

// A piece of the window's text. It begins below 2^32, and rows are shorter than 2^29 bytes.
class Slice {
 public:
  Slice() = default;
  Slice(std::size_t begin, std::size_t size, SliceKind kind = SliceKind::plain)
      : begin_(static_cast<std::uint32_t>(begin)),
        word_(static_cast<std::uint32_t>(size) | (static_cast<std::uint32_t>(kind) << 29)) {}
  std::uint32_t begin() const { return begin_; }
  std::uint32_t size() const { return word_ & 0x1FFFFFFF; }
  SliceKind kind() const { return static_cast<SliceKind>(word_ >> 29); }
  bool is_plain() const { return word_ >> 29 == 0; }

 private:
  std::uint32_t begin_ = 0;
  std::uint32_t word_ = 0;
};

// Where a row stands in its window.
struct RowPlace {
  std::uint32_t row;    // counted from the window's first row
  std::uint32_t line;   // counted from the window's first line
  std::uint32_t begin;  // in the window's text
  std::uint32_t end;
};

// A line that is being read: which one of several, and how far in the indexed text.
struct LineCursor {
  std::uint32_t row;
  std::uint32_t at;
};

inline constexpr std::int16_t kWholeRow = -1;

// One error of one field of one row, or of the row as a whole.
struct Problem {
  std::uint32_t row;
  std::uint32_t line;
  std::uint32_t begin;
  std::uint32_t end;
  std::int16_t field;
  ErrorCode code;
};

struct RowBlock {
  explicit RowBlock(std::size_t slot_count) : slices(slot_count * kBlockRows) {}

  const Slice* slot(std::size_t which) const { return slices.data() + which * kBlockRows; }
  Slice* slot(std::size_t which) { return slices.data() + which * kBlockRows; }

  void restart() {
    rows = 0;
    problems.clear();
    bad.fill(0);
  }
  void report(std::size_t index, std::size_t field, ErrorCode code) {
    bad[index] = 1;
    report(places[index], static_cast<std::int16_t>(field), code);
  }

  // Of a row that need not be in the block.
  void report(const RowPlace& place, std::int16_t field, ErrorCode code) {
    problems.push_back({place.row, place.line, place.begin, place.end, field, code});
  }

  const char* text = nullptr;  // the window's
  std::size_t rows = 0;
  std::array<RowPlace, kBlockRows> places;
  std::array<std::uint8_t, kBlockRows> bad;
  std::vector<Slice> slices;  // by slot
  std::vector<Problem> problems;
};

}  // namespace fastlane::kernels::records
