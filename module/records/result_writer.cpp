// One function for each dict of the result.
#include "module/records/result_writer.hpp"

#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "module/boundary/errors.hpp"
#include "module/boundary/moved_array.hpp"
#include "module/boundary/owned_ref.hpp"

namespace fastlane {
namespace {

using kernels::DType;
using kernels::records::Buffer;
using kernels::records::Column;
using kernels::records::Dictionary;
using kernels::records::ErrorCode;
using kernels::records::ErrorDetail;
using kernels::records::kWholeRow;
using kernels::records::Program;
using kernels::records::RunResult;
using kernels::records::Type;

void free_block(void* memory) noexcept { std::free(memory); }

OwnedRef checked(PyObject* new_reference) {
  if (new_reference == nullptr) throw PythonErrorSet{};
  return OwnedRef::from_new(new_reference);
}

// Puts a new reference under a key.
void put(const OwnedRef& dict, const char* key, PyObject* new_reference) {
  OwnedRef value = checked(new_reference);
  if (PyDict_SetItemString(dict.borrow(), key, value.borrow()) < 0) throw PythonErrorSet{};
  value.decref();
}

// The buffer's block becomes the array's memory.
template <class T>
PyObject* move_out(PyObject* module, DType dtype, Buffer<T>&& buffer) {
  const auto length =
      static_cast<std::ptrdiff_t>(buffer.size() * sizeof(T) / kernels::size_of(dtype));
  if (!buffer.empty()) buffer.trim();
  T* block = buffer.transfer();  // transferred
  return array_from_memory(module, {dtype, 1, &length, block, block, free_block});
}

PyObject* text_from(std::string_view text) {
  return PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
}
PyObject* bytes_from(std::string_view text) {
  return PyBytes_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size()));
}
PyObject* none() { return Py_NewRef(Py_None); }

PyObject* field_name(const Program& program, std::int16_t field) {
  return field == kWholeRow ? none()
                            : text_from(program.fields[static_cast<std::size_t>(field)].name);
}

// The DType of a column's values.
DType dtype_of_type(Type type) {
  switch (type) {
    case Type::category:
      return DType::int32;
    case Type::timestamp:
      return DType::int64;
    case Type::string:
      return DType::unsupported;
    default:
      // Both lists begin alike: bool, the integers, the floats.
      static_assert(static_cast<int>(Type::float64) == static_cast<int>(DType::float64));
      static_assert(kernels::records::kTypeNames[4] == kernels::kDTypeNames[4]);
      return static_cast<DType>(type);
  }
}

void put_texts(PyObject* module, const OwnedRef& dict, Buffer<std::int64_t>&& offsets,
               Buffer<char>&& texts) {
  if (offsets.empty()) offsets.push_back(0);
  put(dict, "offsets", move_out(module, DType::int64, std::move(offsets)));
  put(dict, "data", move_out(module, DType::uint8, std::move(texts)));
}

PyObject* write_column(PyObject* module, Column&& column) {
  OwnedRef dict = checked(PyDict_New());  // new
  put(dict, "type", text_from(name_of(column.type)));
  put(dict, "length", PyLong_FromSize_t(column.length));
  if (column.null_count == 0) {
    put(dict, "validity", none());
  } else {
    column.validity.resize((column.length + 7) / 8);
    put(dict, "validity", move_out(module, DType::uint8, std::move(column.validity)));
  }
  const DType dtype = dtype_of_type(column.type);
  if (column.type == Type::string) {
    put_texts(module, dict, std::move(column.offsets), std::move(column.texts));
  } else if (column.type == Type::category) {
    put(dict, "codes", move_out(module, dtype, std::move(column.values)));
    OwnedRef dictionary = checked(PyDict_New());  // new
    put_texts(module, dictionary, std::move(column.dictionary.offsets()),
              std::move(column.dictionary.texts()));
    put(dict, "dictionary", dictionary.transfer());
  } else {
    put(dict, "values", move_out(module, dtype, std::move(column.values)));
  }
  return dict.transfer();
}

PyObject* write_columns(PyObject* module, RunResult& result) {
  OwnedRef dict = checked(PyDict_New());  // new
  for (std::size_t index = 0; index < result.columns.size(); ++index) {
    OwnedRef name = checked(text_from(result.names[index]));
    OwnedRef column = checked(write_column(module, std::move(result.columns[index])));
    if (PyDict_SetItem(dict.borrow(), name.borrow(), column.borrow()) < 0) throw PythonErrorSet{};
    column.decref();
    name.decref();
  }
  return dict.transfer();
}

PyObject* write_counts(const Program& program, const RunResult& result) {
  OwnedRef dict = checked(PyDict_New());  // new
  for (std::size_t place = 0; place <= program.fields.size(); ++place) {
    // The fields in their order, then the errors of whole rows.
    const auto field =
        place == program.fields.size() ? kWholeRow : static_cast<std::int16_t>(place);
    for (std::size_t which = 0; which < kernels::records::kErrorCodeNames.size(); ++which) {
      const auto code = static_cast<ErrorCode>(which);
      const std::int64_t count = result.error_counts.of(field, code);
      if (count == 0) continue;
      OwnedRef name = checked(field_name(program, field));
      OwnedRef code_name = checked(text_from(name_of(code)));
      OwnedRef key = checked(PyTuple_Pack(2, name.borrow(), code_name.borrow()));
      OwnedRef value = checked(PyLong_FromLongLong(count));
      if (PyDict_SetItem(dict.borrow(), key.borrow(), value.borrow()) < 0) throw PythonErrorSet{};
      value.decref();
      key.decref();
      code_name.decref();
      name.decref();
    }
  }
  return dict.transfer();
}

// A list with one item for each error.
template <class Make>
PyObject* list_of(const std::vector<ErrorDetail>& errors, Make&& make) {
  OwnedRef list = checked(PyList_New(static_cast<Py_ssize_t>(errors.size())));  // new
  for (std::size_t index = 0; index < errors.size(); ++index) {
    OwnedRef item = checked(make(errors[index]));
    PyList_SET_ITEM(list.borrow(), static_cast<Py_ssize_t>(index), item.transfer());  // stolen
  }
  return list.transfer();
}

template <class T>
PyObject* array_of(PyObject* module, const std::vector<ErrorDetail>& errors, T ErrorDetail::*fact) {
  std::vector<T> values;
  values.reserve(errors.size());
  for (const ErrorDetail& error : errors) values.push_back(error.*fact);
  return array_from_vector(module, std::move(values));
}

PyObject* write_errors(PyObject* module, const Program& program,
                       const std::vector<ErrorDetail>& errors) {
  OwnedRef dict = checked(PyDict_New());  // new
  put(dict, "row", array_of(module, errors, &ErrorDetail::row));
  put(dict, "line", array_of(module, errors, &ErrorDetail::line));
  put(dict, "byte_offset", array_of(module, errors, &ErrorDetail::byte_offset));
  put(dict, "source", array_of(module, errors, &ErrorDetail::source));
  put(dict, "field",
      list_of(errors, [&](const ErrorDetail& error) { return field_name(program, error.field); }));
  put(dict, "code",
      list_of(errors, [](const ErrorDetail& error) { return text_from(name_of(error.code)); }));
  put(dict, "expected",
      list_of(errors, [](const ErrorDetail& error) { return text_from(error.expected); }));
  put(dict, "got", list_of(errors, [](const ErrorDetail& error) { return bytes_from(error.got); }));
  put(dict, "raw", list_of(errors, [](const ErrorDetail& error) { return bytes_from(error.raw); }));
  return dict.transfer();
}

// None for a result without groups.
PyObject* write_state(PyObject* module, RunResult& result) {
  return result.state.empty() ? none() : move_out(module, DType::uint8, std::move(result.state));
}

PyObject* write_metrics(const kernels::records::RunMetrics& metrics) {
  OwnedRef dict = checked(PyDict_New());  // new
  put(dict, "seconds_parse", PyFloat_FromDouble(metrics.seconds_parse));
  put(dict, "seconds_aggregate", PyFloat_FromDouble(metrics.seconds_aggregate));
  put(dict, "seconds_total", PyFloat_FromDouble(metrics.seconds_total));
  put(dict, "bytes", PyLong_FromUnsignedLongLong(metrics.bytes));
  put(dict, "windows", PyLong_FromUnsignedLongLong(metrics.windows));
  return dict.transfer();
}

PyObject* write_damage(const std::optional<kernels::records::Damage>& damage) {
  if (!damage) return none();
  OwnedRef dict = checked(PyDict_New());  // new
  put(dict, "source", PyLong_FromSize_t(damage->input));
  put(dict, "what", text_from(damage->what));
  return dict.transfer();
}

}  // namespace

PyObject* write_result(PyObject* module, const Program& program, RunResult&& result) {
  OwnedRef dict = checked(PyDict_New());  // new
  const std::int64_t good = result.rows_in - result.rows_bad;
  put(dict, "columns", write_columns(module, result));
  put(dict, "state", write_state(module, result));
  put(dict, "rows_in", PyLong_FromLongLong(result.rows_in));
  put(dict, "rows_ok", PyLong_FromLongLong(good));
  put(dict, "rows_bad", PyLong_FromLongLong(result.rows_bad));
  put(dict, "rows_blank", PyLong_FromLongLong(result.rows_blank));
  put(dict, "rows_kept", PyLong_FromLongLong(result.rows_kept));
  put(dict, "error_counts", write_counts(program, result));
  put(dict, "errors", write_errors(module, program, result.errors));
  put(dict, "metrics", write_metrics(result.metrics));
  put(dict, "damage", write_damage(result.damage));
  return dict.transfer();
}

PyObject* write_groups(PyObject* module, RunResult&& result) {
  OwnedRef dict = checked(PyDict_New());  // new
  put(dict, "columns", write_columns(module, result));
  put(dict, "state", write_state(module, result));
  return dict.transfer();
}

}  // namespace fastlane
