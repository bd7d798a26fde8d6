// The operations of expressions over the values of a window.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/records/expressions.hpp"

namespace fastlane::kernels::records {

// Computes node `place`, which reads no field, from the nodes before it. Throws std::bad_alloc.
void take_step(const std::vector<ExpressionNode>& nodes, std::size_t place, std::size_t rows,
               std::vector<NodeValues>& values);

}  // namespace fastlane::kernels::records
