// Runs of ASCII are skipped in words; what is left is read one code point at a time.
#include "kernels/records/utf8.hpp"

#include <cstdint>

#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {
namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080;

bool is_continuation(unsigned char byte) { return (byte & 0xC0U) == 0x80U; }

// The length of the code point that begins at `text`, or 0. `size` bytes are there.
std::size_t code_point_size(const unsigned char* text, std::size_t size) {
  const unsigned char lead = text[0];
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return size >= 2 && is_continuation(text[1]) ? 2 : 0;
  if (lead < 0xF0) {
    if (size < 3 || !is_continuation(text[1]) || !is_continuation(text[2])) return 0;
    if (lead == 0xE0 && text[1] < 0xA0) return 0;
    if (lead == 0xED && text[1] > 0x9F) return 0;
    return 3;
  }
  if (lead > 0xF4 || size < 4) return 0;
  if (!is_continuation(text[1]) || !is_continuation(text[2]) || !is_continuation(text[3])) return 0;
  if (lead == 0xF0 && text[1] < 0x90) return 0;
  if (lead == 0xF4 && text[1] > 0x8F) return 0;
  return 4;
}

}  // namespace

bool is_ascii(std::string_view text) {
  std::size_t at = 0;
  std::uint64_t seen = 0;
  for (; at + 32 <= text.size(); at += 32) {
    seen |= load_word(text.data() + at) | load_word(text.data() + at + 8) |
            load_word(text.data() + at + 16) | load_word(text.data() + at + 24);
    if ((seen & kHighBits) != 0) return false;
  }
  for (; at < text.size(); ++at) seen |= static_cast<unsigned char>(text[at]);
  return (seen & kHighBits) == 0;
}

bool is_utf8(std::string_view text) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t at = 0;
  while (at < text.size()) {
    if (at + 8 <= text.size() && (load_word(text.data() + at) & kHighBits) == 0) {
      at += 8;
      continue;
    }
    const std::size_t size = code_point_size(bytes + at, text.size() - at);
    if (size == 0) return false;
    at += size;
  }
  return true;
}

std::size_t count_code_points(std::string_view text) {
  std::size_t continuations = 0;
  for (const char byte : text) {
    continuations += is_continuation(static_cast<unsigned char>(byte)) ? 1U : 0U;
  }
  return text.size() - continuations;
}

}  // namespace fastlane::kernels::records
