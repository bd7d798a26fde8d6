// Searching text for text, as str and bytes do it: count, find, rfind and all matches.
// Both sides have code points of one size (needle.hpp brings the needle there); offsets are in code
// points. Vector scan first, two-way where the scan's anchors are everywhere: linear on every
// input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/checkpoint.hpp"
#include "kernels/text/offsets.hpp"
#include "kernels/text/scan.hpp"

namespace fastlane::kernels::text {

inline constexpr std::size_t kNotFound = ~std::size_t{0};

// Contract of all: nothing outside the spans is read; memory may change meanwhile, then the result
// is that of some mixture; throw what the checkpoint throws; only find_all allocates (bad_alloc).
// An empty needle is found everywhere: at 0 by find, at the end by rfind, size + 1 times by count.

template <class T>
std::size_t find(const Scan<T>& scan, std::span<const T> text, std::span<const T> needle,
                 Checkpoint& checkpoint);

template <class T>
std::size_t rfind(const Scan<T>& scan, std::span<const T> text, std::span<const T> needle,
                  Checkpoint& checkpoint);

// Matches that do not overlap, from the left.
template <class T>
std::size_t count(const Scan<T>& scan, std::span<const T> text, std::span<const T> needle,
                  Checkpoint& checkpoint);

// Appends where they start, plus `origin`. Contract: the needle is not empty.
template <class T>
void find_all(const Scan<T>& scan, std::span<const T> text, std::span<const T> needle,
              std::size_t origin, Offsets& offsets, Checkpoint& checkpoint);

}  // namespace fastlane::kernels::text
