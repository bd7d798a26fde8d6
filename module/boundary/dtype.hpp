// Element types as Python spells them, decided in one place: NumPy type numbers, struct format
// characters, and the sets of types that a function accepts.
#pragma once

#include <Python.h>

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "kernels/array_view.hpp"
#include "module/state.hpp"

namespace fastlane {

using kernels::DType;

// The set of element types that an argument may have; its names make the error message.
class DTypes {
 public:
  constexpr DTypes(std::initializer_list<DType> dtypes) {
    for (DType dtype : dtypes) bits_ = static_cast<std::uint16_t>(bits_ | bit(dtype));
  }
  // Bit number n stands for the element type n; other bits mean nothing.
  static constexpr DTypes from_bits(std::uint16_t bits) {
    DTypes dtypes = {};
    dtypes.bits_ = bits;
    return dtypes;
  }
  constexpr bool contains(DType dtype) const { return (bits_ & bit(dtype)) != 0; }
  std::string names() const;       // "float32 or float64"
  std::string first_name() const;  // what a conversion hint proposes: the widest of the set

 private:
  static constexpr std::uint16_t bit(DType dtype) {
    return static_cast<std::uint16_t>(1u << static_cast<unsigned>(dtype));
  }
  std::uint16_t bits_ = 0;
};

inline constexpr DTypes kFloat64 = {DType::float64};
inline constexpr DTypes kFloats = {DType::float32, DType::float64};
inline constexpr DTypes kUInt8 = {DType::uint8};
inline constexpr DTypes kNumbers = {DType::boolean, DType::int8,    DType::int16,  DType::int32,
                                    DType::int64,   DType::uint8,   DType::uint16, DType::uint32,
                                    DType::uint64,  DType::float32, DType::float64};

// NumPy's builtin type numbers (NPY_BOOL, NPY_BYTE ... NPY_HALF) as element types, by number.
inline constexpr int kNumPyNumbers = 24;
extern const std::array<DType, kNumPyNumbers> kDTypeOfNumPy;

// The DType of a NumPy type number; unsupported for all others.
inline DType dtype_of_numpy(int type_number) noexcept {
  const auto number = static_cast<unsigned>(type_number);
  return number < kNumPyNumbers ? kDTypeOfNumPy[number] : DType::unsupported;
}

// NumPy's descriptor of an element type. Borrowed from the module's state; never null.
inline PyObject* descriptor_of(ModuleState& state, DType dtype) noexcept {
  return state.descriptors[static_cast<std::size_t>(dtype)];
}
inline PyObject* new_descriptor(ModuleState& state, DType dtype) noexcept {
  return Py_NewRef(descriptor_of(state, dtype));
}
// Fills the state's table. -1 with an exception on failure.
int add_descriptors(PyObject* module);

struct BufferFormat {
  DType dtype = DType::unsupported;
  bool swapped = false;  // a multi-byte element in the other byte order
};

// Reads a struct-style format of one element, as PEP 3118 exporters give it; null means unsigned
// bytes.
BufferFormat parse_buffer_format(const char* format) noexcept;

}  // namespace fastlane
