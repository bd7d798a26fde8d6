// The tokeniser of log lines.
#include "kernels/records/log_source.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "kernels/cpu.hpp"
#include "kernels/records/invalid_text.hpp"

namespace fastlane::kernels::records {
namespace {

// The index of a segment and the rows in it stay in the second-level cache.
constexpr std::size_t kSegment = std::size_t{64} << 10;

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

[[gnu::always_inline]] inline bool LogSource::split(std::size_t begin, std::size_t end,
                                                    bool has_escapes, RowBlock& block) const {
  const char* text = text_ + segment_;
  const Literal& prefix = layout_.prefix();
  if (prefix.size() > end - begin || !prefix.matches(text + begin)) return false;
  std::size_t from = begin + prefix.size();
  Slice* slices = block.slices.data() + block.rows;
  for (const LogStep& step : layout_.steps()) {
    std::size_t token_end = end;
    bool escaped = false;
    if (!step.to_line_end) {
      if (step.kind == TokenKind::plain) {
        token_end = index_.next(step.byte_class, from);
        while (token_end + step.after.size() <= end && !step.after.matches(text + token_end)) {
          token_end = index_.next(step.byte_class, token_end + 1);
        }
        if (token_end + step.after.size() > end) return false;
      } else {
        token_end =
            has_escapes ? quoted_end(from, end, escaped) : index_.next(LogLayout::kQuote, from);
        if (token_end + step.after.size() > end || !step.after.matches(text + token_end)) {
          return false;
        }
      }
    }
    const SliceKind kind = escaped ? SliceKind::escaped : SliceKind::plain;
    if (step.slot != kNoSlot) {
      slices[step.slot * kBlockRows] = Slice(segment_ + from, token_end - from, kind);
    }
    if (step.split) {
      const std::size_t first = index_.next(LogLayout::kSpace, from);
      const std::size_t second =
          first < token_end ? index_.next(LogLayout::kSpace, first + 1) : end;
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
    from = token_end + step.after.size();
  }
  return from == end;
}

[[gnu::always_inline]] inline void LogSource::fill(RowBlock& block) {
  std::size_t at = position_ - segment_;
  const std::size_t segment_size = segment_end_ - segment_;
  const char* text = text_ + segment_;
  std::size_t backslash = index_.next(LogLayout::kBackslash, at);
  while (at < segment_size && block.rows < kBlockRows && block.problems.size() < kBlockRows) {
    const std::size_t newline = index_.next(LogLayout::kNewline, at);
    std::size_t end = newline;
    if (end > at && text[end - 1] == '\r') --end;
    const std::size_t begin = at;
    at = newline + 1;
    const std::uint32_t line = line_++;
    if (begin == end) {
      ++blank_lines_;
      continue;
    }
    if (backslash < begin) backslash = index_.next(LogLayout::kBackslash, begin);
    const RowPlace place{row_++, line, static_cast<std::uint32_t>(segment_ + begin),
                         static_cast<std::uint32_t>(segment_ + end)};
    ErrorCode code = ErrorCode::none;
    if (end - begin > max_row_bytes_) {
      code = ErrorCode::too_long;
    } else if (!split(begin, end, backslash < end, block)) {
      code = ErrorCode::format;
    }
    if (code != ErrorCode::none) {
      block.report(place, kWholeRow, code);
      continue;
    }
    block.places[block.rows++] = place;
  }
  position_ = segment_ + at;
}

// The same loop for CPUs that shift and count by one instruction each; it is bound by their
// latency.
struct LogSource::FillRow {
  cpu::Level level;
  void (*fill)(LogSource& source, RowBlock& block);

  [[gnu::target("avx2,bmi,bmi2")]] static void avx2(LogSource& source, RowBlock& block) {
    source.fill(block);
  }
  static void baseline(LogSource& source, RowBlock& block) { source.fill(block); }
};

const LogSource::FillRow& LogSource::row_in_use() {
  static constexpr std::array<FillRow, 2> kRows = {{
      {cpu::Level::avx2, FillRow::avx2},
      {cpu::Level::baseline, FillRow::baseline},
  }};
  return cpu::choose(std::span<const FillRow>(kRows));
}

LogSource::LogSource(const LogLayout& layout, std::size_t max_row_bytes)
    : layout_(layout),
      cpu_row_(row_in_use()),
      max_row_bytes_(max_row_bytes),
      index_(layout.byte_classes()) {}

void LogSource::open(const Window& window) {
  text_ = window.text.data();
  size_ = window.text.size();
  position_ = 0;
  segment_ = 0;
  segment_end_ = 0;
  row_ = 0;
  line_ = 0;
  blank_lines_ = 0;
}

bool LogSource::next(RowBlock& block) {
  block.restart();
  block.text = text_;
  while (block.rows == 0 && block.problems.empty()) {
    if (position_ == size_) return false;
    if (position_ == segment_end_) index_segment();
    cpu_row_.fill(*this, block);
  }
  if (!index_.is_ascii()) mark_invalid_text(block, index_, segment_, layout_.slot_count());
  return true;
}

void LogSource::index_segment() {
  const char* begin = text_ + position_;
  const std::size_t left = size_ - position_;
  std::size_t size = std::min(left, kSegment);
  const void* last = ::memrchr(begin, '\n', size);
  if (last == nullptr) last = std::memchr(begin + size, '\n', left - size);
  size = static_cast<std::size_t>(static_cast<const char*>(last) - begin) + 1;
  index_.build(begin, size);
  segment_ = position_;
  segment_end_ = position_ + size;
}

}  // namespace fastlane::kernels::records
