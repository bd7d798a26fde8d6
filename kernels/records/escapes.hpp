// Undoes the escapes that servers write into quoted log fields.
#pragma once

#include <cstddef>

namespace fastlane::kernels::records {

// Writes `size` bytes of text without their escapes and returns how many are left: \" \\ \b \n \r
// \t \v and \xHH; any other backslash stands for itself. Precondition: `out` has room for `size`
// bytes. Never allocates, never throws.
std::size_t undo_escapes(const char* text, std::size_t size, char* out);

}  // namespace fastlane::kernels::records
