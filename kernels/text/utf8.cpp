// Adds up what the scan counts; encodes eight ASCII code points at
// a time and the others one by one.
#include "kernels/text/utf8.hpp"

#include <algorithm>

#include "kernels/text/marks.hpp"

namespace fastlane::kernels::text {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{16} << 10;  // read twice, from the first cache

template <class T>
inline constexpr std::size_t kBlock = kBlockBytes / sizeof(T);

template <class T>
[[gnu::always_inline]] inline bool is_ascii_8(const T* points) {
  T all = 0;
  for (std::size_t i = 0; i < 8; ++i) all = static_cast<T>(all | points[i]);
  return all < 0x80;
}

// Writes one code point and gives back the place behind it.
[[gnu::always_inline]] inline std::byte* encode_point(std::uint32_t point, std::byte* out) {
  const auto tail = [](std::uint32_t bits) { return static_cast<std::byte>(0x80 | (bits & 0x3F)); };
  if (point < 0x80) {
    *out++ = static_cast<std::byte>(point);
  } else if (point < 0x800) {
    *out++ = static_cast<std::byte>(0xC0 | point >> 6);
    *out++ = tail(point);
  } else if (point < 0x10000) {
    *out++ = static_cast<std::byte>(0xE0 | point >> 12);
    *out++ = tail(point >> 6);
    *out++ = tail(point);
  } else {
    *out++ = static_cast<std::byte>(0xF0 | point >> 18);
    *out++ = tail(point >> 12);
    *out++ = tail(point >> 6);
    *out++ = tail(point);
  }
  return out;
}

template <class T>
std::byte* encode_block(const T* points, std::size_t count, std::byte* out) {
  std::size_t at = 0;
  while (count - at >= 8) {
    if (is_ascii_8(points + at)) {
      for (std::size_t i = 0; i < 8; ++i) out[i] = static_cast<std::byte>(points[at + i]);
      out += 8;
    } else {
      for (std::size_t i = 0; i < 8; ++i) out = encode_point(points[at + i], out);
    }
    at += 8;
  }
  for (; at < count; ++at) out = encode_point(points[at], out);
  return out;
}

}  // namespace

template <class T>
std::size_t utf8_length(const Scan<T>& scan, std::span<const T> text, Checkpoint& checkpoint) {
  std::size_t length = text.size();
  constexpr std::size_t kLength = kStretch / sizeof(T);
  for (std::size_t start = 0; start < text.size(); start += kLength) {
    const T* points = text.data() + start;
    const std::size_t count = std::min(kLength, text.size() - start);
    length += scan.count_tail_bytes(points, count);
    checkpoint.spend(count * sizeof(T));
  }
  return length;
}

template <class T>
std::size_t find_surrogate(const Scan<T>& scan, std::span<const T> text, Checkpoint& checkpoint) {
  if constexpr (sizeof(T) > 1) {
    for (std::size_t start = 0; start < text.size(); start += kBlock<T>) {
      const auto block = text.subspan(start, std::min(kBlock<T>, text.size() - start));
      if (scan.count_at_least(block.data(), block.size(), T{0xD800}) !=
          scan.count_at_least(block.data(), block.size(), T{0xE000})) {
        const auto found = std::find_if(block.begin(), block.end(), is_surrogate);
        return start + static_cast<std::size_t>(found - block.begin());
      }
      checkpoint.spend(block.size_bytes());
    }
  }
  return text.size();
}

template <class T>
std::size_t encode_utf8(std::span<const T> text, std::span<std::byte> out, Checkpoint& checkpoint) {
  std::byte* at = out.data();
  for (std::size_t start = 0; start < text.size(); start += kBlock<T>) {
    const std::size_t count = std::min(kBlock<T>, text.size() - start);
    at = encode_block(text.data() + start, count, at);
    checkpoint.spend(kBlockBytes);
  }
  return static_cast<std::size_t>(at - out.data());
}

template std::size_t utf8_length(const Scan<std::uint8_t>&, std::span<const std::uint8_t>,
                                 Checkpoint&);
template std::size_t find_surrogate(const Scan<std::uint8_t>&, std::span<const std::uint8_t>,
                                    Checkpoint&);
template std::size_t encode_utf8(std::span<const std::uint8_t>, std::span<std::byte>, Checkpoint&);
template std::size_t utf8_length(const Scan<std::uint16_t>&, std::span<const std::uint16_t>,
                                 Checkpoint&);
template std::size_t find_surrogate(const Scan<std::uint16_t>&, std::span<const std::uint16_t>,
                                    Checkpoint&);
template std::size_t encode_utf8(std::span<const std::uint16_t>, std::span<std::byte>, Checkpoint&);
template std::size_t utf8_length(const Scan<std::uint32_t>&, std::span<const std::uint32_t>,
                                 Checkpoint&);
template std::size_t find_surrogate(const Scan<std::uint32_t>&, std::span<const std::uint32_t>,
                                    Checkpoint&);
template std::size_t encode_utf8(std::span<const std::uint32_t>, std::span<std::byte>, Checkpoint&);

}  // namespace fastlane::kernels::text
