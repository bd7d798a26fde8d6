// The loops that steps of a program run: one for each operation and type, in tables by CPU row.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "kernels/array_view.hpp"
#include "kernels/cpu.hpp"
#include "kernels/expression/program.hpp"

namespace fastlane::kernels::expression {

// Loops handle whole groups of this many elements; memory is provided and filled accordingly.
inline constexpr std::size_t kLoopGroup = 64;

// target[i] = operation(a[i], b[i], ...); operands that the operation does not have are ignored.
// Contract: count is a multiple of kLoopGroup; every pointer is aligned to its type; target
// overlaps no operand; no allocation; only `power` of integers throws (std::domain_error).
using Loop = void (*)(std::byte* target, const std::byte* a, const std::byte* b, const std::byte* c,
                      const std::byte* d, std::size_t count);

// Writes whole cache lines past the caches. Contract: target lies on a cache line.
using StreamLines = void (*)(std::byte* target, const std::byte* source, std::size_t lines);

struct LoopTable {
  cpu::Level level;
  std::array<std::array<Loop, kTypeCount>, kOperationCount> loops;  // by operation and operand type
  std::array<std::array<Loop, kTypeCount>, kTypeCount> casts;       // from, to
  StreamLines stream;
};

const LoopTable& loops_baseline();
const LoopTable& loops_avx2();
const LoopTable& loops_avx512();

struct LoopRow {
  cpu::Level level;
  const LoopTable& (*table)();
};

std::span<const LoopRow> loop_rows();  // best first
const LoopTable& loop_table();         // the one in use

// The loop of a step; a valid program has one for each of its steps.
inline Loop loop_of(const LoopTable& table, const Step& step) {
  const auto from = static_cast<std::size_t>(step.dtype);
  if (step.operation == Operation::cast)
    return table.casts[from][static_cast<std::size_t>(step.to)];
  return table.loops[static_cast<std::size_t>(step.operation)][from];
}

}  // namespace fastlane::kernels::expression
