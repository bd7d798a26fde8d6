// The chunks of a PNG file, one after the other, each checked for its length and its CRC before
// anybody looks inside. It reads what lies in memory and never allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "kernels/checkpoint.hpp"

namespace fastlane::kernels::image {

using Bytes = std::span<const std::byte>;

// A big-endian number. Contract: `at` has as many bytes.
inline std::uint32_t read_u32(const std::byte* at) {
  return std::to_integer<std::uint32_t>(at[0]) << 24 | std::to_integer<std::uint32_t>(at[1]) << 16 |
         std::to_integer<std::uint32_t>(at[2]) << 8 | std::to_integer<std::uint32_t>(at[3]);
}
inline std::uint16_t read_u16(const std::byte* at) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(at[0]) << 8 |
                                    std::to_integer<unsigned>(at[1]));
}

constexpr std::uint32_t chunk_type(const char (&name)[5]) {
  std::uint32_t type = 0;
  for (int i = 0; i < 4; ++i) type = type << 8 | static_cast<unsigned char>(name[i]);
  return type;
}

struct Chunk {
  std::uint32_t type = 0;
  std::size_t offset = 0;  // of the length field, from the start of the file
  Bytes data;

  // A reader may pass over what it does not know, unless the first letter is a capital.
  bool is_critical() const { return (type & 0x20000000u) == 0; }
  std::string name() const;
  // Always throws DecodeError.
  [[noreturn]] void refuse(const std::string& problem) const;
};

bool is_png(Bytes file);

class PngChunks {
 public:
  // Contract: `file` outlives the reader. Throws DecodeError when it does not begin like a PNG.
  explicit PngChunks(Bytes file);

  // The next chunk; there must be one. Throws DecodeError, and what the checkpoint throws.
  Chunk next(Checkpoint& checkpoint);

 private:
  Bytes file_;
  std::size_t at_;
};

}  // namespace fastlane::kernels::image
