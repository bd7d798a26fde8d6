// The escapes of Apache's and nginx's access logs.
#include "kernels/records/escapes.hpp"

#include <cstring>

namespace fastlane::kernels::records {
namespace {

int hex_value(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

// The byte that a letter behind a backslash stands for, or 0.
char named_escape(char letter) {
  switch (letter) {
    case '"':
    case '\\':
      return letter;
    case 'b':
      return '\b';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return 0;
  }
}

}  // namespace

std::size_t undo_escapes(const char* text, std::size_t size, char* out) {
  const char* end = text + size;
  char* write = out;
  while (text != end) {
    const void* found = std::memchr(text, '\\', static_cast<std::size_t>(end - text));
    const char* escape = found == nullptr ? end : static_cast<const char*>(found);
    const auto plain = static_cast<std::size_t>(escape - text);
    std::memcpy(write, text, plain);
    write += plain;
    text = escape;
    if (end - text < 2) {
      while (text != end) *write++ = *text++;
      break;
    }
    const char named = named_escape(text[1]);
    if (named != 0) {
      *write++ = named;
      text += 2;
    } else if (text[1] == 'x' && end - text >= 4 && hex_value(text[2]) >= 0 &&
               hex_value(text[3]) >= 0) {
      *write++ = static_cast<char>(hex_value(text[2]) * 16 + hex_value(text[3]));
      text += 4;
    } else {
      *write++ = *text++;
    }
  }
  return static_cast<std::size_t>(write - out);
}

}  // namespace fastlane::kernels::records
