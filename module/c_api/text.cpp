// Searching bytes for bytes, for C: find and count.
#include <span>

#include "kernels/checkpoint.hpp"
#include "kernels/text/scan.hpp"
#include "kernels/text/search.hpp"
#include "module/c_api/status.hpp"

namespace fastlane::c_api {
namespace {

std::span<const std::uint8_t> points_of(const void* bytes, std::size_t size) noexcept {
  return {static_cast<const std::uint8_t*>(bytes), size};
}

}  // namespace
}  // namespace fastlane::c_api

using fastlane::c_api::guarded;
using fastlane::c_api::points_of;
using fastlane::kernels::Checkpoint;

int fln_find(const void* text, size_t size, const void* needle, size_t needle_size,
             ptrdiff_t* offset, fln_error* error) {
  return guarded(error, [&] {
    Checkpoint checkpoint;
    const std::size_t found = fastlane::kernels::text::find(
        fastlane::kernels::text::scan<std::uint8_t>(), points_of(text, size),
        points_of(needle, needle_size), checkpoint);
    *offset = found == fastlane::kernels::text::kNotFound ? -1 : static_cast<ptrdiff_t>(found);
  });
}

int fln_count(const void* text, size_t size, const void* needle, size_t needle_size, size_t* count,
              fln_error* error) {
  return guarded(error, [&] {
    Checkpoint checkpoint;
    *count = fastlane::kernels::text::count(fastlane::kernels::text::scan<std::uint8_t>(),
                                            points_of(text, size), points_of(needle, needle_size),
                                            checkpoint);
  });
}
