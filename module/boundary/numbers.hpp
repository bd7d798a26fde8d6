// Makes Python numbers out of kernels' results.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>

#include "kernels/array_view.hpp"

namespace fastlane {

// hi * 2^64 + lo as an int. New reference, or null with an exception set.
PyObject* int_from_wide(std::int64_t hi, std::uint64_t lo);

}  // namespace fastlane
