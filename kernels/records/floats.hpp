// Reads floats as Python's float() does, without underscores: correctly rounded, never rounded to
// infinity. Knows nothing of fields or columns.
#pragma once

#include <cstddef>

#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

// T is float or double. White space around the number is allowed; nan and inf only with
// `allow_nan`. Returns none, type or overflow; a value too small for T is zero. Never allocates,
// never throws. Precondition: kPadding readable bytes from `text` on, whatever the size.
template <class T>
ErrorCode read_float(const char* text, std::size_t size, bool allow_nan, T& value);

extern template ErrorCode read_float<float>(const char*, std::size_t, bool, float&);
extern template ErrorCode read_float<double>(const char*, std::size_t, bool, double&);

}  // namespace fastlane::kernels::records
