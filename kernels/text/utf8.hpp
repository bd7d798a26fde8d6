// Text as UTF-8: how long it would be, whether it can be, and writing it into the caller's memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/checkpoint.hpp"
#include "kernels/text/scan.hpp"

namespace fastlane::kernels::text {

// Bytes that the text takes in UTF-8; a lone surrogate counts three.
// Contract: never allocates; throws what the checkpoint throws.
template <class T>
std::size_t utf8_length(const Scan<T>& scan, std::span<const T> text, Checkpoint& checkpoint);

// The index of the first surrogate, or text.size().
// Contract: never allocates; throws what the checkpoint throws.
template <class T>
std::size_t find_surrogate(const Scan<T>& scan, std::span<const T> text, Checkpoint& checkpoint);

constexpr bool is_surrogate(std::uint32_t point) { return (point & 0xFFFFF800u) == 0xD800u; }

// Writes the text as UTF-8.
// Contract: the text has no surrogates, does not change meanwhile, and `out` has at least its
// utf8_length; returns what was written; never allocates; throws what the checkpoint throws, with
// a part written.
template <class T>
std::size_t encode_utf8(std::span<const T> text, std::span<std::byte> out, Checkpoint& checkpoint);

}  // namespace fastlane::kernels::text
