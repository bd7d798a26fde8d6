// A small PNG writer for tests: stored deflate blocks, any filters, any chunks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

namespace fastlane::testing {

using ByteVector = std::vector<std::byte>;

inline void append_u32(ByteVector& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(std::byte(value >> shift & 0xffu));
}

inline std::uint32_t plain_crc32(const std::byte* data, std::size_t size) {
  std::uint32_t crc = ~0u;
  for (std::size_t i = 0; i < size; ++i) {
    crc ^= std::to_integer<std::uint32_t>(data[i]);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1u ? 0xedb88320u : 0);
  }
  return ~crc;
}

inline void append_chunk(ByteVector& file, const std::string& name, const ByteVector& data) {
  append_u32(file, static_cast<std::uint32_t>(data.size()));
  const std::size_t start = file.size();
  for (const char letter : name) file.push_back(std::byte(letter));
  file.insert(file.end(), data.begin(), data.end());
  append_u32(file, plain_crc32(file.data() + start, file.size() - start));
}

// A zlib stream that stores its content, in blocks of `block` bytes.
inline ByteVector stored(const ByteVector& content, std::size_t block = 65535) {
  ByteVector stream = {std::byte{0x78}, std::byte{0x01}};
  std::uint32_t low = 1;
  std::uint32_t high = 0;
  for (const std::byte byte : content) {
    low = (low + std::to_integer<std::uint32_t>(byte)) % 65521;
    high = (high + low) % 65521;
  }
  std::size_t at = 0;
  do {
    const std::size_t size = std::min(block, content.size() - at);
    stream.push_back(std::byte(at + size == content.size()));
    for (const std::size_t length : {size, ~size}) {
      stream.push_back(std::byte(length & 0xffu));
      stream.push_back(std::byte(length >> 8 & 0xffu));
    }
    const auto first = content.begin() + static_cast<std::ptrdiff_t>(at);
    stream.insert(stream.end(), first, first + static_cast<std::ptrdiff_t>(size));
    at += size;
  } while (at < content.size());
  append_u32(stream, high << 16 | low);
  return stream;
}

struct PngHead {
  std::uint32_t width, height;
  unsigned depth, colour, interlace = 0;
};

inline ByteVector begin_png(const PngHead& head) {
  ByteVector file;
  for (const unsigned byte : {0x89u, 0x50u, 0x4eu, 0x47u, 0x0du, 0x0au, 0x1au, 0x0au}) {
    file.push_back(std::byte(byte));
  }
  ByteVector data;
  append_u32(data, head.width);
  append_u32(data, head.height);
  for (const unsigned value : {head.depth, head.colour, 0u, 0u, head.interlace}) {
    data.push_back(std::byte(value));
  }
  append_chunk(file, "IHDR", data);
  return file;
}

// The whole file, its data in `pieces` chunks.
inline ByteVector make_png(const PngHead& head, const ByteVector& stream, std::size_t pieces = 1) {
  ByteVector file = begin_png(head);
  for (std::size_t piece = 0; piece < pieces; ++piece) {
    const auto first = static_cast<std::ptrdiff_t>(stream.size() * piece / pieces);
    const auto last = static_cast<std::ptrdiff_t>(stream.size() * (piece + 1) / pieces);
    append_chunk(file, "IDAT", ByteVector(stream.begin() + first, stream.begin() + last));
  }
  append_chunk(file, "IEND", {});
  return file;
}

// Rows with these filters over random bytes, and what they are when the filters are undone.
struct Rows {
  ByteVector filtered;
  ByteVector plain;
};

inline Rows random_rows(std::size_t count, std::size_t row_bytes, std::size_t distance,
                        const std::vector<unsigned>& filters, unsigned seed, unsigned most = 256) {
  std::mt19937 random(seed);
  Rows rows;
  rows.plain.resize(count * row_bytes);
  for (std::size_t row = 0; row < count; ++row) {
    const unsigned filter = filters[row % filters.size()];
    rows.filtered.push_back(std::byte(filter));
    for (std::size_t i = 0; i < row_bytes; ++i) {
      const auto at = [&](std::size_t back_rows, std::size_t back) {
        if (row < back_rows || i < back) return 0;
        return std::to_integer<int>(rows.plain[(row - back_rows) * row_bytes + i - back]);
      };
      const int left = at(0, distance);
      const int up = at(1, 0);
      const int corner = at(1, distance);
      const int guess = left + up - corner;
      const int gap[3] = {std::abs(guess - left), std::abs(guess - up), std::abs(guess - corner)};
      const int paeth = gap[0] <= gap[1] && gap[0] <= gap[2] ? left
                        : gap[1] <= gap[2]                   ? up
                                                             : corner;
      const int predicted[5] = {0, left, up, (left + up) / 2, paeth};
      const auto byte = static_cast<int>(random() % most);
      rows.filtered.push_back(std::byte(byte));
      rows.plain[row * row_bytes + i] = std::byte((byte + predicted[filter]) & 255);
    }
  }
  return rows;
}

}  // namespace fastlane::testing
