// Lines into blocks of slices.
#include "kernels/records/json_source.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/records/invalid_text.hpp"

namespace fastlane::kernels::records {
namespace {

// The index of a segment and the rows in it stay in the second-level cache.
constexpr std::size_t kSegment = std::size_t{64} << 10;
// A shape that held for so many lines was worth learning.
constexpr std::uint32_t kWorthLearning = 8;
constexpr std::uint32_t kMostPatience = 512;

}  // namespace

// Kept apart: lines of a shape of their own are the exception that may cost more.
[[gnu::noinline]] ErrorCode JsonSource::parse(const char* line, Slice* slices) {
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
  template_.learn(text_, line, slices, kBlockRows);
  return code;
}

[[gnu::always_inline]] inline void JsonSource::fill(RowBlock& block) {
  std::size_t at = position_ - segment_;
  const std::size_t segment_size = segment_end_ - segment_;
  const char* text = text_ + segment_;
  while (at < segment_size && block.rows < kBlockRows && block.problems.size() < kBlockRows) {
    const std::size_t newline = index_.next(0, at);
    std::size_t end = newline;
    if (end > at && text[end - 1] == '\r') --end;
    const std::size_t begin = at;
    at = newline + 1;
    const std::uint32_t line = line_++;
    if (begin == end) {
      ++blank_lines_;
      continue;
    }
    const RowPlace place{row_++, line, static_cast<std::uint32_t>(segment_ + begin),
                         static_cast<std::uint32_t>(segment_ + end)};
    ErrorCode code = ErrorCode::none;
    Slice* slices = block.slices.data() + block.rows;
    if (end - begin > max_row_bytes_) {
      code = ErrorCode::too_long;
    } else if (template_.is_learned() && template_.read(text_, text + begin, slices, kBlockRows))
        [[likely]] {
      ++template_lines_;
    } else {
      code = parse(text + begin, slices);
    }
    if (code != ErrorCode::none) {
      block.report(place, kWholeRow, code);
      continue;
    }
    block.places[block.rows++] = place;
  }
  position_ = segment_ + at;
}

// The same loop for CPUs that shift and count by one instruction each.
struct JsonSource::FillRow {
  cpu::Level level;
  void (*fill)(JsonSource& source, RowBlock& block);

  [[gnu::target("avx2,bmi,bmi2")]] static void avx2(JsonSource& source, RowBlock& block) {
    source.fill(block);
  }
  static void baseline(JsonSource& source, RowBlock& block) { source.fill(block); }
};

const JsonSource::FillRow& JsonSource::row_in_use() {
  static constexpr std::array<FillRow, 2> kRows = {{
      {cpu::Level::avx2, FillRow::avx2},
      {cpu::Level::baseline, FillRow::baseline},
  }};
  return cpu::choose(std::span<const FillRow>(kRows));
}

JsonSource::JsonSource(const JsonLayout& layout, std::size_t max_row_bytes, bool use_template)
    : layout_(layout),
      cpu_row_(row_in_use()),
      max_row_bytes_(max_row_bytes),
      use_template_(use_template),
      index_("\n"),
      parser_(layout),
      template_(layout) {}

void JsonSource::open(const Window& window) {
  text_ = window.text.data();
  size_ = window.text.size();
  position_ = 0;
  segment_ = 0;
  segment_end_ = 0;
  row_ = 0;
  line_ = 0;
  blank_lines_ = 0;
}

bool JsonSource::next(RowBlock& block) {
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

void JsonSource::index_segment() {
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
