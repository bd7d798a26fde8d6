// Where C++ ends: what every function of fastlane_kernels.h does with exceptions, and how it takes
// an array that C described. Nothing here knows Python: these files are also compiled into programs
// of others.
#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>

#include "kernels/array_view.hpp"
#include "module/fastlane/include/fastlane_kernels.h"

namespace fastlane::c_api {

// What a function does not take; the status is FLN_BAD_TYPE or FLN_BAD_VALUE.
struct Refusal {
  int status;
  std::string message;
};

// Call inside a handler: writes the exception in flight into `error`, which may be null.
int report_current_exception(fln_error* error) noexcept;

// Runs `work`, which may throw anything, and gives the status.
template <class Work>
int guarded(fln_error* error, Work&& work) noexcept try {
  work();
  return FLN_OK;
} catch (...) {
  return report_current_exception(error);
}

// An array that C described, checked, with strides of its own where none were given. Not movable:
// the view points into it.
class CheckedArray {
 public:
  // Throws Refusal. `name` is the parameter's.
  CheckedArray(const char* name, const fln_array* array);
  CheckedArray(const CheckedArray&) = delete;
  CheckedArray& operator=(const CheckedArray&) = delete;

  const kernels::ArrayView& view() const noexcept { return view_; }

  // Each throws Refusal, with the sentence that begins with the parameter's name.
  void need_dimensions(int ndim) const;
  void need_shape(std::initializer_list<std::size_t> shape) const;
  void need_dtype(kernels::DType dtype) const;
  void need_separate_elements() const;
  void need_memory_apart_from(const CheckedArray& input) const;  // and elements apart
  [[noreturn]] void refuse_dtype(const char* expected) const;
  [[noreturn]] void refuse_value(const std::string& expected, const std::string& got) const;

  bool is_float() const noexcept;
  bool is_number() const noexcept { return view_.dtype < kernels::DType::float16; }

 private:
  std::string shape_text() const;

  const char* name_;
  kernels::ArrayView view_;
  std::array<std::ptrdiff_t, kernels::kMaxDimensions> strides_;
};

}  // namespace fastlane::c_api
