// Describes memory that somebody else owns: element type, shape and strides, in NumPy's terms.
// A view never owns, never allocates and never looks at Python. Strides are in bytes and may be
// negative or zero; elements may lie at any address, so kernels load them without assuming
// alignment. Read next: kernels/runs.hpp, which cuts a view into one-dimensional runs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace fastlane::kernels {

enum class DType : std::uint8_t {
  boolean,
  int8,
  int16,
  int32,
  int64,
  uint8,
  uint16,
  uint32,
  uint64,
  float32,
  float64,
  float16,  // bits only: nothing computes in it
  unsupported,
};

inline constexpr std::size_t kDTypes = static_cast<std::size_t>(DType::unsupported);

inline constexpr std::array<std::string_view, kDTypes + 1> kDTypeNames = {
    "bool",   "int8",   "int16",   "int32",   "int64",   "uint8",      "uint16",
    "uint32", "uint64", "float32", "float64", "float16", "unsupported"};

inline constexpr std::array<std::uint8_t, kDTypes + 1> kDTypeSizes = {1, 1, 2, 4, 8, 1, 2,
                                                                      4, 8, 4, 8, 2, 0};

constexpr std::string_view name_of(DType dtype) {
  return kDTypeNames[static_cast<std::size_t>(dtype)];
}
constexpr std::size_t size_of(DType dtype) { return kDTypeSizes[static_cast<std::size_t>(dtype)]; }

// The DType of a C++ type, decided in one place. `bool` stands for NumPy's one-byte boolean.
template <class T>
constexpr DType dtype_of() {
  if constexpr (std::is_same_v<T, bool>) return DType::boolean;
  if constexpr (std::is_same_v<T, std::int8_t>) return DType::int8;
  if constexpr (std::is_same_v<T, std::int16_t>) return DType::int16;
  if constexpr (std::is_same_v<T, std::int32_t>) return DType::int32;
  if constexpr (std::is_same_v<T, std::int64_t>) return DType::int64;
  if constexpr (std::is_same_v<T, std::uint8_t>) return DType::uint8;
  if constexpr (std::is_same_v<T, std::uint16_t>) return DType::uint16;
  if constexpr (std::is_same_v<T, std::uint32_t>) return DType::uint32;
  if constexpr (std::is_same_v<T, std::uint64_t>) return DType::uint64;
  if constexpr (std::is_same_v<T, float>) return DType::float32;
  if constexpr (std::is_same_v<T, double>) return DType::float64;
  return DType::unsupported;
}

// Calls `visitor.template operator()<T>()` for the C++ type of `dtype`, among the listed types
// only. Returns false when `dtype` is none of them; the caller has checked that and says so in its
// error.
template <class... Types, class Visitor>
constexpr bool visit(DType dtype, Visitor&& visitor) {
  return ((dtype == dtype_of<Types>() ? (visitor.template operator()<Types>(), true) : false) ||
          ...);
}

inline constexpr int kMaxDimensions = 64;

// Any number of dimensions; `shape` and `strides` have `ndim` entries that outlive the view.
struct ArrayView {
  std::byte* data = nullptr;  // the element with all indices zero, not the lowest address
  DType dtype = DType::unsupported;
  int ndim = 0;
  const std::ptrdiff_t* shape = nullptr;
  const std::ptrdiff_t* strides = nullptr;

  std::size_t item_size() const { return size_of(dtype); }

  std::size_t size() const {
    std::size_t elements = 1;
    for (int axis = 0; axis < ndim; ++axis) elements *= static_cast<std::size_t>(shape[axis]);
    return elements;
  }

  bool is_c_contiguous() const {
    std::ptrdiff_t expected = static_cast<std::ptrdiff_t>(item_size());
    for (int axis = ndim - 1; axis >= 0; --axis) {
      if (shape[axis] == 0) return true;
      if (shape[axis] != 1 && strides[axis] != expected) return false;
      expected *= shape[axis];
    }
    return true;
  }
};

}  // namespace fastlane::kernels
