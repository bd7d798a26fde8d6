// Columns of a result as Arrow capsules: arrow_schema, arrow_array and arrow_stream.
// Reads the dicts that records_run returns, checks every array in them, and shares their memory;
// only bool values are copied, into bits. The structures themselves are made in arrow_export.cpp.
#include <cstring>
#include <memory>
#include <utility>

#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"
#include "module/numpy_api.hpp"
#include "module/records/arrow_export.hpp"

namespace fastlane {
namespace {

struct ColumnType {
  const char* name;
  const char* format;  // of the Arrow C data interface
  int numpy_type;      // of "values"; NPY_VOID: texts, NPY_NOTYPE: codes
};

constexpr ColumnType kColumnTypes[] = {
    {"bool", "b", NPY_BOOL},       {"int8", "c", NPY_INT8},
    {"int16", "s", NPY_INT16},     {"int32", "i", NPY_INT32},
    {"int64", "l", NPY_INT64},     {"uint8", "C", NPY_UINT8},
    {"uint16", "S", NPY_UINT16},   {"uint32", "I", NPY_UINT32},
    {"uint64", "L", NPY_UINT64},   {"float32", "f", NPY_FLOAT32},
    {"float64", "g", NPY_FLOAT64}, {"timestamp", "tsu:UTC", NPY_INT64},
    {"string", "U", NPY_VOID},     {"binary", "Z", NPY_VOID},
    {"category", "i", NPY_NOTYPE},
};

// Borrowed, or null when the key is absent.
PyObject* item_of(PyObject* dict, const char* key) {
  OwnedRef name = OwnedRef::from_new(PyUnicode_FromString(key));  // new
  if (!name) throw PythonErrorSet{};
  PyObject* found = PyDict_GetItemWithError(dict, name.borrow());
  if (found == nullptr && PyErr_Occurred() != nullptr) throw PythonErrorSet{};
  name.decref();
  return found;
}

// One column dict while it is read. Everything is borrowed from the dict.
class ColumnReader {
 public:
  ColumnReader(const Arguments& args, PyObject* column) : args_(args), column_(column) {}

  bool read(ArrowShape& shape, ArrowParts& parts) {
    if (!PyDict_Check(column_)) return refuse("a column dict", describe_object(column_));
    const ColumnType* type = read_type();
    if (type == nullptr || !read_length(parts.length)) return false;
    shape.format = type->format;
    if (!read_validity(parts)) return false;
    if (type->numpy_type == NPY_NOTYPE) return read_category(shape, parts);
    if (type->numpy_type == NPY_VOID) return read_texts(parts);
    return read_values(*type, parts);
  }

 private:
  bool refuse(std::string expected, std::string got) {
    return args_.wrong_value("column", std::move(expected), std::move(got));
  }

  PyObject* item(const char* key) { return item_of(column_, key); }

  const ColumnType* read_type() {
    PyObject* type = item("type");
    if (type == nullptr || !PyUnicode_Check(type)) {
      refuse("a column with a \"type\"", type == nullptr ? "none" : describe_object(type));
      return nullptr;
    }
    for (const ColumnType& each : kColumnTypes) {
      if (PyUnicode_CompareWithASCIIString(type, each.name) == 0) return &each;
    }
    refuse("a column with a known \"type\"", "another one");
    return nullptr;
  }

  bool read_length(std::int64_t& length) {
    PyObject* given = item("length");
    const long long value = given != nullptr && PyLong_Check(given) ? PyLong_AsLongLong(given) : -1;
    PyErr_Clear();
    if (value < 0) return refuse("a column with a \"length\"", "none");
    length = value;
    return true;
  }

  // The memory of a 1-D contiguous array of `type` with at least `least` elements; null with an
  // exception.
  PyArrayObject* read_array(PyObject* object, const char* key, int type, std::int64_t least) {
    if (object == nullptr || !PyArray_Check(object)) {
      refuse(std::string("an ndarray for \"") + key + "\"",
             object == nullptr ? "none" : describe_object(object));
      return nullptr;
    }
    auto* array = reinterpret_cast<PyArrayObject*>(object);
    if (PyArray_NDIM(array) != 1 || !PyArray_EquivTypenums(PyArray_TYPE(array), type) ||
        !PyArray_ISCARRAY_RO(array) || PyArray_DIM(array, 0) < least) {
      refuse(std::string("a contiguous array of ") + std::to_string(least) +
                 " elements of the column's type for \"" + key + "\"",
             describe_object(object));
      return nullptr;
    }
    return array;
  }

  bool share(PyObject* object, const char* key, int type, std::int64_t least, ArrowParts& parts,
             std::size_t buffer) {
    PyArrayObject* array = read_array(object, key, type, least);
    if (array == nullptr) return false;
    parts.buffers[buffer] = PyArray_DATA(array);
    parts.owners.push_back(OwnedRef::incref(object));  // owned
    return true;
  }

  bool read_validity(ArrowParts& parts) {
    PyObject* bits = item("validity");
    if (bits == nullptr || bits == Py_None) return true;
    parts.has_nulls = true;
    return share(bits, "validity", NPY_UINT8, (parts.length + 7) / 8, parts, 0);
  }

  bool read_values(const ColumnType& type, ArrowParts& parts) {
    PyObject* values = item("values");
    if (type.numpy_type != NPY_BOOL) {
      return share(values, "values", type.numpy_type, parts.length, parts, 1);
    }
    PyArrayObject* flags = read_array(values, "values", NPY_BOOL, parts.length);
    if (flags == nullptr) return false;
    const auto* bytes = static_cast<const std::uint8_t*>(PyArray_DATA(flags));
    parts.packed.assign(static_cast<std::size_t>(parts.length / 8 + 1), 0);
    for (std::size_t index = 0; index < static_cast<std::size_t>(parts.length); ++index) {
      if (bytes[index] == 0) continue;
      std::uint8_t& byte = parts.packed[index / 8];
      byte = static_cast<std::uint8_t>(byte | (1U << (index % 8)));
    }
    return true;
  }

  bool read_texts(ArrowParts& parts) {
    parts.buffer_count = 3;
    PyObject* offsets = item("offsets");
    if (!share(offsets, "offsets", NPY_INT64, parts.length + 1, parts, 1) ||
        !share(item("data"), "data", NPY_UINT8, 0, parts, 2)) {
      return false;
    }
    const auto* bounds = static_cast<const std::int64_t*>(parts.buffers[1]);
    auto* data = reinterpret_cast<PyArrayObject*>(parts.owners.back().borrow());
    if (bounds[0] < 0 || bounds[parts.length] > PyArray_DIM(data, 0)) {
      return refuse("offsets that stay inside \"data\"", std::to_string(bounds[parts.length]));
    }
    return true;
  }

  bool read_category(ArrowShape& shape, ArrowParts& parts) {
    if (!share(item("codes"), "codes", NPY_INT32, parts.length, parts, 1)) return false;
    PyObject* words = item("dictionary");
    if (words == nullptr || !PyDict_Check(words)) return refuse("a \"dictionary\"", "none");
    PyArrayObject* bounds = read_array(item_of(words, "offsets"), "offsets", NPY_INT64, 1);
    if (bounds == nullptr) return false;
    shape.dictionary.push_back({.name = "", .format = "U", .children = {}, .dictionary = {}});
    ArrowParts& texts = parts.dictionary.emplace_back();
    texts.length = PyArray_DIM(bounds, 0) - 1;
    return ColumnReader(args_, words).read_texts(texts);
  }

  const Arguments& args_;
  PyObject* column_;
};

// The columns of a table: a sequence of (name, column) pairs becomes the children of one struct
// array.
bool read_table(const Arguments& args, PyObject* columns, ArrowShape& shape, ArrowParts& parts) {
  if (!PyList_Check(columns)) {
    return args.wrong_type("columns", "a list of (name, column) pairs", describe_object(columns));
  }
  shape.format = "+s";
  parts.buffer_count = 1;
  for (Py_ssize_t index = 0; index < PyList_GET_SIZE(columns); ++index) {
    PyObject* pair = PyList_GET_ITEM(columns, index);  // borrowed
    PyObject* name = nullptr;                          // borrowed
    PyObject* column = nullptr;                        // borrowed
    if (!PyTuple_Check(pair) || !PyArg_ParseTuple(pair, "UO", &name, &column)) {
      if (PyErr_ExceptionMatches(PyExc_MemoryError) != 0) return false;
      PyErr_Clear();
      return args.wrong_type("columns", "a list of (name, column) pairs", describe_object(pair));
    }
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(name, &size);
    if (text == nullptr) return false;
    ArrowShape& child_shape = shape.children.emplace_back();
    ArrowParts& child_parts = parts.children.emplace_back();
    child_shape.name.assign(text, static_cast<std::size_t>(size));
    if (!ColumnReader(args, column).read(child_shape, child_parts)) return false;
    if (index > 0 && child_parts.length != parts.length) {
      return args.wrong_value(
          "columns", "columns of one length",
          std::to_string(child_parts.length) + " after " + std::to_string(parts.length));
    }
    parts.length = child_parts.length;
  }
  return true;
}

// The capsule stands before the structure is filled, so that whatever happens next is released
// once.
template <class Structure>
struct ArrowCapsule;
template <>
struct ArrowCapsule<ArrowSchema> {
  static constexpr const char* kName = "arrow_schema";
};
template <>
struct ArrowCapsule<ArrowArray> {
  static constexpr const char* kName = "arrow_array";
};
template <>
struct ArrowCapsule<ArrowArrayStream> {
  static constexpr const char* kName = "arrow_array_stream";
};

template <class Structure>
void delete_capsule(PyObject* capsule) noexcept {
  auto* structure =
      static_cast<Structure*>(PyCapsule_GetPointer(capsule, ArrowCapsule<Structure>::kName));
  if (structure == nullptr) return;
  if (structure->release != nullptr) structure->release(structure);
  delete structure;
}

template <class Structure>
OwnedRef new_capsule(Structure*& structure) {
  auto made = std::make_unique<Structure>();
  OwnedRef capsule = OwnedRef::from_new(
      PyCapsule_New(made.get(), ArrowCapsule<Structure>::kName, delete_capsule<Structure>));
  if (!capsule) throw PythonErrorSet{};
  structure = made.release();  // owned by the capsule
  return capsule;
}

constexpr const char* kSchemaDoc =
    "arrow_schema(columns, as_table, /)\n--\n\n"
    "The Arrow schema of (name, column) pairs as a capsule, as a table or of the first column "
    "alone.\n\n"
    "**Memory:** copies the names; the GIL is held.";

struct SchemaCapsule {
  static constexpr const char* kName = "arrow_schema";
  ArrowShape shape;
  bool as_table = true;

  bool begin(Arguments& args) {
    give_back_waiting();
    PyObject* columns = nullptr;  // borrowed from args
    ArrowParts parts;
    if (!args.read(required("columns", columns), required("as_table", as_table)) ||
        !read_table(args, columns, shape, parts)) {
      return false;
    }
    parts.decref();
    if (!as_table && shape.children.size() != 1) {
      return args.wrong_value("columns", "one column", std::to_string(shape.children.size()));
    }
    return true;
  }
  void run(Checkpoint&) {}
  PyObject* finish() {
    ArrowSchema* schema = nullptr;  // owned by the capsule
    OwnedRef capsule = new_capsule(schema);
    export_schema(as_table ? shape : shape.children.front(), *schema);
    return capsule.transfer();
  }
};

constexpr const char* kArrayDoc =
    "arrow_array(column, /)\n--\n\n"
    "A column as a pair of capsules, its Arrow schema and its array.\n\n"
    "**Memory:** shares the column's arrays until the consumer releases them; copies bool values "
    "into "
    "bits. The GIL is held.";

struct ArrayCapsules {
  static constexpr const char* kName = "arrow_array";
  ArrowShape shape;
  ArrowParts parts;

  bool begin(Arguments& args) {
    give_back_waiting();
    PyObject* column = nullptr;  // borrowed from args
    return args.read(required("column", column)) && ColumnReader(args, column).read(shape, parts);
  }
  void run(Checkpoint&) {}
  PyObject* finish() {
    ArrowSchema* schema = nullptr;  // owned by its capsule
    ArrowArray* array = nullptr;    // owned by its capsule
    OwnedRef schema_capsule = new_capsule(schema);
    OwnedRef array_capsule = new_capsule(array);
    export_schema(shape, *schema);
    export_array(std::move(parts), *array);
    PyObject* pair = PyTuple_Pack(2, schema_capsule.borrow(), array_capsule.borrow());  // new
    schema_capsule.decref();
    array_capsule.decref();
    return pair;
  }
};

constexpr const char* kStreamDoc =
    "arrow_stream(columns, /)\n--\n\n"
    "(name, column) pairs as one record batch in a capsule with an Arrow stream.\n\n"
    "**Memory:** shares the columns' arrays until the consumer releases them; copies bool values "
    "into "
    "bits. The GIL is held.";

struct StreamCapsule {
  static constexpr const char* kName = "arrow_stream";
  ArrowShape shape;
  ArrowParts parts;

  bool begin(Arguments& args) {
    give_back_waiting();
    PyObject* columns = nullptr;  // borrowed from args
    return args.read(required("columns", columns)) && read_table(args, columns, shape, parts);
  }
  void run(Checkpoint&) {}
  PyObject* finish() {
    ArrowArrayStream* stream = nullptr;  // owned by its capsule
    ArrowArray* batch = nullptr;         // owned by its capsule until the stream takes it over
    OwnedRef stream_capsule = new_capsule(stream);
    OwnedRef batch_capsule = new_capsule(batch);
    export_array(std::move(parts), *batch);
    export_stream(std::move(shape), *batch, *stream);
    batch_capsule.decref();
    return stream_capsule.transfer();
  }
};

}  // namespace

PyMethodDef arrow_methods[] = {
    row_of<SchemaCapsule>(kSchemaDoc),
    row_of<ArrayCapsules>(kArrayDoc),
    row_of<StreamCapsule>(kStreamDoc),
    kEndOfTable,
};

}  // namespace fastlane
