// Overlapping windows: each begins where the first match that the one before could not see may
// begin.
#include "kernels/text/strided_search.hpp"

#include <algorithm>
#include <memory>

#include "kernels/text/search.hpp"

namespace fastlane::kernels::text {
namespace {

class Window {
 public:
  Window(const StridedText& text, std::size_t needle_size)
      : text_(text),
        capacity_(std::max(kLeast, 4 * needle_size)),
        block_(std::make_unique_for_overwrite<std::uint8_t[]>(capacity_)) {}

  std::size_t capacity() const { return capacity_; }

  // The content from `start` on, counted from the text's begin: a block, or what there is.
  Bytes at(std::size_t start) {
    const std::size_t count = std::min(capacity_, text_.end - text_.begin - start);
    text_.bytes.copy(text_.begin + start, std::as_writable_bytes(std::span(block_.get(), count)));
    return {block_.get(), count};
  }

 private:
  static constexpr std::size_t kLeast = std::size_t{64} << 10;

  const StridedText& text_;
  std::size_t capacity_;
  std::unique_ptr<std::uint8_t[]> block_;
};

// Calls body(window, start), which gives back where the next match may begin at the earliest, or
// kNotFound to end the walk.
template <class Body>
void for_each_window(const StridedText& text, std::size_t needle_size, Checkpoint& checkpoint,
                     Body&& body) {
  const std::size_t size = text.end - text.begin;
  if (size < needle_size) return;
  Window window(text, needle_size);
  for (std::size_t start = 0; size - start >= needle_size;) {
    const Bytes bytes = window.at(start);
    checkpoint.spend(bytes.size());
    const std::size_t free = body(bytes, start);
    if (free == kNotFound) return;
    start = std::max(free, start + bytes.size() - (needle_size - 1));
  }
}

}  // namespace

std::size_t find(const StridedText& text, Bytes needle, Checkpoint& checkpoint) {
  if (needle.empty()) return 0;
  std::size_t found = kNotFound;
  for_each_window(text, needle.size(), checkpoint, [&](Bytes window, std::size_t start) {
    const std::size_t place = find(scan<std::uint8_t>(), window, needle, checkpoint);
    if (place == kNotFound) return std::size_t{0};
    found = start + place;
    return kNotFound;
  });
  return found;
}

std::size_t rfind(const StridedText& text, Bytes needle, Checkpoint& checkpoint) {
  std::size_t end = text.end - text.begin;
  if (needle.empty()) return end;
  if (end < needle.size()) return kNotFound;
  Window window(text, needle.size());
  while (true) {
    const std::size_t start = end - std::min(end, window.capacity());
    const Bytes bytes = window.at(start).first(end - start);
    checkpoint.spend(bytes.size());
    const std::size_t place = rfind(scan<std::uint8_t>(), bytes, needle, checkpoint);
    if (place != kNotFound) return start + place;
    if (start == 0) return kNotFound;
    end = start + needle.size() - 1;
  }
}

std::size_t count(const StridedText& text, Bytes needle, Checkpoint& checkpoint) {
  if (needle.empty()) return text.end - text.begin + 1;
  std::size_t found = 0;
  for_each_window(text, needle.size(), checkpoint, [&](Bytes window, std::size_t start) {
    Offsets places;
    find_all(scan<std::uint8_t>(), window, needle, start, places, checkpoint);
    found += places.size();
    if (places.size() == 0) return std::size_t{0};
    return static_cast<std::size_t>(places[places.size() - 1]) + needle.size();
  });
  return found;
}

void find_all(const StridedText& text, Bytes needle, std::size_t origin, Offsets& offsets,
              Checkpoint& checkpoint) {
  for_each_window(text, needle.size(), checkpoint, [&](Bytes window, std::size_t start) {
    const std::size_t before = offsets.size();
    find_all(scan<std::uint8_t>(), window, needle, origin + start, offsets, checkpoint);
    if (offsets.size() == before) return std::size_t{0};
    return static_cast<std::size_t>(offsets[offsets.size() - 1]) - origin + needle.size();
  });
}

void line_offsets(const StridedText& text, Offsets& offsets, Checkpoint& checkpoint) {
  static constexpr std::uint8_t kNewline = '\n';
  const std::size_t size = text.end - text.begin;
  offsets.push(0);
  find_all(text, Bytes(&kNewline, 1), 1, offsets, checkpoint);
  if (offsets[offsets.size() - 1] != static_cast<std::int64_t>(size)) offsets.push(size);
}

}  // namespace fastlane::kernels::text
