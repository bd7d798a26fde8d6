// Undoes the escapes that sources write into texts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastlane::kernels::records {

enum class EscapeKind : std::uint8_t {
  log,   // \" \\ \b \n \r \t \v and \xHH; any other backslash stands for itself
  csv,   // a quote for each two
  json,  // as RFC 8259 has them, already checked; a lone surrogate comes out as what is no UTF-8
};

struct EscapeRules {
  EscapeKind kind = EscapeKind::log;
  char quote = '"';  // of csv
};

// Writes `size` bytes of text without their escapes and returns how many are left. Precondition:
// `out` has room for `size` bytes. Never allocates, never throws.
std::size_t undo_escapes(EscapeRules rules, const char* text, std::size_t size, char* out);

}  // namespace fastlane::kernels::records
