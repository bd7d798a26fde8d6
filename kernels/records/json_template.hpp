// The shape of one line of NDJSON: the text between its values, and which field each value is.
// Lines of the same shape are read by comparing that text, many lines side by side, so that none
// waits for the end of the one before; every other line is declined, and then nothing that was
// written counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "kernels/records/block.hpp"
#include "kernels/records/byte_index.hpp"
#include "kernels/records/json_layout.hpp"
#include "kernels/records/json_parser.hpp"
#include "kernels/records/json_text.hpp"

namespace fastlane::kernels::records {

class JsonTemplate {
 public:
  // The index by which lines are read; line ends are its first class. Each text that is indexed
  // anew has to be finished.
  static ByteIndex make_index();
  static void finish_index(ByteIndex& index);

  explicit JsonTemplate(const JsonLayout& layout) : layout_(layout) {}

  // Learns the shape of a line that the parser took, without duplicate keys; `slices` are its.
  // False when the shape is none that can be compared. Throws std::bad_alloc.
  bool learn(const char* window, const char* line, const Slice* slices, std::size_t stride);
  bool is_learned() const { return !steps_.empty(); }

  // Reads those of the lines that have the learned shape, from indexed text that begins at
  // `segment` of its window, into the slices of their rows; puts them to the front of `lines` and
  // returns how many they are. Never allocates.
  [[gnu::always_inline]] inline std::size_t read(const ByteIndex& index, const char* text,
                                                 std::size_t segment, std::span<LineCursor> lines,
                                                 Slice* slices, std::size_t stride) const;

 private:
  static constexpr std::size_t kCompared = 32;

  // Text that has to stand there, then a value.
  struct Step {
    alignas(16) char text[kCompared] = {};
    std::uint32_t mask = 0;  // of the bytes of `text`
    std::uint32_t size = 0;  // of the whole text
    std::size_t slot = kNoSlot;
    JsonKind kind = JsonKind::text;  // of the slot
  };

  static constexpr std::size_t kNowhere = ~std::size_t{0};
  // Classes of the index: digits; quotes, backslashes and control characters, which are where
  // strings end or are more than their text.
  static constexpr std::size_t kMark = 1, kDigit = 3;

  [[gnu::always_inline]] static inline bool begins(const char* at, const Step& step);
  // The closing quote of the string whose text begins at text[at], or kNowhere.
  [[gnu::always_inline]] static inline std::size_t string_end(const ByteIndex& index,
                                                              const char* text, std::size_t at,
                                                              bool& escaped);
  // Behind the number or word at text[at], or kNowhere.
  [[gnu::always_inline]] static inline std::size_t word_end(const ByteIndex& index,
                                                            const char* text, std::size_t at,
                                                            JsonWord& word);
  // Behind the value at text[at], or kNowhere.
  [[gnu::always_inline]] inline std::size_t read_value(const Step& step, const ByteIndex& index,
                                                       const char* text, std::size_t segment,
                                                       std::size_t at, Slice& slice) const;
  bool matches_rest(const char* at, std::size_t step) const;
  void add_step(const char* begin, const char* end, std::size_t slot);

  const JsonLayout& layout_;
  std::vector<Step> steps_;          // the last one is the end of the line, without a value
  std::vector<std::string> rests_;   // of texts longer than is compared at once, by step
  std::vector<std::size_t> absent_;  // slots that the shape does not have
};

inline bool JsonTemplate::begins(const char* at, const Step& step) {
  const auto same = [&](std::size_t half) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + half));
    const __m128i wanted = _mm_load_si128(reinterpret_cast<const __m128i*>(step.text + half));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted)));
  };
  std::uint32_t found = same(0);
  if (step.size > 16) found |= same(16) << 16;
  return (found & step.mask) == step.mask;
}

inline std::size_t JsonTemplate::string_end(const ByteIndex& index, const char* text,
                                            std::size_t at, bool& escaped) {
  std::size_t end = index.next_far(kMark, at);
  escaped = false;
  while (text[end] != '"') [[unlikely]] {
      if (text[end] != '\\') return kNowhere;
      const char* behind = skip_json_escape(text + end);
      if (behind == nullptr) return kNowhere;
      escaped = true;
      end = index.next(kMark, static_cast<std::size_t>(behind - text));
    }
  return end;
}

inline std::size_t JsonTemplate::word_end(const ByteIndex& index, const char* text, std::size_t at,
                                          JsonWord& word) {
  const std::size_t first = at + (text[at] == '-' ? 1 : 0);
  std::size_t end = index.next_outside(kDigit, first);
  bool is_plain = end - first == 1 || (end != first && text[first] != '0');
  if (is_plain && text[end] == '.') {
    const std::size_t decimals = end + 1;
    end = index.next_outside(kDigit, decimals);
    is_plain = end != decimals;
  }
  if (is_plain && (text[end] | 0x20) != 'e') [[likely]] {
    word = JsonWord::number;
    return end;
  }
  const char* behind = skip_json_word(text + at, word);
  return behind == nullptr ? kNowhere : static_cast<std::size_t>(behind - text);
}

inline std::size_t JsonTemplate::read_value(const Step& step, const ByteIndex& index,
                                            const char* text, std::size_t segment, std::size_t at,
                                            Slice& slice) const {
  if (text[at] == '"') {
    const std::size_t begin = at + 1;
    bool escaped = false;
    const std::size_t end = string_end(index, text, begin, escaped);
    if (end == kNowhere) return kNowhere;
    const SliceKind kind = escaped ? SliceKind::escaped : SliceKind::plain;
    slice = Slice(segment + begin, end - begin, kind);
    if (step.kind != JsonKind::text) [[unlikely]] {
      slice = json_text_slice(layout_.slots()[step.slot], text - segment, text + begin, text + end,
                              escaped);
    }
    return end + 1;
  }
  JsonWord word = JsonWord::none;
  const std::size_t end = word_end(index, text, at, word);
  SliceKind kind = SliceKind::wrong_type;
  if (word == JsonWord::null) kind = SliceKind::null;
  if (word == JsonWord::number && step.kind == JsonKind::number) kind = SliceKind::plain;
  if (word == JsonWord::boolean && step.kind == JsonKind::boolean) kind = SliceKind::plain;
  slice = Slice(segment + at, end - at, kind);
  return end;
}

inline std::size_t JsonTemplate::read(const ByteIndex& index, const char* text, std::size_t segment,
                                      std::span<LineCursor> lines, Slice* slices,
                                      std::size_t stride) const {
  const std::size_t values = steps_.size() - 1;
  std::size_t count = lines.size();
  for (std::size_t which = 0; which < values; ++which) {
    const Step& step = steps_[which];
    const bool is_wanted = step.slot != kNoSlot;
    Slice unwanted;
    std::size_t left = 0;
    for (std::size_t line = 0; line < count; ++line) {
      const std::size_t row = lines[line].row;
      std::size_t at = lines[line].at;
      if (!begins(text + at, step)) continue;
      if (step.size > kCompared && !matches_rest(text + at, which)) [[unlikely]]
        continue;
      Slice& slice = is_wanted ? slices[step.slot * stride + row] : unwanted;
      at = read_value(step, index, text, segment, at + step.size, slice);
      if (at == kNowhere) [[unlikely]]
        continue;
      lines[left++] = {static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(at)};
    }
    count = left;
  }
  const Step& last = steps_[values];
  std::size_t left = 0;
  for (std::size_t line = 0; line < count; ++line) {
    const char* at = text + lines[line].at;
    if (!begins(at, last) || (last.size > kCompared && !matches_rest(at, values))) continue;
    at += last.size;
    if (*at == '\r') ++at;
    if (*at != '\n') continue;
    for (const std::size_t slot : absent_) {
      slices[slot * stride + lines[line].row] = Slice(0, 0, SliceKind::missing);
    }
    lines[left++] = lines[line];
  }
  return left;
}

}  // namespace fastlane::kernels::records
