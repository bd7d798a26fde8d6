// Arrays to arrays, for C: transpose and normalize_u8.
#include "kernels/arrays/subtract_saturating.hpp"
#include "kernels/arrays/transpose.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/overlap.hpp"
#include "module/c_api/status.hpp"

using fastlane::c_api::CheckedArray;
using fastlane::c_api::guarded;
using fastlane::kernels::Checkpoint;

int fln_transpose(const fln_array* x, const fln_array* out, fln_error* error) {
  return guarded(error, [&] {
    const CheckedArray source("x", x);
    const CheckedArray target("out", out);
    source.need_dimensions(2);
    if (!source.is_number()) source.refuse_dtype("bool, an integer, float32 or float64");
    target.need_dtype(source.view().dtype);
    target.need_shape({static_cast<std::size_t>(source.view().shape[1]),
                       static_cast<std::size_t>(source.view().shape[0])});
    target.need_memory_apart_from(source);
    Checkpoint checkpoint;
    fastlane::kernels::transpose(target.view(), source.view(), checkpoint);
  });
}

int fln_normalize_u8(const fln_array* x, uint8_t amount, fln_error* error) {
  return guarded(error, [&] {
    const CheckedArray array("x", x);
    array.need_dtype(fastlane::kernels::DType::uint8);
    array.need_separate_elements();
    Checkpoint checkpoint;
    fastlane::kernels::subtract_saturating(array.view(), amount, checkpoint);
  });
}
