// The tokeniser of log lines.
#include "kernels/records/log_source.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "kernels/cpu.hpp"

namespace fastlane::kernels::records {
namespace {

constexpr std::size_t kNowhere = ~std::size_t{0};

}  // namespace

[[gnu::noinline]] std::size_t LogSource::quoted_end(std::size_t from, std::size_t line_end,
                                                    bool& escaped) const {
  std::size_t backslash = index_.next(LogLayout::kBackslash, from);
  std::size_t quote = index_.next(LogLayout::kQuote, from);
  while (backslash < quote && backslash < line_end) {
    escaped = true;
    const std::size_t behind = std::min(backslash + 2, line_end);
    backslash = index_.next(LogLayout::kBackslash, behind);
    if (quote < behind) quote = index_.next(LogLayout::kQuote, behind);
  }
  return quote;
}

// Behind the token at `from` and what follows it, or kNowhere; its slices go to those of the row.
[[gnu::always_inline]] inline std::size_t LogSource::take_token(const LogStep& step,
                                                                std::size_t from, std::size_t end,
                                                                bool has_escapes,
                                                                Slice* slices) const {
  const char* text = text_ + segment_;
  std::size_t token_end = end;
  bool escaped = false;
  if (!step.to_line_end) {
    if (step.kind == TokenKind::plain) {
      token_end = index_.next(step.byte_class, from);
      while (token_end + step.after.size() <= end && !step.after.matches(text + token_end)) {
        token_end = index_.next(step.byte_class, token_end + 1);
      }
      if (token_end + step.after.size() > end) return kNowhere;
    } else {
      token_end =
          has_escapes ? quoted_end(from, end, escaped) : index_.next_far(LogLayout::kQuote, from);
      if (token_end + step.after.size() > end || !step.after.matches(text + token_end)) {
        return kNowhere;
      }
    }
  }
  const SliceKind kind = escaped ? SliceKind::escaped : SliceKind::plain;
  if (step.slot != kNoSlot) {
    slices[step.slot * kBlockRows] = Slice(segment_ + from, token_end - from, kind);
  }
  if (step.split) {
    const std::size_t first = index_.next(LogLayout::kSpace, from);
    const std::size_t second = first < token_end ? index_.next(LogLayout::kSpace, first + 1) : end;
    const std::size_t third = second < token_end ? index_.next(LogLayout::kSpace, second + 1) : 0;
    const bool three =
        first > from && second > first + 1 && second + 1 < token_end && third >= token_end;
    const std::array<std::size_t, 4> bounds = {from, first + 1, second + 1, token_end + 1};
    for (std::size_t part = 0; part < kRequestParts.size(); ++part) {
      const std::size_t slot = step.part_slots[part];
      if (slot == kNoSlot) continue;
      slices[slot * kBlockRows] =
          three ? Slice(segment_ + bounds[part], bounds[part + 1] - bounds[part] - 1, kind)
                : Slice(segment_ + from, token_end - from, SliceKind::malformed);
    }
  }
  return token_end + step.after.size();
}

// Puts the lines that have the format to the front, and returns how many they are.
[[gnu::always_inline]] inline std::size_t LogSource::split_lines(RowBlock& block, LineCursor* lines,
                                                                 std::size_t count) {
  const char* text = text_ + segment_;
  const auto end_of = [&](std::size_t row) { return block.places[row].end - segment_; };
  std::array<bool, kSideBySide> have_escapes;
  std::size_t left = 0;
  for (std::size_t line = 0; line < count; ++line) {
    const std::size_t row = block.rows + line;
    const std::size_t begin = block.places[row].begin - segment_;
    if (backslash_ < begin) backslash_ = index_.next(LogLayout::kBackslash, begin);
    have_escapes[line] = backslash_ < end_of(row);
    const Literal& prefix = layout_.prefix();
    if (prefix.size() > end_of(row) - begin || !prefix.matches(text + begin)) continue;
    lines[left++] = {static_cast<std::uint32_t>(line),
                     static_cast<std::uint32_t>(begin + prefix.size())};
  }
  for (const LogStep& step : layout_.steps()) {
    const std::size_t going_on = left;
    left = 0;
    for (std::size_t line = 0; line < going_on; ++line) {
      const LineCursor cursor = lines[line];
      const std::size_t row = block.rows + cursor.row;
      const std::size_t at = take_token(step, cursor.at, end_of(row), have_escapes[cursor.row],
                                        block.slices.data() + row);
      if (at == kNowhere) [[unlikely]]
        continue;
      lines[left++] = {cursor.row, static_cast<std::uint32_t>(at)};
    }
  }
  const std::size_t going_on = left;
  left = 0;
  for (std::size_t line = 0; line < going_on; ++line) {
    if (lines[line].at == end_of(block.rows + lines[line].row)) lines[left++] = lines[line];
  }
  return left;
}

// The same loop for CPUs that shift and count by one instruction each.
struct LogSource::Row {
  cpu::Level level;
  std::size_t (*split)(LogSource& source, RowBlock& block, LineCursor* lines, std::size_t count);

  [[gnu::target("avx2,bmi,bmi2")]] static std::size_t avx2(LogSource& source, RowBlock& block,
                                                           LineCursor* lines, std::size_t count) {
    return source.split_lines(block, lines, count);
  }
  static std::size_t baseline(LogSource& source, RowBlock& block, LineCursor* lines,
                              std::size_t count) {
    return source.split_lines(block, lines, count);
  }
};

const LogSource::Row& LogSource::row_in_use() {
  static constexpr std::array<Row, 2> kRows = {{
      {cpu::Level::avx2, Row::avx2},
      {cpu::Level::baseline, Row::baseline},
  }};
  return cpu::choose(std::span<const Row>(kRows));
}

LogSource::LogSource(const LogLayout& layout, std::size_t max_row_bytes)
    : LineSource(ByteIndex(layout.byte_classes()), layout.slot_count(), max_row_bytes),
      layout_(layout),
      cpu_row_(row_in_use()) {}

void LogSource::read_lines(RowBlock& block, std::size_t count) {
  std::array<LineCursor, kSideBySide> lines;
  const std::size_t good = cpu_row_.split(*this, block, lines.data(), count);
  const std::size_t first = block.rows;
  std::size_t next_good = 0;
  for (std::size_t line = 0; line < count; ++line) {
    const bool is_good = next_good < good && lines[next_good].row == line;
    if (is_good) ++next_good;
    const RowPlace place = block.places[first + line];
    if (is_too_long(place)) {
      block.report(place, kWholeRow, ErrorCode::too_long);
    } else if (is_good) [[likely]] {
      take_row(block, first + line);
    } else {
      block.report(place, kWholeRow, ErrorCode::format);
    }
  }
}

}  // namespace fastlane::kernels::records
