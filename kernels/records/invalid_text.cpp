// Only rows with bytes that are not ASCII are looked at.
#include "kernels/records/invalid_text.hpp"

#include <string_view>

#include "kernels/records/utf8.hpp"

namespace fastlane::kernels::records {

void mark_invalid_text(RowBlock& block, const ByteIndex& index, std::size_t segment,
                       std::size_t slot_count) {
  const auto text_between = [&block](std::size_t begin, std::size_t size) {
    return std::string_view(block.text + begin, size);
  };
  for (std::size_t row = 0; row < block.rows; ++row) {
    const RowPlace& place = block.places[row];
    if (!index.has_high(place.begin - segment, place.end - segment)) continue;
    if (is_utf8(text_between(place.begin, place.end - place.begin))) continue;
    bool found = false;
    for (std::size_t slot = 0; slot < slot_count; ++slot) {
      Slice& slice = block.slot(slot)[row];
      if (is_utf8(text_between(slice.begin(), slice.size()))) continue;
      found = true;
      // Text that could not be split, or is of another type, keeps that reason.
      if (slice.kind() == SliceKind::malformed || slice.kind() == SliceKind::wrong_type) continue;
      slice = Slice(slice.begin(), slice.size(), SliceKind::not_utf8);
    }
    if (found) continue;
    block.bad[row] = 1;
    block.report(place, kWholeRow, ErrorCode::utf8);
  }
}

}  // namespace fastlane::kernels::records
