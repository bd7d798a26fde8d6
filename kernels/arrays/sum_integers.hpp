// The integer columns of the table of sums; see kernels/arrays/sum.hpp for what they promise.
#pragma once

#include <array>

#include "kernels/arrays/sum.hpp"

namespace fastlane::kernels {

extern const std::array<AddIntegers, 9> kIntegerSumsBaseline;
extern const std::array<AddIntegers, 9> kIntegerSumsAvx2;
extern const std::array<AddIntegers, 9> kIntegerSumsAvx512;

}  // namespace fastlane::kernels
