// The search loops: blocks of marks forwards or backwards, each marked place compared in full.
#include "kernels/text/search.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "kernels/text/marks.hpp"
#include "kernels/text/needle.hpp"
#include "kernels/text/two_way.hpp"

namespace fastlane::kernels::text {
namespace {

// Compares needles with marked places and keeps account of the work that came to nothing.
template <class T>
class Comparison {
 public:
  Comparison(std::span<const T> needle, Checkpoint& checkpoint)
      : needle_(reinterpret_cast<const std::byte*>(needle.data())),
        size_(needle.size_bytes()),
        checkpoint_(checkpoint) {}

  bool matches(const T* place) {
    const auto* at = reinterpret_cast<const std::byte*>(place);
    if (size_ <= 2 * sizeof(T)) return true;  // the anchors were all of it
    if (size_ < 4) return same<std::uint16_t>(at, 0) && same<std::uint16_t>(at, size_ - 2);
    if (size_ < 8) return same<std::uint32_t>(at, 0) && same<std::uint32_t>(at, size_ - 4);
    if (size_ < 16) return same<std::uint64_t>(at, 0) && same<std::uint64_t>(at, size_ - 8);
    std::size_t done = 0;
    for (; done + 16 <= size_; done += 16) {
      if (!same<std::uint64_t>(at, done) || !same<std::uint64_t>(at, done + 8)) break;
      if (done % kPiece == kPiece - 16) checkpoint_.spend(kPiece);
    }
    if (done + 16 > size_ && same<std::uint64_t>(at, size_ - 16) &&
        same<std::uint64_t>(at, size_ - 8)) {
      return true;
    }
    wasted_ += done;
    return false;
  }

  // After a place that was marked and did not match. True when scanning on, now that `scanned`
  // bytes of text are done, may take longer than a two-way search would: the price of a mismatch is
  // that of some 32 bytes, and a byte of two-way search that of some 16.
  bool is_hopeless(std::size_t scanned) {
    wasted_ += 32;
    return wasted_ > kPatience && wasted_ / 8 > scanned;
  }

 private:
  static constexpr std::size_t kPiece = std::size_t{64} << 10;
  static constexpr std::size_t kPatience = std::size_t{16} << 10;

  // Two words that may overlap cover every length from one word to two.
  template <class Word>
  bool same(const std::byte* at, std::size_t offset) const {
    Word left;
    Word right;
    std::memcpy(&left, at + offset, sizeof(Word));
    std::memcpy(&right, needle_ + offset, sizeof(Word));
    return left == right;
  }

  const std::byte* needle_;
  std::size_t size_;
  std::size_t wasted_ = 0;
  Checkpoint& checkpoint_;
};

// How far a place is behind the start of its cache line. A block that is shorter by as much ends
// where a line does, and the next one begins there.
template <class T>
std::size_t points_behind_line(const T* points) {
  return reinterpret_cast<std::uintptr_t>(points) % 64 / sizeof(T);
}

// Calls on_match(place) for every match that does not overlap an earlier one, until it says false.
template <class T, class OnMatch>
void two_way_forward(std::span<const T> text, std::span<const T> needle, std::size_t from,
                     Checkpoint& checkpoint, OnMatch& on_match) {
  using Forward = TwoWay<T, 1>;
  const Forward search(needle, checkpoint);
  for (std::size_t place = search.find(text, from); place != Forward::kNone && on_match(place);) {
    place = search.find(text, place + needle.size());
  }
}

// The same by scanning, for needles of two code points or more. The first block is short: what is
// found early is found soon.
template <class T, class OnMatch>
void search_forward(const Scan<T>& scan, std::span<const T> text, std::span<const T> needle,
                    Checkpoint& checkpoint, OnMatch&& on_match) {
  constexpr std::size_t kFirstBlock = 256;
  const Anchors<T> anchors = choose_anchors(scan, text, needle);
  const std::size_t starts = text.size() - needle.size() + 1;
  Comparison<T> comparison(needle, checkpoint);
  BlockMarks marks;
  std::size_t length = kFirstBlock;
  for (std::size_t base = 0; base < starts;) {
    const T* const left = text.data() + base + anchors.offset;
    const std::size_t count = std::min(length - points_behind_line(left), starts - base);
    length = kBlockLength;
    checkpoint.spend(count * sizeof(T));
    std::size_t next = base + count;
    std::uint64_t marked =
        scan.mark_pairs(left, count, anchors.distance, anchors.first, anchors.second, marks.data());
    while (marked != 0) {
      const auto word = static_cast<std::size_t>(std::countr_zero(marked));
      marked &= marked - 1;
      for (std::uint64_t bits = marks[word]; bits != 0;) {
        const std::size_t place =
            base + word * kBitsPerWord + static_cast<std::size_t>(std::countr_zero(bits));
        bits &= bits - 1;
        if (!comparison.matches(text.data() + place)) {
          if (!comparison.is_hopeless((place + 1) * sizeof(T))) continue;
          return two_way_forward(text, needle, place + 1, checkpoint, on_match);
        }
        if (!on_match(place)) return;
        // The next match may begin behind this one: forget the marks in between.
        const std::size_t free = place + needle.size();
        if (free >= base + count) {
          next = free;
          marked = 0;
          break;
        }
        const std::size_t free_word = (free - base) / kBitsPerWord;
        const std::uint64_t kept = ~std::uint64_t{0} << (free - base) % kBitsPerWord;
        if (free_word == word) {
          bits &= kept;
        } else {
          marks[free_word] &= kept;
          marked &= ~std::uint64_t{0} << free_word;
          break;
        }
      }
    }
    base = next;
  }
}

template <class T>
std::size_t find_last(const Scan<T>& scan, std::span<const T> text, std::span<const T> needle,
                      Checkpoint& checkpoint) {
  constexpr std::size_t kFirstBlock = 256;
  const Anchors<T> anchors = choose_anchors(scan, text, needle);
  Comparison<T> comparison(needle, checkpoint);
  BlockMarks marks;
  std::size_t length = kFirstBlock;
  const std::size_t starts = text.size() - needle.size() + 1;
  for (std::size_t end = starts; end > 0;) {
    std::size_t base = end - std::min(length, end);
    if (base != 0) base += points_to_line(text.data() + base + anchors.offset);
    const std::size_t count = end - base;
    length = kBlockLength;
    checkpoint.spend(count * sizeof(T));
    end = base;
    std::uint64_t marked =
        scan.mark_pairs(text.data() + base + anchors.offset, count, anchors.distance, anchors.first,
                        anchors.second, marks.data());
    while (marked != 0) {
      const auto word = 63 - static_cast<std::size_t>(std::countl_zero(marked));
      marked &= ~(std::uint64_t{1} << word);
      for (std::uint64_t bits = marks[word]; bits != 0;) {
        const auto bit = 63 - static_cast<std::size_t>(std::countl_zero(bits));
        bits &= ~(std::uint64_t{1} << bit);
        const std::size_t place = base + word * kBitsPerWord + bit;
        if (comparison.matches(text.data() + place)) return place;
        if (!comparison.is_hopeless((starts - place) * sizeof(T))) continue;
        // All matches that are left lie wholly before the end of the one that was just refused.
        const std::span<const T> rest = text.first(place + needle.size() - 1);
        using Backward = TwoWay<T, -1>;
        const std::size_t mirrored = Backward(needle, checkpoint).find(rest, 0);
        if (mirrored == Backward::kNone) return kNotFound;
        return rest.size() - mirrored - needle.size();
      }
    }
  }
  return kNotFound;
}

// Calls body(start, count) for stretches of the text.
template <class T, class Body>
void for_each_stretch(std::span<const T> text, Checkpoint& checkpoint, Body&& body) {
  constexpr std::size_t kLength = kStretch / sizeof(T);
  for (std::size_t start = 0; start < text.size(); start += kLength) {
    const std::size_t count = std::min(kLength, text.size() - start);
    if (!body(start, count)) return;
    checkpoint.spend(count * sizeof(T));
  }
}

template <class T>
std::size_t find_point(const Scan<T>& scan, std::span<const T> text, T point,
                       Checkpoint& checkpoint) {
  std::size_t place = kNotFound;
  for_each_stretch(text, checkpoint, [&](std::size_t start, std::size_t count) {
    const std::size_t index = scan.find_equal(text.data() + start, count, point);
    if (index != count) place = start + index;
    return index == count;
  });
  return place;
}

template <class T>
std::size_t find_last_point(const Scan<T>& scan, std::span<const T> text, T point,
                            Checkpoint& checkpoint) {
  constexpr std::size_t kLength = kStretch / sizeof(T);
  for (std::size_t end = text.size(); end > 0;) {
    const std::size_t count = std::min(kLength, end);
    end -= count;
    const std::size_t index = scan.find_last_equal(text.data() + end, count, point);
    if (index != count) return end + index;
    checkpoint.spend(count * sizeof(T));
  }
  return kNotFound;
}

template <class T>
std::size_t count_points(const Scan<T>& scan, std::span<const T> text, T point,
                         Checkpoint& checkpoint) {
  std::size_t found = 0;
  for_each_stretch(text, checkpoint, [&](std::size_t start, std::size_t count) {
    found += scan.count_equal(text.data() + start, count, point);
    return true;
  });
  return found;
}

template <class T>
void find_all_points(const Scan<T>& scan, std::span<const T> text, T point, std::size_t origin,
                     Offsets& offsets, Checkpoint& checkpoint) {
  BlockMarks marks;
  for (std::size_t start = 0; start < text.size();) {
    const T* const points = text.data() + start;
    const std::size_t count =
        std::min(kBlockLength - points_behind_line(points), text.size() - start);
    checkpoint.spend(count * sizeof(T));
    const std::uint64_t marked = scan.mark_equal(points, count, point, marks.data());
    if (marked != 0) {
      const auto base = static_cast<std::int64_t>(origin + start);
      offsets.grow(write_places(marks.data(), marked, base, offsets.room(count + 1)));
    }
    start += count;
  }
}

}  // namespace

template <class T>
std::size_t find(const Scan<T>& scan, std::span<const T> text, std::span<const T> needle,
                 Checkpoint& checkpoint) {
  if (needle.empty()) return 0;
  if (needle.size() > text.size()) return kNotFound;
  if (needle.size() == 1) return find_point(scan, text, needle[0], checkpoint);
  std::size_t found = kNotFound;
  search_forward(scan, text, needle, checkpoint, [&](std::size_t place) {
    found = place;
    return false;
  });
  return found;
}

template <class T>
std::size_t rfind(const Scan<T>& scan, std::span<const T> text, std::span<const T> needle,
                  Checkpoint& checkpoint) {
  if (needle.empty()) return text.size();
  if (needle.size() > text.size()) return kNotFound;
  if (needle.size() == 1) return find_last_point(scan, text, needle[0], checkpoint);
  return find_last(scan, text, needle, checkpoint);
}

template <class T>
std::size_t count(const Scan<T>& scan, std::span<const T> text, std::span<const T> needle,
                  Checkpoint& checkpoint) {
  if (needle.empty()) return text.size() + 1;
  if (needle.size() > text.size()) return 0;
  if (needle.size() == 1) return count_points(scan, text, needle[0], checkpoint);
  std::size_t found = 0;
  search_forward(scan, text, needle, checkpoint, [&](std::size_t) {
    ++found;
    return true;
  });
  return found;
}

template <class T>
void find_all(const Scan<T>& scan, std::span<const T> text, std::span<const T> needle,
              std::size_t origin, Offsets& offsets, Checkpoint& checkpoint) {
  if (needle.size() > text.size()) return;
  if (needle.size() == 1) {
    return find_all_points(scan, text, needle[0], origin, offsets, checkpoint);
  }
  search_forward(scan, text, needle, checkpoint, [&](std::size_t place) {
    offsets.push(origin + place);
    return true;
  });
}

template std::size_t find(const Scan<std::uint8_t>&, std::span<const std::uint8_t>,
                          std::span<const std::uint8_t>, Checkpoint&);
template std::size_t rfind(const Scan<std::uint8_t>&, std::span<const std::uint8_t>,
                           std::span<const std::uint8_t>, Checkpoint&);
template std::size_t count(const Scan<std::uint8_t>&, std::span<const std::uint8_t>,
                           std::span<const std::uint8_t>, Checkpoint&);
template void find_all(const Scan<std::uint8_t>&, std::span<const std::uint8_t>,
                       std::span<const std::uint8_t>, std::size_t, Offsets&, Checkpoint&);
template std::size_t find(const Scan<std::uint16_t>&, std::span<const std::uint16_t>,
                          std::span<const std::uint16_t>, Checkpoint&);
template std::size_t rfind(const Scan<std::uint16_t>&, std::span<const std::uint16_t>,
                           std::span<const std::uint16_t>, Checkpoint&);
template std::size_t count(const Scan<std::uint16_t>&, std::span<const std::uint16_t>,
                           std::span<const std::uint16_t>, Checkpoint&);
template void find_all(const Scan<std::uint16_t>&, std::span<const std::uint16_t>,
                       std::span<const std::uint16_t>, std::size_t, Offsets&, Checkpoint&);
template std::size_t find(const Scan<std::uint32_t>&, std::span<const std::uint32_t>,
                          std::span<const std::uint32_t>, Checkpoint&);
template std::size_t rfind(const Scan<std::uint32_t>&, std::span<const std::uint32_t>,
                           std::span<const std::uint32_t>, Checkpoint&);
template std::size_t count(const Scan<std::uint32_t>&, std::span<const std::uint32_t>,
                           std::span<const std::uint32_t>, Checkpoint&);
template void find_all(const Scan<std::uint32_t>&, std::span<const std::uint32_t>,
                       std::span<const std::uint32_t>, std::size_t, Offsets&, Checkpoint&);

}  // namespace fastlane::kernels::text
