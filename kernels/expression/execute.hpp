// Runs a program over arrays, block by block: inputs that lie contiguous are read where they are,
// all others are collected into a block first; results go straight to contiguous outputs.
// Broadcasting is the caller's: an input that is repeated has zero strides.
#pragma once

#include <span>

#include "kernels/array_view.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/expression/loops.hpp"
#include "kernels/expression/program.hpp"

namespace fastlane::kernels::expression {

// Contract: as many inputs and outputs as the program has, with its types; all of one shape, any
// strides and alignment; outputs overlap neither each other nor an input, and repeat no element,
// except that an output may be an input: the same elements at the same places.
// Allocates some blocks of a few KiB (std::bad_alloc); throws std::domain_error for an integer with
// a negative exponent, and what `checkpoint` throws. The outputs are then partly written.
void execute(const Program& program, std::span<const ArrayView> inputs,
             std::span<const ArrayView> outputs, Checkpoint& checkpoint,
             const LoopTable& table = loop_table());

// The same on at most `threads` threads (0: the pool's size); throws what the pool throws as well.
void execute_shared(const Program& program, std::span<const ArrayView> inputs,
                    std::span<const ArrayView> outputs, Checkpoint& checkpoint,
                    std::size_t threads);

}  // namespace fastlane::kernels::expression
