// Maps between kernels' element types and Python's two spellings of them.
#include "module/boundary/dtype.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <utility>

#include "module/numpy_api.hpp"

namespace fastlane {
namespace {

constexpr DType integer_of(std::size_t size, bool is_signed) {
  switch (size) {
    case 1:
      return is_signed ? DType::int8 : DType::uint8;
    case 2:
      return is_signed ? DType::int16 : DType::uint16;
    case 4:
      return is_signed ? DType::int32 : DType::uint32;
    case 8:
      return is_signed ? DType::int64 : DType::uint64;
    default:
      return DType::unsupported;
  }
}

// Sizes of the struct module's "standard" mode, which every prefix but '@' selects.
constexpr DType standard_integer(char code) {
  switch (code) {
    case 'h':
      return DType::int16;
    case 'H':
      return DType::uint16;
    case 'i':
    case 'l':
      return DType::int32;
    case 'I':
    case 'L':
      return DType::uint32;
    case 'q':
      return DType::int64;
    case 'Q':
      return DType::uint64;
    default:
      return DType::unsupported;
  }
}

constexpr DType native_integer(char code) {
  switch (code) {
    case 'h':
      return integer_of(sizeof(short), true);
    case 'H':
      return integer_of(sizeof(short), false);
    case 'i':
      return integer_of(sizeof(int), true);
    case 'I':
      return integer_of(sizeof(int), false);
    case 'l':
      return integer_of(sizeof(long), true);
    case 'L':
      return integer_of(sizeof(long), false);
    case 'q':
      return integer_of(sizeof(long long), true);
    case 'Q':
      return integer_of(sizeof(long long), false);
    case 'n':
      return integer_of(sizeof(Py_ssize_t), true);
    case 'N':
      return integer_of(sizeof(std::size_t), false);
    default:
      return DType::unsupported;
  }
}

constexpr DType common_code(char code) {
  switch (code) {
    case '?':
      return DType::boolean;
    case 'b':
      return DType::int8;
    case 'B':
      return DType::uint8;
    case 'e':
      return DType::float16;
    case 'f':
      return DType::float32;
    case 'd':
      return DType::float64;
    default:
      return DType::unsupported;
  }
}

constexpr std::array<int, kernels::kDTypes> kNumPyNumberOf = {
    NPY_BOOL,   NPY_INT8,   NPY_INT16,  NPY_INT32,   NPY_INT64,   NPY_UINT8,
    NPY_UINT16, NPY_UINT32, NPY_UINT64, NPY_FLOAT32, NPY_FLOAT64, NPY_FLOAT16};

}  // namespace

std::string DTypes::names() const {
  std::string list;
  DType last = DType::unsupported;
  for (std::size_t index = 0; index < kNumPyNumberOf.size(); ++index) {
    const DType dtype = static_cast<DType>(index);
    if (!contains(dtype)) continue;
    if (last != DType::unsupported) {
      list += list.empty() ? "" : ", ";
      list += kernels::name_of(last);
    }
    last = dtype;
  }
  if (last == DType::unsupported) return list;
  return list.empty() ? std::string(kernels::name_of(last))
                      : list + " or " + std::string(kernels::name_of(last));
}

std::string DTypes::first_name() const {
  for (std::size_t index = kNumPyNumberOf.size(); index-- > 0;) {
    if (contains(static_cast<DType>(index))) {
      return std::string(kernels::name_of(static_cast<DType>(index)));
    }
  }
  return "";
}

namespace {

constexpr DType dtype_of_number(int type_number) {
  switch (type_number) {
    case NPY_BOOL:
      return DType::boolean;
    case NPY_BYTE:
      return DType::int8;
    case NPY_UBYTE:
      return DType::uint8;
    case NPY_SHORT:
      return native_integer('h');
    case NPY_USHORT:
      return native_integer('H');
    case NPY_INT:
      return native_integer('i');
    case NPY_UINT:
      return native_integer('I');
    case NPY_LONG:
      return native_integer('l');
    case NPY_ULONG:
      return native_integer('L');
    case NPY_LONGLONG:
      return native_integer('q');
    case NPY_ULONGLONG:
      return native_integer('Q');
    case NPY_HALF:
      return DType::float16;
    case NPY_FLOAT:
      return DType::float32;
    case NPY_DOUBLE:
      return DType::float64;
    default:
      return DType::unsupported;
  }
}

template <std::size_t... kNumber>
constexpr std::array<DType, kNumPyNumbers> table_of(std::index_sequence<kNumber...>) {
  return {dtype_of_number(static_cast<int>(kNumber))...};
}

}  // namespace

constexpr std::array<DType, kNumPyNumbers> kDTypeOfNumPy =
    table_of(std::make_index_sequence<kNumPyNumbers>());

int add_descriptors(PyObject* module) {
  ModuleState& state = state_of(module);
  for (std::size_t dtype = 0; dtype < kernels::kDTypes; ++dtype) {
    PyArray_Descr* descriptor = PyArray_DescrFromType(kNumPyNumberOf[dtype]);  // new
    if (descriptor == nullptr) return -1;
    state.descriptors[dtype] = reinterpret_cast<PyObject*>(descriptor);
  }
  return 0;
}

BufferFormat parse_buffer_format(const char* format) noexcept {
  if (format == nullptr) return {DType::uint8, false};
  char order = '@';
  if (*format == '@' || *format == '=' || *format == '<' || *format == '>' || *format == '!') {
    order = *format++;
  }
  if (format[0] == '\0' || format[1] != '\0') return {};
  DType dtype = common_code(*format);
  if (dtype == DType::unsupported) {
    dtype = order == '@' ? native_integer(*format) : standard_integer(*format);
  }
  const bool little = order == '<';
  const bool big = order == '>' || order == '!';
  const bool swapped = std::endian::native == std::endian::little ? big : little;
  return {dtype, swapped && kernels::size_of(dtype) > 1};
}

}  // namespace fastlane
