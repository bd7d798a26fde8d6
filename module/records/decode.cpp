// records_decode: one row as a dict of Python values.
#include <Python.h>
#include <datetime.h>

#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

#include "kernels/records/small_run.hpp"
#include "module/boundary/borrowed_bytes.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"
#include "module/records/compiled_program.hpp"

namespace fastlane {
namespace {

using kernels::records::SmallRun;
using kernels::records::Type;
using kernels::records::WindowColumn;

constexpr const char* kDecodeDoc =
    "records_decode(program, line, /)\n--\n\n"
    "The only row of a text as a dict of Python values; None when the text is anything but one\n"
    "good row. Schema.decode is the way to call it.\n\n"
    "program is that of a plan without expressions, groups and a header; line is bytes-like.\n"
    "Raises ArgumentValueError for another program.\n\n"
    "**Memory:** borrows line and copies it; the values are new; the GIL is held.";

// An aware datetime, or the number itself where the years of datetime end.
PyObject* new_datetime(const PyDateTime_CAPI& api, std::int64_t microseconds) {
  constexpr std::int64_t kDay = 86400000000;
  constexpr std::int64_t kFirst = -62135596800000000;   // 0001-01-01
  constexpr std::int64_t kBehind = 253402300800000000;  // 10000-01-01
  if (microseconds < kFirst || microseconds >= kBehind) return PyLong_FromLongLong(microseconds);
  const std::int64_t day = microseconds / kDay - (microseconds % kDay < 0 ? 1 : 0);
  const std::int64_t rest = microseconds - day * kDay;
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  const auto second = static_cast<int>(rest / 1000000);
  return api.DateTime_FromDateAndTime(
      static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
      static_cast<int>(static_cast<unsigned>(date.day())), second / 3600, second / 60 % 60,
      second % 60, static_cast<int>(rest % 1000000), api.TimeZone_UTC, api.DateTimeType);
}

PyObject* new_text(std::string_view text) {
  return PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), nullptr);
}

// The value of the first row.
PyObject* new_value(const PyDateTime_CAPI& api, const WindowColumn& column) {
  if (!column.is_valid(0)) return Py_NewRef(Py_None);
  switch (column.type) {
    case Type::boolean:
      return PyBool_FromLong(*column.as<std::uint8_t>());
    case Type::int8:
      return PyLong_FromLong(*column.as<std::int8_t>());
    case Type::int16:
      return PyLong_FromLong(*column.as<std::int16_t>());
    case Type::int32:
      return PyLong_FromLong(*column.as<std::int32_t>());
    case Type::int64:
      return PyLong_FromLongLong(*column.as<std::int64_t>());
    case Type::uint8:
      return PyLong_FromLong(*column.as<std::uint8_t>());
    case Type::uint16:
      return PyLong_FromLong(*column.as<std::uint16_t>());
    case Type::uint32:
      return PyLong_FromUnsignedLong(*column.as<std::uint32_t>());
    case Type::uint64:
      return PyLong_FromUnsignedLongLong(*column.as<std::uint64_t>());
    case Type::float32:
      return PyFloat_FromDouble(static_cast<double>(*column.as<float>()));
    case Type::float64:
      return PyFloat_FromDouble(*column.as<double>());
    case Type::string:
      return new_text({column.texts.begin(), column.sizes[0]});
    case Type::category:
      return new_text(column.dictionary[static_cast<std::size_t>(*column.as<std::int32_t>())]);
    case Type::timestamp:
      return new_datetime(api, *column.as<std::int64_t>());
  }
  return nullptr;
}

struct RecordsDecode {
  static constexpr const char* kName = "records_decode";
  CompiledProgram* compiled = nullptr;  // owned by its capsule
  BorrowedBytes line;
  std::unique_ptr<SmallRun> small;
  const std::vector<WindowColumn>* columns = nullptr;

  bool begin(Arguments& args) {
    PyObject* program_arg = nullptr;  // borrowed from args
    PyObject* line_arg = nullptr;     // borrowed from args
    if (!args.read(required("program", program_arg), required("line", line_arg))) return false;
    compiled = compiled_program_of(args, program_arg);
    if (compiled == nullptr) return false;
    if (compiled->program.has_expressions() || compiled->program.aggregates_rows()) {
      return args.wrong_value("program", "a program of rows as they are", "one that computes");
    }
    if (!compiled->has_names() && !compiled->make_names()) return false;
    if (!line.acquire(args, "line", line_arg)) return false;  // exporter locked
    small = compiled->take_small();
    return true;
  }

  void run(Checkpoint&) {
    const std::string_view text(reinterpret_cast<const char*>(line.bytes().data()), line.size());
    if (!line.is_contiguous() || !SmallRun::fits(compiled->program, text)) return;
    columns = small->read_row(text);
  }

  PyObject* finish() {
    line.release();  // exporter unlocked
    OwnedRef made = OwnedRef::from_new(columns == nullptr ? Py_NewRef(Py_None) : new_dict());
    compiled->give_back(std::move(small));
    return made.transfer();
  }

  // New reference; null with an exception set.
  PyObject* new_dict() const {
    const auto* api = static_cast<const PyDateTime_CAPI*>(compiled->datetime_api);
    OwnedRef dict = OwnedRef::from_new(PyDict_New());  // new
    if (!dict) return nullptr;
    for (std::size_t field = 0; field < columns->size(); ++field) {
      OwnedRef value = OwnedRef::from_new(new_value(*api, (*columns)[field]));  // new
      if (!value) return nullptr;
      if (PyDict_SetItem(dict.borrow(), compiled->names[field], value.borrow()) < 0) return nullptr;
      value.decref();
    }
    return dict.transfer();
  }
};

}  // namespace

bool CompiledProgram::make_names() {
  datetime_api = PyCapsule_Import("datetime.datetime_CAPI", 0);
  if (datetime_api == nullptr) return false;
  while (names.size() < program.fields.size()) {
    const std::string& name = program.fields[names.size()].name;
    PyObject* text =
        PyUnicode_DecodeUTF8(name.data(), static_cast<Py_ssize_t>(name.size()), nullptr);
    if (text == nullptr) return false;
    PyUnicode_InternInPlace(&text);
    names.push_back(text);  // owned
  }
  return true;
}

PyMethodDef record_decode_methods[] = {
    row_of<RecordsDecode>(kDecodeDoc),
    kEndOfTable,
};

}  // namespace fastlane
