// Aggregates of how values are spread: standard deviation, quantiles, distinct values.
#pragma once

#include <memory>

#include "kernels/records/accumulators.hpp"

namespace fastlane::kernels::records {

// Precondition: std, quantile or count_distinct over values of type T.
template <class T>
std::unique_ptr<Accumulator> make_spread(const Aggregate& aggregate);

// Distinct texts.
std::unique_ptr<Accumulator> make_text_spread();

}  // namespace fastlane::kernels::records
