// The escapes of Apache's and nginx's access logs, of CSV and of JSON.
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

std::size_t undo_log(const char* text, std::size_t size, char* out) {
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

// Every quote comes twice.
std::size_t undo_csv(char quote, const char* text, std::size_t size, char* out) {
  char* write = out;
  for (std::size_t at = 0; at < size; ++at) {
    *write++ = text[at];
    if (text[at] == quote) ++at;
  }
  return static_cast<std::size_t>(write - out);
}

char* write_code_point(unsigned code, char* out) {
  const auto byte = [&out](unsigned value) { *out++ = static_cast<char>(value); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xC0U | (code >> 6));
    byte(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    byte(0xE0U | (code >> 12));
    byte(0x80U | ((code >> 6) & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  } else {
    byte(0xF0U | (code >> 18));
    byte(0x80U | ((code >> 12) & 0x3FU));
    byte(0x80U | ((code >> 6) & 0x3FU));
    byte(0x80U | (code & 0x3FU));
  }
  return out;
}

// Precondition: four hexadecimal digits.
unsigned hex_number(const char* text) {
  unsigned value = 0;
  for (std::size_t at = 0; at < 4; ++at) {
    value = value * 16 + static_cast<unsigned>(hex_value(text[at]));
  }
  return value;
}

std::size_t undo_json(const char* text, std::size_t size, char* out) {
  const char* end = text + size;
  char* write = out;
  while (text != end) {
    if (*text != '\\') {
      *write++ = *text++;
      continue;
    }
    const char letter = text[1];
    text += 2;
    switch (letter) {
      case 'b':
        *write++ = '\b';
        break;
      case 'f':
        *write++ = '\f';
        break;
      case 'n':
        *write++ = '\n';
        break;
      case 'r':
        *write++ = '\r';
        break;
      case 't':
        *write++ = '\t';
        break;
      case 'u': {
        unsigned code = hex_number(text);
        text += 4;
        if ((code & 0xFC00U) == 0xD800U && end - text >= 6 && text[0] == '\\' && text[1] == 'u') {
          const unsigned low = hex_number(text + 2);
          if ((low & 0xFC00U) == 0xDC00U) {
            code = 0x10000U + ((code & 0x3FFU) << 10) + (low & 0x3FFU);
            text += 6;
          }
        }
        write = write_code_point(code, write);
        break;
      }
      default:
        *write++ = letter;
    }
  }
  return static_cast<std::size_t>(write - out);
}

}  // namespace

std::size_t undo_escapes(EscapeRules rules, const char* text, std::size_t size, char* out) {
  switch (rules.kind) {
    case EscapeKind::csv:
      return undo_csv(rules.quote, text, size, out);
    case EscapeKind::json:
      return undo_json(text, size, out);
    case EscapeKind::log:
      break;
  }
  return undo_log(text, size, out);
}

}  // namespace fastlane::kernels::records
