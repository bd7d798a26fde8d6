// Segments, and the places of lines.
#include "kernels/records/line_source.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "kernels/cpu.hpp"
#include "kernels/records/invalid_text.hpp"

namespace fastlane::kernels::records {
namespace {

// The index of a segment and the rows in it stay in the second-level cache.
constexpr std::size_t kSegment = std::size_t{64} << 10;

}  // namespace

[[gnu::always_inline]] inline void LineSource::list_lines() {
  constexpr std::size_t kAtOnce = 2;
  const std::size_t words = (index_.size() + 63) / 64;
  const std::uint64_t* newlines = index_.words(kNewline);
  std::size_t count = 0;
  line_ends_.clear();
  for (std::size_t at = 0; at < words; ++at) {
    line_ends_.resize(count);
    line_ends_.reserve(64 + kAtOnce);
    count +=
        write_places<kAtOnce>(newlines[at], static_cast<std::uint32_t>(at * 64), line_ends_.end());
  }
  // Behind the text, which ends with a line end, every bit is set.
  line_ends_.resize(count - (words * 64 - index_.size()));
}

// The same loop for CPUs that count and clear bits by one instruction each.
struct LineSource::Row {
  cpu::Level level;
  void (*list_lines)(LineSource& source);

  [[gnu::target("avx2,bmi,bmi2,popcnt")]] static void avx2(LineSource& source) {
    source.list_lines();
  }
  static void baseline(LineSource& source) { source.list_lines(); }
};

const LineSource::Row& LineSource::row_in_use() {
  static constexpr std::array<Row, 2> kRows = {{
      {cpu::Level::avx2, Row::avx2},
      {cpu::Level::baseline, Row::baseline},
  }};
  return cpu::choose(std::span<const Row>(kRows));
}

LineSource::LineSource(ByteIndex index, std::size_t slot_count, std::size_t max_row_bytes)
    : index_(std::move(index)),
      cpu_row_(row_in_use()),
      slot_count_(slot_count),
      max_row_bytes_(max_row_bytes) {}

void LineSource::open(const Window& window) {
  text_ = window.text.data();
  size_ = window.text.size();
  position_ = 0;
  segment_ = 0;
  segment_end_ = 0;
  line_ends_.clear();
  next_line_ = 0;
  row_ = 0;
  line_ = 0;
  blank_lines_ = 0;
}

bool LineSource::next(RowBlock& block) {
  block.restart();
  block.text = text_;
  while (block.rows == 0 && block.problems.empty()) {
    if (position_ == size_) return false;
    if (position_ == segment_end_) index_segment();
    while (position_ != segment_end_ && block.rows < kBlockRows &&
           block.problems.size() < kBlockRows) {
      read_lines(block, take_places(block));
    }
  }
  if (!index_.is_ascii()) mark_invalid_text(block, index_, segment_, slot_count_);
  return true;
}

void LineSource::index_segment() {
  const char* begin = text_ + position_;
  const std::size_t left = size_ - position_;
  std::size_t size = std::min(left, kSegment);
  const void* last = ::memrchr(begin, '\n', size);
  if (last == nullptr) last = std::memchr(begin + size, '\n', left - size);
  size = static_cast<std::size_t>(static_cast<const char*>(last) - begin) + 1;
  index_.build(begin, size);
  segment_ = position_;
  segment_end_ = position_ + size;
  next_line_ = 0;
  cpu_row_.list_lines(*this);
  begin_segment();
}

// Notes where the next lines stand; returns how many of them are not blank.
std::size_t LineSource::take_places(RowBlock& block) {
  const std::size_t most = std::min(kSideBySide, kBlockRows - block.rows);
  std::size_t count = 0;
  while (count < most && position_ != segment_end_) {
    const std::size_t begin = position_;
    std::size_t end = segment_ + line_ends_[next_line_++];
    position_ = end + 1;
    if (end > begin && text_[end - 1] == '\r') --end;
    const std::uint32_t line = line_++;
    if (begin == end) {
      ++blank_lines_;
      continue;
    }
    block.places[block.rows + count++] = {row_++, line, static_cast<std::uint32_t>(begin),
                                          static_cast<std::uint32_t>(end)};
  }
  return count;
}

void LineSource::move_row(RowBlock& block, std::size_t row) const {
  block.places[block.rows] = block.places[row];
  for (std::size_t slot = 0; slot < slot_count_; ++slot) {
    block.slot(slot)[block.rows] = block.slot(slot)[row];
  }
}

}  // namespace fastlane::kernels::records
