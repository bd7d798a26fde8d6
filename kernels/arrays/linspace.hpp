// Evenly spaced float64 numbers, with the bits that NumPy's linspace(start, stop, n) gives.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/checkpoint.hpp"
#include "kernels/cpu.hpp"

namespace fastlane::kernels {

// What is the same for all elements: element i is i * step + start, or i / intervals * delta +
// start where the step is too small to be a float64.
struct Spacing {
  double start;
  double step;
  double delta;
  double intervals;
  bool divides;
};

struct LinspaceRow {
  cpu::Level level;
  // Writes the elements first ... first + count - 1.
  void (*plain)(std::byte* target, const Spacing& spacing, std::size_t first, std::size_t count);
  // Writes past the caches. Contract: target lies on a cache line, count fills whole cache lines.
  void (*streaming)(std::byte* target, const Spacing& spacing, std::size_t first,
                    std::size_t count);
};

std::span<const LinspaceRow> linspace_rows();  // best first
const LinspaceRow& linspace_row();             // the one in use

// Contract: `target` holds `count` float64 elements with `stride` bytes between them, at any
// alignment; count <= 2^53; no allocation; throws what `checkpoint` throws.
void linspace(std::byte* target, std::ptrdiff_t stride, std::size_t count, double start,
              double stop, Checkpoint& checkpoint);
void linspace(std::byte* target, std::ptrdiff_t stride, std::size_t count, double start,
              double stop, Checkpoint& checkpoint, const LinspaceRow& row);

}  // namespace fastlane::kernels
