// Walks over chunks: length, type, data, CRC.
#include "kernels/image/png_chunks.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "kernels/bytes/crc32.hpp"
#include "kernels/image/decode_error.hpp"

namespace fastlane::kernels::image {
namespace {

constexpr std::array<unsigned char, 8> kSignature = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr std::size_t kFrame = 12;  // length, type and CRC
constexpr std::uint32_t kLongest = 0x7fffffff;
constexpr std::size_t kWorkOfAChunk = 64;  // in bytes of memory traffic, for the checkpoint

bool is_letter(std::uint32_t type, int byte) {
  const std::uint32_t letter = type >> (8 * byte) & 0xffu;
  return (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
}

bool is_type(std::uint32_t type) {
  return is_letter(type, 0) && is_letter(type, 1) && is_letter(type, 2) && is_letter(type, 3);
}

}  // namespace

std::string Chunk::name() const {
  std::string text;
  for (int byte = 3; byte >= 0; --byte) {
    text += is_letter(type, byte) ? static_cast<char>(type >> (8 * byte) & 0xffu) : '?';
  }
  return text;
}

void Chunk::refuse(const std::string& problem) const { throw DecodeError(name(), offset, problem); }

bool is_png(Bytes file) {
  return file.size() >= kSignature.size() &&
         std::memcmp(file.data(), kSignature.data(), kSignature.size()) == 0;
}

PngChunks::PngChunks(Bytes file) : file_(file), at_(kSignature.size()) {
  if (!is_png(file)) throw DecodeError("signature", 0, "this is not how a PNG file begins");
}

Chunk PngChunks::next(Checkpoint& checkpoint) {
  const std::size_t left = file_.size() - at_;
  if (left == 0) throw DecodeError("IEND", at_, "the file ends without this chunk");
  const std::byte* start = file_.data() + at_;
  Chunk chunk;
  chunk.offset = at_;
  if (left >= 8) chunk.type = read_u32(start + 4);
  if (left < kFrame) chunk.refuse("the file ends within this chunk");
  if (!is_type(chunk.type)) chunk.refuse("its type is not four letters");
  const std::uint32_t length = read_u32(start);
  if (length > kLongest) chunk.refuse("its length " + std::to_string(length) + " is not allowed");
  if (length > left - kFrame) {
    chunk.refuse("its length " + std::to_string(length) + " goes beyond the end of the file");
  }
  chunk.data = file_.subspan(at_ + 8, length);
  const std::uint32_t sum = crc32(0, file_.subspan(at_ + 4, length + std::size_t{4}), checkpoint);
  if (sum != read_u32(start + 8 + length)) chunk.refuse("its CRC is wrong");
  at_ += kFrame + length;
  checkpoint.spend(kWorkOfAChunk);
  return chunk;
}

}  // namespace fastlane::kernels::image
