// Lines into blocks of slices.
#include "kernels/records/json_source.hpp"

#include <algorithm>
#include <array>

namespace fastlane::kernels::records {
namespace {

// A shape that held for so many lines was worth learning.
constexpr std::uint32_t kWorthLearning = 8;
constexpr std::uint32_t kMostPatience = 512;

}  // namespace

ErrorCode JsonSource::parse(const char* line, Slice* slices, bool& has_learned) {
  ++parsed_lines_;
  const ErrorCode code = parser_.parse(text_, line, slices, kBlockRows);
  if (code != ErrorCode::none || !use_template_ || parser_.had_duplicates()) return code;
  if (lines_to_learning_ != 0) {
    --lines_to_learning_;
    return code;
  }
  patience_ = template_lines_ >= kWorthLearning ? 0 : std::min(patience_ * 2 + 1, kMostPatience);
  lines_to_learning_ = patience_;
  template_lines_ = 0;
  has_learned = template_.learn(text_, line, slices, kBlockRows);
  return code;
}

// Lines whose places stand in the block, from `first` on.
struct JsonSource::Lines {
  RowBlock& block;
  std::size_t first;
  std::size_t count;
  std::array<bool, kSideBySide> are_read{};
};

// Of the lines from `from` on, those that have the template's shape and were not yet read.
[[gnu::always_inline]] inline void JsonSource::read_by_template(Lines& lines,
                                                                std::size_t from) const {
  std::array<LineCursor, kSideBySide> cursors;
  std::size_t unread = 0;
  for (std::size_t line = from; line < lines.count; ++line) {
    if (lines.are_read[line]) continue;
    const std::uint32_t begin = lines.block.places[lines.first + line].begin;
    cursors[unread++] = {static_cast<std::uint32_t>(line),
                         begin - static_cast<std::uint32_t>(segment_)};
  }
  const std::size_t read =
      template_.read(index_, text_ + segment_, segment_, {cursors.data(), unread},
                     lines.block.slices.data() + lines.first, kBlockRows);
  for (std::size_t line = 0; line < read; ++line) lines.are_read[cursors[line].row] = true;
}

// The same loop for CPUs that shift and count by one instruction each.
struct JsonSource::Row {
  cpu::Level level;
  void (*read)(const JsonSource& source, Lines& lines, std::size_t from);

  [[gnu::target("avx2,bmi,bmi2")]] static void avx2(const JsonSource& source, Lines& lines,
                                                    std::size_t from) {
    source.read_by_template(lines, from);
  }
  static void baseline(const JsonSource& source, Lines& lines, std::size_t from) {
    source.read_by_template(lines, from);
  }
};

const JsonSource::Row& JsonSource::row_in_use() {
  static constexpr std::array<Row, 2> kRows = {{
      {cpu::Level::avx2, Row::avx2},
      {cpu::Level::baseline, Row::baseline},
  }};
  return cpu::choose(std::span<const Row>(kRows));
}

JsonSource::JsonSource(const JsonLayout& layout, std::size_t max_row_bytes, bool use_template)
    : LineSource(JsonTemplate::make_index(), layout.slot_count(), max_row_bytes),
      cpu_row_(row_in_use()),
      use_template_(use_template),
      parser_(layout),
      template_(layout) {}

void JsonSource::read_lines(RowBlock& block, std::size_t count) {
  Lines lines{block, block.rows, count};
  bool has_shape = template_.is_learned();
  for (std::size_t line = 0; line < count; ++line) {
    if (has_shape) cpu_row_.read(*this, lines, line);
    has_shape = false;
    const std::size_t row = lines.first + line;
    const RowPlace place = block.places[row];
    ErrorCode code = ErrorCode::none;
    if (is_too_long(place)) {
      code = ErrorCode::too_long;
    } else if (lines.are_read[line]) [[likely]] {
      ++template_lines_;
    } else {
      code = parse(text_ + place.begin, block.slices.data() + row, has_shape);
    }
    if (code == ErrorCode::none) {
      take_row(block, row);
    } else {
      block.report(place, kWholeRow, code);
    }
  }
}

}  // namespace fastlane::kernels::records
