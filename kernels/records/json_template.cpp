// How a shape is learned, and the index by which lines are read.
#include "kernels/records/json_template.hpp"

#include <algorithm>
#include <cstring>

namespace fastlane::kernels::records {

ByteIndex JsonTemplate::make_index() {
  constexpr ByteRange kRanges[] = {{'0', '9'}, {0x00, 0x1F}};
  return ByteIndex("\n\"\\", kRanges);
}

void JsonTemplate::finish_index(ByteIndex& index) {
  constexpr std::size_t kBackslash = 2, kControl = 4;
  index.unite(kMark, kBackslash);
  index.unite(kMark, kControl);
}

void JsonTemplate::add_step(const char* begin, const char* end, std::size_t slot) {
  Step step;
  const auto size = static_cast<std::size_t>(end - begin);
  const std::size_t compared = std::min(size, kCompared);
  std::memcpy(step.text, begin, compared);
  step.mask = compared == kCompared ? ~std::uint32_t{0} : (std::uint32_t{1} << compared) - 1;
  step.size = static_cast<std::uint32_t>(size);
  step.slot = slot;
  if (slot != kNoSlot) step.kind = layout_.slots()[slot].kind;
  steps_.push_back(step);
  rests_.emplace_back(begin + compared, size - compared);
}

bool JsonTemplate::matches_rest(const char* at, std::size_t step) const {
  // A line end is in no template, so the comparison ends within the text.
  return std::strncmp(at + kCompared, rests_[step].data(), rests_[step].size()) == 0;
}

bool JsonTemplate::learn(const char* window, const char* line, const Slice* slices,
                         std::size_t stride) {
  steps_.clear();
  rests_.clear();
  absent_.clear();
  std::size_t wanted = 0;
  for (std::size_t slot = 0; slot < layout_.slot_count(); ++slot) {
    if (slices[slot * stride].kind() == SliceKind::missing) {
      absent_.push_back(slot);
    } else {
      ++wanted;
    }
  }
  // A value may fill one field; a second one of the same place would need a step of its own.
  const auto slot_at = [&](const char* value) {
    for (std::size_t slot = 0; slot < layout_.slot_count(); ++slot) {
      const Slice slice = slices[slot * stride];
      if (slice.kind() == SliceKind::missing) continue;
      if (window + slice.begin() == value) return slot;
    }
    return kNoSlot;
  };
  std::size_t found = 0;
  const char* text_begin = line;
  const char* at = line;
  while (*at != '\n') {
    if (*at == '"') {
      const char* begin = ++at;
      bool escaped = false;
      at = find_string_end(at, escaped) + 1;
      if (*skip_json_space(at) == ':') continue;  // a key
      const std::size_t slot = slot_at(begin);
      found += slot == kNoSlot ? 0 : 1;
      add_step(text_begin, begin - 1, slot);
      text_begin = at;
    } else if (std::strchr("{}[],: \t\r", *at) != nullptr) {
      ++at;
    } else {
      JsonWord word = JsonWord::none;
      const std::size_t slot = slot_at(at);
      found += slot == kNoSlot ? 0 : 1;
      add_step(text_begin, at, slot);
      at = skip_json_word(at, word);
      text_begin = at;
    }
  }
  const char* end = at > text_begin && at[-1] == '\r' ? at - 1 : at;
  add_step(text_begin, end, kNoSlot);
  // Fields that are objects, arrays, or share a value are for the parser.
  if (found == wanted) return true;
  steps_.clear();
  return false;
}

}  // namespace fastlane::kernels::records
