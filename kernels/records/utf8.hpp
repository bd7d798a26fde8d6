// Whether bytes are UTF-8, and how many code points they hold.
// Strict as RFC 3629 has it: no surrogates, no overlong forms, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string_view>

namespace fastlane::kernels::records {

// Never allocates, never throws; no bytes outside the text are read.
bool is_ascii(std::string_view text);
bool is_utf8(std::string_view text);

// Precondition: the text is UTF-8.
std::size_t count_code_points(std::string_view text);

}  // namespace fastlane::kernels::records
