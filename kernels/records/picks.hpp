// Aggregates that pick: first and last value, and whether any or all values are true.
#pragma once

#include <memory>

#include "kernels/records/accumulators.hpp"

namespace fastlane::kernels::records {

// Precondition: any, all, first or last over values of type T, which the column keeps as `type`.
template <class T>
std::unique_ptr<Accumulator> make_pick(Function function, Type type);

// Precondition: first or last, over a type of texts.
std::unique_ptr<Accumulator> make_text_pick(Function function, Type type);

}  // namespace fastlane::kernels::records
