// The shape of one line of NDJSON: the text between its values, and which field each value is.
// Lines of the same shape are read by comparing that text; every other line is declined, and then
// nothing that was written counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/records/block.hpp"
#include "kernels/records/json_layout.hpp"
#include "kernels/records/json_parser.hpp"
#include "kernels/records/json_text.hpp"

namespace fastlane::kernels::records {

class JsonTemplate {
 public:
  explicit JsonTemplate(const JsonLayout& layout) : layout_(layout) {}

  // Learns the shape of a line that the parser took, without duplicate keys; `slices` are its.
  // False when the shape is none that can be compared. Throws std::bad_alloc.
  bool learn(const char* window, const char* line, const Slice* slices, std::size_t stride);
  bool is_learned() const { return !steps_.empty(); }

  // Reads a line of the learned shape into the slices; false when it has another one. The line is
  // as for the parser. Never allocates.
  [[gnu::always_inline]] inline bool read(const char* window, const char* line, Slice* slices,
                                          std::size_t stride) const;

 private:
  static constexpr std::size_t kCompared = 32;

  // Text that has to stand there, then a value.
  struct Step {
    alignas(16) char text[kCompared] = {};
    std::uint32_t mask = 0;  // of the bytes of `text`
    std::uint32_t size = 0;  // of the whole text
    std::size_t slot = kNoSlot;
    JsonKind kind = JsonKind::text;
  };

  [[gnu::always_inline]] static inline bool begins(const char* at, const Step& step);
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
  return ((same(0) | (same(16) << 16)) & step.mask) == step.mask;
}

inline bool JsonTemplate::read(const char* window, const char* line, Slice* slices,
                               std::size_t stride) const {
  const auto place = [window](const char* byte) { return static_cast<std::size_t>(byte - window); };
  const char* at = line;
  const std::size_t values = steps_.size() - 1;
  for (std::size_t index = 0; index < values; ++index) {
    const Step& step = steps_[index];
    if (!begins(at, step)) return false;
    if (step.size > kCompared) [[unlikely]] {
      if (!matches_rest(at, index)) return false;
    }
    at += step.size;
    if (*at == '"') {
      const char* begin = ++at;
      bool escaped = false;
      const char* end = find_string_end(at, escaped);
      if (end == nullptr) return false;
      if (step.slot != kNoSlot) {
        const SliceKind kind = escaped ? SliceKind::escaped : SliceKind::plain;
        slices[step.slot * stride] =
            step.kind == JsonKind::text
                ? Slice(place(begin), static_cast<std::size_t>(end - begin), kind)
                : json_text_slice(layout_.slots()[step.slot], window, begin, end, escaped);
      }
      at = end + 1;
      continue;
    }
    const char* begin = at;
    JsonWord word = JsonWord::none;
    at = skip_json_word(at, word);
    if (at == nullptr) return false;
    if (step.slot == kNoSlot) continue;
    SliceKind kind = SliceKind::wrong_type;
    if (word == JsonWord::null) kind = SliceKind::null;
    if (word == JsonWord::number && step.kind == JsonKind::number) kind = SliceKind::plain;
    if (word == JsonWord::boolean && step.kind == JsonKind::boolean) kind = SliceKind::plain;
    slices[step.slot * stride] = Slice(place(begin), static_cast<std::size_t>(at - begin), kind);
  }
  if (!begins(at, steps_[values])) return false;
  if (steps_[values].size > kCompared && !matches_rest(at, values)) return false;
  at += steps_[values].size;
  if (*at == '\r') ++at;
  if (*at != '\n') return false;
  for (const std::size_t slot : absent_) {
    slices[slot * stride] = Slice(0, 0, SliceKind::missing);
  }
  return true;
}

}  // namespace fastlane::kernels::records
