// Arrays to numbers, for C: sum, sum_exact and describe.
#include "kernels/arrays/describe.hpp"
#include "kernels/arrays/sum.hpp"
#include "kernels/checkpoint.hpp"
#include "module/c_api/status.hpp"

using fastlane::c_api::CheckedArray;
using fastlane::c_api::guarded;
using fastlane::kernels::Checkpoint;

int fln_sum(const fln_array* x, double* sum, fln_error* error) {
  return guarded(error, [&] {
    const CheckedArray array("x", x);
    if (!array.is_number()) array.refuse_dtype("bool, an integer, float32 or float64");
    Checkpoint checkpoint;
    *sum = array.is_float() ? fastlane::kernels::sum_floats(array.view(), checkpoint)
                            : as_double(fastlane::kernels::sum_integers(array.view(), checkpoint));
  });
}

int fln_sum_exact(const fln_array* x, int64_t* high, uint64_t* low, fln_error* error) {
  return guarded(error, [&] {
    const CheckedArray array("x", x);
    if (!array.is_number() || array.is_float()) array.refuse_dtype("bool or an integer");
    Checkpoint checkpoint;
    const fastlane::kernels::WideInteger sum =
        fastlane::kernels::sum_integers(array.view(), checkpoint);
    *high = sum.hi;
    *low = sum.lo;
  });
}

int fln_describe(const fln_array* x, fln_description* description, fln_error* error) {
  return guarded(error, [&] {
    const CheckedArray array("x", x);
    if (!array.is_number()) array.refuse_dtype("bool, an integer, float32 or float64");
    if (array.view().size() == 0) array.refuse_value("an array with elements", "an empty one");
    Checkpoint checkpoint;
    const fastlane::kernels::Description found =
        fastlane::kernels::describe(array.view(), checkpoint);
    *description = {.count = found.count,
                    .min = found.min,
                    .max = found.max,
                    .mean = found.mean,
                    .std = found.standard_deviation,
                    .sum = found.sum};
  });
}
