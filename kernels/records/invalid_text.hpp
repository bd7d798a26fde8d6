// Finds the rows of a block whose text is not UTF-8.
#pragma once

#include <cstddef>

#include "kernels/records/block.hpp"
#include "kernels/records/byte_index.hpp"

namespace fastlane::kernels::records {

// Marks the slices that are not UTF-8, or reports the whole row when the damage is in none of them.
// `index` covers the rows, from `segment` of the window on. Throws std::bad_alloc.
void mark_invalid_text(RowBlock& block, const ByteIndex& index, std::size_t segment,
                       std::size_t slot_count);

}  // namespace fastlane::kernels::records
