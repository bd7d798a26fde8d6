// Where lines start. A line ends behind "\n" and nowhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/checkpoint.hpp"
#include "kernels/text/offsets.hpp"
#include "kernels/text/search.hpp"

namespace fastlane::kernels::text {

// Appends the start of every line and the end of the last: "a\nb" gives 0 2 3, "a\n" gives 0 2, and
// no text gives 0. There is one line less than there are offsets.
// Contract: `offsets` is empty; throws bad_alloc, and what the checkpoint throws.
template <class T>
void line_offsets(const Scan<T>& scan, std::span<const T> text, Offsets& offsets,
                  Checkpoint& checkpoint) {
  static constexpr T kNewline = '\n';
  offsets.push(0);
  find_all(scan, text, std::span<const T>(&kNewline, 1), 1, offsets, checkpoint);
  const auto size = static_cast<std::int64_t>(text.size());
  if (offsets[offsets.size() - 1] != size) offsets.push(text.size());
}

}  // namespace fastlane::kernels::text
