// Puts an exception into a status and a sentence, and looks at arrays before kernels do.
#include "module/c_api/status.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string_view>

#include "kernels/overlap.hpp"

namespace fastlane::c_api {
namespace {

using kernels::DType;

static_assert(FLN_BOOL == static_cast<int>(DType::boolean) &&
              FLN_INT64 == static_cast<int>(DType::int64) &&
              FLN_UINT64 == static_cast<int>(DType::uint64) &&
              FLN_FLOAT64 == static_cast<int>(DType::float64) &&
              FLN_FLOAT16 == static_cast<int>(DType::float16));

int report(fln_error* error, int status, std::string_view message) noexcept {
  if (error != nullptr) {
    error->status = status;
    const std::size_t size = std::min(message.size(), sizeof(error->message) - 1);
    std::memcpy(error->message, message.data(), size);
    error->message[size] = '\0';
  }
  return status;
}

}  // namespace

int report_current_exception(fln_error* error) noexcept {
  try {
    throw;
  } catch (const Refusal& refusal) {
    return report(error, refusal.status, refusal.message);
  } catch (const std::bad_alloc&) {
    return report(error, FLN_NO_MEMORY, "there is not enough memory");
  } catch (const std::length_error&) {
    return report(error, FLN_NO_MEMORY, "there is not enough memory");
  } catch (const std::invalid_argument& exception) {
    return report(error, FLN_BAD_VALUE, exception.what());
  } catch (const std::exception& exception) {
    return report(error, FLN_FAILED, exception.what());
  } catch (...) {
    return report(error, FLN_FAILED, "an unknown C++ exception");
  }
}

CheckedArray::CheckedArray(const char* name, const fln_array* array) : name_(name) {
  if (array == nullptr) refuse_value("an array", "a null pointer");
  if (array->dtype < FLN_BOOL || array->dtype > FLN_FLOAT16)
    refuse_dtype("FLN_BOOL to FLN_FLOAT16");
  if (array->ndim < 0 || array->ndim > kernels::kMaxDimensions) {
    refuse_value("of 0 to 64 dimensions", std::to_string(array->ndim));
  }
  view_ = {static_cast<std::byte*>(array->data), static_cast<DType>(array->dtype), array->ndim,
           array->shape, array->strides};
  for (int axis = 0; axis < array->ndim; ++axis) {
    if (array->shape[axis] < 0) refuse_value("of lengths from 0 on", shape_text());
  }
  if (array->strides != nullptr) return;
  auto stride = static_cast<std::ptrdiff_t>(view_.item_size());
  for (int axis = array->ndim - 1; axis >= 0; --axis) {
    strides_[static_cast<std::size_t>(axis)] = stride;
    stride *= array->shape[axis];
  }
  view_.strides = strides_.data();
}

void CheckedArray::need_dimensions(int ndim) const {
  if (view_.ndim != ndim) refuse_value("of " + std::to_string(ndim) + " dimensions", shape_text());
}

void CheckedArray::need_shape(std::initializer_list<std::size_t> shape) const {
  const bool fits = std::equal(shape.begin(), shape.end(), view_.shape, view_.shape + view_.ndim,
                               [](std::size_t expected, std::ptrdiff_t got) {
                                 return expected == static_cast<std::size_t>(got);
                               });
  if (fits) return;
  std::string expected;
  for (std::size_t length : shape)
    expected += (expected.empty() ? "" : ", ") + std::to_string(length);
  refuse_value("of shape (" + expected + ")", shape_text());
}

void CheckedArray::need_dtype(DType dtype) const {
  if (view_.dtype != dtype) refuse_dtype(std::string(name_of(dtype)).c_str());
}

void CheckedArray::need_separate_elements() const {
  if (view_.is_c_contiguous() || !kernels::overlaps_itself(kernels::layout_of(view_))) return;
  refuse_value("memory in which no element lies on another", "such strides");
}

void CheckedArray::need_memory_apart_from(const CheckedArray& input) const {
  need_separate_elements();
  if (!kernels::overlaps(kernels::layout_of(view_), kernels::layout_of(input.view_))) return;
  refuse_value("memory apart from '" + std::string(input.name_) + "'", "memory that overlaps it");
}

void CheckedArray::refuse_dtype(const char* expected) const {
  const std::string got(name_of(std::min(view_.dtype, DType::unsupported)));
  throw Refusal{FLN_BAD_TYPE, std::string("'") + name_ + "' must be " + expected + ", got " + got};
}

void CheckedArray::refuse_value(const std::string& expected, const std::string& got) const {
  throw Refusal{FLN_BAD_VALUE, std::string("'") + name_ + "' must be " + expected + ", got " + got};
}

bool CheckedArray::is_float() const noexcept {
  return view_.dtype == DType::float32 || view_.dtype == DType::float64;
}

std::string CheckedArray::shape_text() const {
  std::string text = "(";
  for (int axis = 0; axis < view_.ndim; ++axis) {
    text += (axis > 0 ? ", " : "") + std::to_string(view_.shape[axis]);
  }
  return text + (view_.ndim == 1 ? ",)" : ")");
}

}  // namespace fastlane::c_api
