// The Arrow types whose values have a form in JSON.
#pragma once

#include <memory>

#include "kernels/records/arrow_rows.hpp"

namespace fastlane::kernels::records {

// What writes values of that type; null for a type that has no form in JSON.
std::unique_ptr<ArrowColumn> make_column(const ArrowSchema& type);

// Whether values of that type are points in time, which are written as ISO 8601 in UTC.
bool is_time(const ArrowSchema& type);

}  // namespace fastlane::kernels::records
