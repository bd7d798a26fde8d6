// One small function for each kind of value, and one for each dict of the program.
#include "module/records/program_reader.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "module/boundary/owned_ref.hpp"

namespace fastlane {
namespace {

using kernels::records::Aggregate;
using kernels::records::ExpressionNode;
using kernels::records::ExpressionType;
using kernels::records::Field;
using kernels::records::Integer;
using kernels::records::LogToken;
using kernels::records::Number;
using kernels::records::Operation;
using kernels::records::PathStep;
using kernels::records::Program;
using kernels::records::ProgramError;
using kernels::records::SourceKind;
using kernels::records::TokenKind;

// A value in the program and where it stands. The object is borrowed from whoever holds it.
struct Place {
  const Arguments& args;
  PyObject* object;
  std::string path;

  bool is_none() const { return object == Py_None; }

  [[noreturn]] void wrong_type(const char* expected) const {
    args.wrong_type(path.c_str(), expected, describe_object(object));
    throw PythonErrorSet{};
  }
  [[noreturn]] void wrong_value(const char* expected, std::string got) const {
    args.wrong_value(path.c_str(), expected, std::move(got));
    throw PythonErrorSet{};
  }
};

// Calls `read` with the item of a dict; null stands for one that is missing. The item is held
// meanwhile, because looking it up may run Python code.
template <class Read>
auto with_item(const Place& dict, const char* key, Read&& read) {
  if (!PyDict_Check(dict.object)) dict.wrong_type("a dict");
  OwnedRef name = OwnedRef::from_new(PyUnicode_FromString(key));  // new
  if (!name) throw PythonErrorSet{};
  OwnedRef item = OwnedRef::incref(PyDict_GetItemWithError(dict.object, name.borrow()));  // owned
  name.decref();
  if (!item && PyErr_Occurred() != nullptr) throw PythonErrorSet{};
  auto value = read(Place{dict.args, item.borrow(), dict.path + "." + key});
  item.decref();
  return value;
}

// The same for an item that must be there.
template <class Read>
auto with_required(const Place& dict, const char* key, Read&& read) {
  return with_item(dict, key, [&](const Place& place) {
    if (place.object == nullptr) {
      dict.wrong_value((std::string("a dict with the key '") + key + "'").c_str(),
                       "one without it");
    }
    return read(place);
  });
}

// None and missing items are absent values.
template <class Read>
auto with_optional(const Place& dict, const char* key, Read&& read) {
  using Value = decltype(read(dict));
  return with_item(dict, key, [&](const Place& place) -> std::optional<Value> {
    if (place.object == nullptr || place.is_none()) return std::nullopt;
    return read(place);
  });
}

template <class Read>
void for_each_item(const Place& list, Read&& read) {
  if (!PyList_Check(list.object)) list.wrong_type("a list");
  for (Py_ssize_t index = 0; index < PyList_GET_SIZE(list.object); ++index) {
    OwnedRef item = OwnedRef::incref(PyList_GET_ITEM(list.object, index));  // owned
    read(Place{list.args, item.borrow(), list.path + "[" + std::to_string(index) + "]"});
    item.decref();
  }
}

std::string read_text(const Place& place) {
  if (!PyUnicode_Check(place.object)) place.wrong_type("a str");
  OwnedRef encoded = OwnedRef::from_new(PyUnicode_AsUTF8String(place.object));  // new
  if (!encoded) {
    if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError) == 0) throw PythonErrorSet{};
    PyErr_Clear();
    place.wrong_value("text that UTF-8 can hold", "a lone surrogate in it");
  }
  std::string text(PyBytes_AS_STRING(encoded.borrow()),
                   static_cast<std::size_t>(PyBytes_GET_SIZE(encoded.borrow())));
  encoded.decref();
  return text;
}

std::string read_bytes(const Place& place) {
  if (!PyBytes_Check(place.object)) place.wrong_type("bytes");
  return {PyBytes_AS_STRING(place.object),
          static_cast<std::size_t>(PyBytes_GET_SIZE(place.object))};
}

bool read_flag(const Place& place) {
  if (!PyBool_Check(place.object)) place.wrong_type("True or False");
  return place.object == Py_True;
}

// Integers beyond every field type come out as the nearest ones that are still beyond.
Integer read_integer(const Place& place) {
  if (!PyLong_Check(place.object) || PyBool_Check(place.object)) place.wrong_type("an int");
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(place.object, &overflow);
  if (overflow == 0) {
    if (value == -1 && PyErr_Occurred() != nullptr) throw PythonErrorSet{};
    return value;
  }
  constexpr Integer kBeyond = Integer{1} << 100;
  if (overflow < 0) return -kBeyond;
  const unsigned long long large = PyLong_AsUnsignedLongLong(place.object);
  if (PyErr_Occurred() == nullptr) return large;
  PyErr_Clear();
  return kBeyond;
}

Number read_number(const Place& place) {
  if (!PyFloat_Check(place.object)) return {true, read_integer(place), 0.0};
  const double value = PyFloat_AS_DOUBLE(place.object);
  if (value != value) place.wrong_value("a number", "nan");
  return {false, 0, value};
}

std::uint64_t read_length(const Place& place) {
  const Integer length = read_integer(place);
  if (length < 0) place.wrong_value("0 or more", std::to_string(static_cast<long long>(length)));
  return static_cast<std::uint64_t>(std::min<Integer>(length, Integer{1} << 62));
}

// The place of a name in a list of names, as the value of an enumeration.
template <class Enum, std::size_t kCount>
Enum read_name(const Place& place, const std::array<std::string_view, kCount>& names) {
  const std::string name = read_text(place);
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    std::string expected = "one of";
    for (const std::string_view each : names) expected += " " + std::string(each);
    place.wrong_value(expected.c_str(), "'" + name.substr(0, 80) + "'");
  }
  return static_cast<Enum>(found - names.begin());
}

LogToken read_token(const Place& place) {
  constexpr std::array<std::string_view, 3> kKinds = {"plain", "quoted", "request"};
  LogToken token;
  token.name = with_required(place, "name", read_text);
  token.kind = with_required(place, "kind",
                             [&](const Place& kind) { return read_name<TokenKind>(kind, kKinds); });
  token.after = with_required(place, "after", read_bytes);
  return token;
}

bool read_log(const Place& place, Program& program) {
  program.source.prefix = with_required(place, "prefix", read_bytes);
  return with_required(place, "tokens", [&](const Place& tokens) {
    for_each_item(tokens,
                  [&](const Place& token) { program.source.tokens.push_back(read_token(token)); });
    return true;
  });
}

char read_byte(const Place& place) {
  const std::string bytes = read_bytes(place);
  if (bytes.size() != 1) place.wrong_value("one byte", std::to_string(bytes.size()));
  return bytes[0];
}

bool read_csv(const Place& place, Program& program) {
  program.csv.delimiter = with_required(place, "delimiter", read_byte);
  program.csv.has_header = with_required(place, "header", read_flag);
  const auto quote = with_optional(place, "quote", read_byte);
  program.csv.has_quotes = quote.has_value();
  program.csv.quote = quote.value_or('"');
  return true;
}

bool read_source(const Place& place, Program& program) {
  constexpr std::array<std::string_view, 3> kKinds = {"log", "csv", "ndjson"};
  program.kind = with_required(
      place, "kind", [&](const Place& kind) { return read_name<SourceKind>(kind, kKinds); });
  switch (program.kind) {
    case SourceKind::log:
      return read_log(place, program);
    case SourceKind::csv:
      return read_csv(place, program);
    case SourceKind::ndjson:
      break;
  }
  return true;
}

// A step is a key or an index.
PathStep read_step(const Place& place) {
  if (PyUnicode_Check(place.object)) return {read_text(place), -1};
  const Integer index = read_integer(place);
  constexpr Integer kMost = Integer{1} << 40;
  if (index < 0 || index > kMost) place.wrong_value("0 or more", "another index");
  return {std::string(), static_cast<std::int64_t>(index)};
}

Field read_field(const Place& place) {
  Field field;
  field.name = with_required(place, "name", read_text);
  field.token = with_optional(place, "token", read_text).value_or(std::string());
  with_optional(place, "path", [&](const Place& path) {
    for_each_item(path, [&](const Place& step) { field.path.push_back(read_step(step)); });
    return true;
  });
  field.type = with_required(place, "type", [&](const Place& type) {
    return read_name<kernels::records::Type>(type, kernels::records::kTypeNames);
  });
  field.nullable = with_optional(place, "nullable", read_flag).value_or(false);
  field.allow_nan = with_optional(place, "allow_nan", read_flag).value_or(false);
  field.null_text = with_optional(place, "null", read_bytes);
  field.default_text = with_optional(place, "default", read_bytes);
  field.ge = with_optional(place, "ge", read_number);
  field.gt = with_optional(place, "gt", read_number);
  field.le = with_optional(place, "le", read_number);
  field.lt = with_optional(place, "lt", read_number);
  field.max_length = with_optional(place, "max_length", read_length);
  field.min_length = with_optional(place, "min_length", read_length);
  field.starts_with = with_optional(place, "starts_with", read_bytes);
  field.format = with_optional(place, "format", read_text).value_or(std::string());
  const bool is_text = kernels::records::is_text(field.type);
  field.has_one_of = with_optional(place, "one_of", [&](const Place& values) {
                       for_each_item(values, [&](const Place& value) {
                         if (is_text) {
                           field.one_of_texts.push_back(read_bytes(value));
                         } else {
                           field.one_of_integers.push_back(read_integer(value));
                         }
                       });
                       return true;
                     }).has_value();
  return field;
}

ExpressionNode read_node(const Place& place) {
  ExpressionNode node;
  node.operation = with_required(place, "operation", [](const Place& name) {
    return read_name<Operation>(name, kernels::records::kOperationNames);
  });
  node.type = with_required(place, "type", [](const Place& name) {
    return read_name<ExpressionType>(name, kernels::records::kExpressionTypeNames);
  });
  with_optional(place, "operands", [&](const Place& operands) {
    for_each_item(operands, [&](const Place& operand) {
      node.operands.push_back(static_cast<std::size_t>(read_length(operand)));
    });
    return true;
  });
  node.field = static_cast<std::size_t>(with_optional(place, "field", read_length).value_or(0));
  node.integer =
      static_cast<std::int64_t>(with_optional(place, "integer", read_integer).value_or(0));
  const auto real = [](const Place& value) {
    if (!PyFloat_Check(value.object)) value.wrong_type("a float");
    return PyFloat_AS_DOUBLE(value.object);
  };
  node.real = with_optional(place, "real", real).value_or(0.0);
  node.text = with_optional(place, "text", read_bytes).value_or(std::string());
  with_optional(place, "texts", [&](const Place& texts) {
    for_each_item(texts, [&](const Place& text) { node.texts.push_back(read_bytes(text)); });
    return true;
  });
  with_optional(place, "numbers", [&](const Place& numbers) {
    for_each_item(numbers, [&](const Place& number) { node.numbers.push_back(real(number)); });
    return true;
  });
  return node;
}

// A field that is a node.
Field read_derived(const Place& place) {
  Field field;
  field.is_derived = true;
  field.name = with_required(place, "name", read_text);
  field.type = with_required(place, "type", [&](const Place& type) {
    return read_name<kernels::records::Type>(type, kernels::records::kTypeNames);
  });
  field.nullable = with_required(place, "nullable", read_flag);
  field.node = static_cast<std::size_t>(with_required(place, "node", read_length));
  return field;
}

using FieldIndex = std::unordered_map<std::string, std::size_t>;

std::size_t read_field_name(const Place& place, const FieldIndex& fields) {
  const std::string name = read_text(place);
  const auto found = fields.find(name);
  if (found == fields.end()) {
    place.wrong_value("the name of a field", "'" + name.substr(0, 80) + "'");
  }
  return found->second;
}

Aggregate read_aggregate(const Place& place, const FieldIndex& fields) {
  Aggregate aggregate;
  aggregate.name = with_required(place, "name", read_text);
  aggregate.function = with_required(place, "function", [&](const Place& function) {
    return read_name<kernels::records::Function>(function, kernels::records::kFunctionNames);
  });
  const auto parameter = with_optional(place, "parameter", read_number);
  if (parameter) {
    aggregate.parameter =
        parameter->is_whole ? static_cast<double>(parameter->whole) : parameter->real;
  }
  aggregate.column = with_optional(
      place, "column", [&](const Place& column) { return read_field_name(column, fields); });
  return aggregate;
}

}  // namespace

Program read_program(const Arguments& args, PyObject* object) {
  const Place place{args, object, "program"};
  Program program;
  with_required(place, "source", [&](const Place& source) { return read_source(source, program); });
  FieldIndex fields;
  const auto add_fields = [&](const Place& list, auto read) {
    for_each_item(list, [&](const Place& field) {
      program.fields.push_back(read(field));
      const std::string& name = program.fields.back().name;
      if (!fields.emplace(name, fields.size()).second) {
        field.wrong_value("a field with a name of its own", "'" + name.substr(0, 80) + "' again");
      }
    });
    return true;
  };
  with_required(place, "fields", [&](const Place& list) { return add_fields(list, read_field); });
  with_optional(place, "nodes", [&](const Place& list) {
    for_each_item(list, [&](const Place& node) { program.nodes.push_back(read_node(node)); });
    return true;
  });
  with_optional(place, "derived",
                [&](const Place& list) { return add_fields(list, read_derived); });
  if (const auto where = with_optional(place, "where", read_length)) {
    program.where = static_cast<std::size_t>(*where);
  }
  const auto read_names = [&](std::vector<std::size_t>& indices) {
    return [&](const Place& list) {
      for_each_item(list,
                    [&](const Place& name) { indices.push_back(read_field_name(name, fields)); });
      return true;
    };
  };
  with_optional(place, "group_by", read_names(program.group_by));
  with_optional(place, "aggregates", [&](const Place& list) {
    for_each_item(list, [&](const Place& aggregate) {
      program.aggregates.push_back(read_aggregate(aggregate, fields));
    });
    return true;
  });
  if (!with_optional(place, "select", read_names(program.select))) {
    for (std::size_t field = 0; field < fields.size(); ++field) program.select.push_back(field);
  }
  return program;
}

}  // namespace fastlane
