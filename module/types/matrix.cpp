// The heap type fastlane.Matrix: making one, reading and writing elements, resizing, transposing,
// comparing and pickling.
#include "module/types/matrix.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "kernels/arrays/transpose.hpp"
#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/borrowed_bytes.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/numpy_api.hpp"
#include "module/types/matrix_rows.hpp"

namespace fastlane {
namespace {

void set_shape(MatrixObject& matrix, std::ptrdiff_t rows, std::ptrdiff_t columns) noexcept {
  matrix.shape[0] = rows;
  matrix.shape[1] = columns;
  matrix.strides[0] = columns * static_cast<std::ptrdiff_t>(sizeof(double));
  matrix.strides[1] = sizeof(double);
}

// Elements of a shape, or -1 when no memory can hold them.
std::ptrdiff_t count_of(std::ptrdiff_t rows, std::ptrdiff_t columns) noexcept {
  std::ptrdiff_t bytes = sizeof(double);
  if (rows == 0 || columns == 0) return 0;
  if (__builtin_mul_overflow(bytes, rows, &bytes) ||
      __builtin_mul_overflow(bytes, columns, &bytes)) {
    return -1;
  }
  return bytes / static_cast<std::ptrdiff_t>(sizeof(double));
}

bool read_shape(Arguments& args, std::ptrdiff_t& rows, std::ptrdiff_t& columns) {
  if (!args.read(required("rows", rows), required("columns", columns))) return false;
  if (rows < 0) return args.wrong_value("rows", "at least 0", std::to_string(rows));
  return columns >= 0 || args.wrong_value("columns", "at least 0", std::to_string(columns));
}

constexpr const char* kMatrixDoc =
    "Matrix(rows, /)\n--\n\n"
    "A matrix of float64 numbers that native code owns and that others look at in place.\n\n"
    "rows is a sequence of sequences of numbers, all of one length, or a float64 array of two\n"
    "dimensions. Elements are read and written by m[i, j]; numpy.asarray(m), memoryview(m) and\n"
    "numpy.from_dlpack(m) show them without a copy. m @ x and x @ m give a Matrix for a Matrix or\n"
    "a float64 array of two dimensions; m == n is one bool.\n\n"
    "Raises ArgumentValueError for rows of different lengths and ArgumentTypeError for what are\n"
    "no numbers.\n\n"
    "**Memory:** copies rows; afterwards shares its memory with everybody who looks at it.";

PyObject* matrix_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* const kKeywords[] = {"", nullptr};
  PyObject* rows = nullptr;  // borrowed from args
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Matrix", const_cast<char**>(kKeywords),
                                   &rows)) {
    return nullptr;
  }
  PyObject* module = PyType_GetModule(type);  // borrowed
  if (module == nullptr) return nullptr;
  try {
    Arguments arguments("Matrix", module, &rows, 1, nullptr);
    return matrix_from_rows(arguments, rows);
  } catch (...) {
    return raise_current_exception(module, "Matrix");
  }
}

void matrix_dealloc(PyObject* self) {
  std::free(matrix_in(self).elements);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);  // instances of a heap type own a reference to it
}

constexpr const char* kZerosDoc =
    "zeros($type, rows, columns, /)\n--\n\n"
    "A Matrix of zeros.\n\n"
    "Raises ArgumentValueError for a negative length and MemoryError for a shape that no memory\n"
    "holds.\n\n"
    "**Memory:** new, and the system gives its pages when they are first touched; the GIL is held.";

struct Zeros {
  static constexpr const char* kName = "Matrix.zeros";
  static constexpr const char* kMethodName = "zeros";
  PyObject* self = nullptr;  // the type
  ModuleState* state = nullptr;
  std::ptrdiff_t rows = 0;
  std::ptrdiff_t columns = 0;

  bool begin(Arguments& args) {
    state = &args.state();
    return read_shape(args, rows, columns);
  }
  void run(Checkpoint&) {}
  PyObject* finish() { return new_matrix(*state, rows, columns); }
};

constexpr const char* kTransposeDoc =
    "transpose($self, /)\n--\n\n"
    "The rows as columns, in a Matrix of their own.\n\n"
    "**Memory:** borrows the matrix, moves the result out; the GIL is released from 64 KiB on.";

struct TransposeMatrix {
  static constexpr const char* kName = "Matrix.transpose";
  static constexpr const char* kMethodName = "transpose";
  PyObject* self = nullptr;
  BorrowedArray x;
  OwnedRef result;

  bool begin(Arguments& args) {
    if (!args.read() || !x.acquire(args, "self", self, kFloat64)) return false;  // exporter locked
    result.own(new_matrix(args.state(), x.view().shape[1], x.view().shape[0]));
    return static_cast<bool>(result);
  }
  std::size_t work() const { return 2 * x.bytes(); }
  void run(Checkpoint& checkpoint) {
    kernels::transpose(view_of(matrix_in(result.borrow())), x.view(), checkpoint);
  }
  std::size_t moved() const noexcept { return x.bytes(); }
  PyObject* finish() {
    x.release();  // exporter unlocked
    return result.transfer();
  }
};

constexpr const char* kResizeDoc =
    "resize($self, rows, columns, /)\n--\n\n"
    "Give the matrix another shape; elements keep their order, row after row, and more are 0.\n\n"
    "Raises BorrowError while a memoryview, an array, a tensor or a call looks at the elements,\n"
    "ArgumentValueError for a negative length and MemoryError for a shape that no memory holds.\n\n"
    "**Memory:** grows or shrinks in place where the allocator can; the GIL is held.";

struct Resize {
  static constexpr const char* kName = "Matrix.resize";
  static constexpr const char* kMethodName = "resize";
  PyObject* self = nullptr;
  std::ptrdiff_t rows = 0;
  std::ptrdiff_t columns = 0;

  bool begin(Arguments& args) {
    if (!read_shape(args, rows, columns)) return false;
    return matrix_in(self).exports == 0 ||
           args.refuse_borrow(nullptr, "a matrix that nobody looks at", "an exported one",
                              "the call after its views are gone");
  }
  void run(Checkpoint&) {}
  PyObject* finish() {
    MatrixObject& matrix = matrix_in(self);
    const std::ptrdiff_t count = count_of(rows, columns);
    if (count < 0) return PyErr_NoMemory();
    const std::size_t before = size_of(matrix);
    const auto after = static_cast<std::size_t>(count);
    void* grown = std::realloc(matrix.elements, std::max<std::size_t>(after, 1) * sizeof(double));
    if (grown == nullptr) return PyErr_NoMemory();
    matrix.elements = static_cast<double*>(grown);  // owned
    if (after > before) std::fill(matrix.elements + before, matrix.elements + after, 0.0);
    set_shape(matrix, rows, columns);
    return Py_NewRef(Py_None);
  }
};

// What pickle calls: Matrix._from_bytes(data, rows, columns).
struct FromBytes {
  static constexpr const char* kName = "Matrix._from_bytes";
  static constexpr const char* kMethodName = "_from_bytes";
  PyObject* self = nullptr;  // the type
  ModuleState* state = nullptr;
  BorrowedBytes data;
  std::ptrdiff_t rows = 0;
  std::ptrdiff_t columns = 0;

  bool begin(Arguments& args) {
    PyObject* data_arg = nullptr;  // borrowed from args
    if (!args.read(required("data", data_arg), required("rows", rows),
                   required("columns", columns)) ||
        !data.acquire(args, "data", data_arg)) {  // exporter locked
      return false;
    }
    state = &args.state();
    const bool is_shape = rows >= 0 && columns >= 0;
    const std::ptrdiff_t count = is_shape ? count_of(rows, columns) : -1;
    if (count >= 0 && data.is_contiguous() &&
        data.size() == static_cast<std::size_t>(count) * sizeof(double)) {
      return true;
    }
    return args.wrong_value("data", "the bytes of a pickled Matrix", "other bytes");
  }
  void run(Checkpoint&) {}
  std::size_t copied() const noexcept { return data.size(); }
  PyObject* finish() {
    PyObject* made = new_matrix(*state, rows, columns);  // new
    if (made != nullptr) {
      const auto bytes = data.bytes();
      std::copy(bytes.begin(), bytes.end(), reinterpret_cast<std::byte*>(matrix_in(made).elements));
    }
    data.release();  // exporter unlocked
    return made;
  }
};

// (Matrix._from_bytes, (data, rows, columns)); the data is out of band from protocol 5 on.
PyObject* matrix_reduce(PyObject* self, PyObject* protocol) {
  const long version = PyLong_AsLong(protocol);
  if (version == -1 && PyErr_Occurred() != nullptr) return nullptr;
  OwnedRef data =
      OwnedRef::from_new(version >= 5 ? PyPickleBuffer_FromObject(self) : PyBytes_FromObject(self));
  if (!data) return nullptr;
  OwnedRef rebuild = OwnedRef::from_new(
      PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(self)), FromBytes::kMethodName));
  if (!rebuild) return nullptr;
  const MatrixObject& matrix = matrix_in(self);
  return Py_BuildValue("(N(Nnn))", rebuild.transfer(), data.transfer(), matrix.shape[0],
                       matrix.shape[1]);  // steals both, also on failure
}

// The element of m[i, j]; null with an exception set.
double* element_at(PyObject* self, PyObject* key) {
  MatrixObject& matrix = matrix_in(self);
  if (!PyTuple_Check(key) || PyTuple_GET_SIZE(key) != 2) {
    PyErr_SetString(PyExc_TypeError,
                    "Matrix indices must be two ints; slices are numpy.asarray(m)[...]");
    return nullptr;
  }
  std::ptrdiff_t index[2];
  for (int axis = 0; axis < 2; ++axis) {
    index[axis] = PyNumber_AsSsize_t(PyTuple_GET_ITEM(key, axis), PyExc_IndexError);
    if (index[axis] == -1 && PyErr_Occurred() != nullptr) return nullptr;
  }
  for (int axis = 0; axis < 2; ++axis) {  // after both were read: reading them may run Python
    if (index[axis] < 0) index[axis] += matrix.shape[axis];
    if (index[axis] < 0 || index[axis] >= matrix.shape[axis]) {
      PyErr_SetString(PyExc_IndexError, "Matrix index out of range");
      return nullptr;
    }
  }
  return matrix.elements + index[0] * matrix.shape[1] + index[1];
}

PyObject* matrix_subscript(PyObject* self, PyObject* key) {
  const double* element = element_at(self, key);
  return element == nullptr ? nullptr : PyFloat_FromDouble(*element);
}

int matrix_assign(PyObject* self, PyObject* key, PyObject* value) {
  if (value == nullptr) {
    PyErr_SetString(PyExc_TypeError, "elements of a Matrix cannot be deleted");
    return -1;
  }
  const double number = PyFloat_AsDouble(value);  // may run Python, so before the element is found
  if (number == -1.0 && PyErr_Occurred() != nullptr) return -1;
  double* element = element_at(self, key);
  if (element == nullptr) return -1;
  *element = number;
  return 0;
}

PyObject* matrix_compare(PyObject* left, PyObject* right, int operation) {
  if ((operation != Py_EQ && operation != Py_NE) || Py_TYPE(left) != Py_TYPE(right)) {
    return Py_NewRef(Py_NotImplemented);
  }
  const MatrixObject& a = matrix_in(left);
  const MatrixObject& b = matrix_in(right);
  const bool equal = a.shape[0] == b.shape[0] && a.shape[1] == b.shape[1] &&
                     std::equal(a.elements, a.elements + size_of(a), b.elements);
  return PyBool_FromLong(equal == (operation == Py_EQ));
}

PyObject* matrix_repr(PyObject* self) {
  const MatrixObject& matrix = matrix_in(self);
  return PyUnicode_FromFormat("<fastlane.Matrix of %zd x %zd>", matrix.shape[0], matrix.shape[1]);
}

PyObject* matrix_shape(PyObject* self, void*) {
  return Py_BuildValue("(nn)", matrix_in(self).shape[0], matrix_in(self).shape[1]);
}

template <class Call>
PyMethodDef class_method_row_of(const char* doc) {
  PyMethodDef row = method_row_of<Call>(doc);
  row.ml_flags |= METH_CLASS;
  return row;
}

PyMethodDef matrix_methods[] = {
    class_method_row_of<Zeros>(kZerosDoc),
    method_row_of<TransposeMatrix>(kTransposeDoc),
    method_row_of<Resize>(kResizeDoc),
    class_method_row_of<FromBytes>("What pickle calls to make a Matrix."),
    {"__reduce_ex__", matrix_reduce, METH_O, nullptr},
    {"__dlpack__", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(matrix_dlpack)),
     METH_VARARGS | METH_KEYWORDS, nullptr},
    {"__dlpack_device__", matrix_dlpack_device, METH_NOARGS, nullptr},
    kEndOfTable,
};

PyGetSetDef matrix_attributes[] = {
    {"shape", matrix_shape, nullptr, "The numbers of rows and of columns.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot matrix_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(matrix_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(matrix_dealloc)},
    {Py_tp_methods, matrix_methods},
    {Py_tp_getset, matrix_attributes},
    {Py_tp_richcompare, reinterpret_cast<void*>(matrix_compare)},
    {Py_tp_hash, reinterpret_cast<void*>(PyObject_HashNotImplemented)},
    {Py_tp_repr, reinterpret_cast<void*>(matrix_repr)},
    {Py_tp_doc, const_cast<char*>(kMatrixDoc)},
    {Py_mp_subscript, reinterpret_cast<void*>(matrix_subscript)},
    {Py_mp_ass_subscript, reinterpret_cast<void*>(matrix_assign)},
    {Py_nb_matrix_multiply, reinterpret_cast<void*>(matrix_product)},
    {Py_bf_getbuffer, reinterpret_cast<void*>(matrix_getbuffer)},
    {Py_bf_releasebuffer, reinterpret_cast<void*>(matrix_releasebuffer)},
    {0, nullptr},
};

PyType_Spec matrix_spec = {
    .name = "fastlane.Matrix",
    .basicsize = sizeof(MatrixObject),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = matrix_slots,
};

}  // namespace

bool is_matrix(const ModuleState& state, PyObject* object) noexcept {
  return Py_IS_TYPE(object, reinterpret_cast<PyTypeObject*>(state.matrix_type));
}

PyObject* new_matrix(ModuleState& state, std::ptrdiff_t rows, std::ptrdiff_t columns) {
  const std::ptrdiff_t count = count_of(rows, columns);
  if (count < 0) return PyErr_NoMemory();
  const auto elements = static_cast<std::size_t>(std::max<std::ptrdiff_t>(count, 1));
  void* zeros = std::calloc(elements, sizeof(double));  // owned
  if (zeros == nullptr) return PyErr_NoMemory();
  auto* type = reinterpret_cast<PyTypeObject*>(state.matrix_type);
  PyObject* self = type->tp_alloc(type, 0);  // new
  if (self == nullptr) {
    std::free(zeros);
    return nullptr;
  }
  matrix_in(self).elements = static_cast<double*>(zeros);  // transferred
  set_shape(matrix_in(self), rows, columns);
  return self;
}

int add_matrix_type(PyObject* module) {
  ModuleState& state = state_of(module);
  state.matrix_type = PyType_FromModuleAndSpec(module, &matrix_spec, nullptr);  // new
  if (state.matrix_type == nullptr) return -1;
  // NumPy leaves operators with a matrix to the matrix, also where an array stands on the left.
  auto* type = reinterpret_cast<PyTypeObject*>(state.matrix_type);
  if (PyDict_SetItemString(type->tp_dict, "__array_ufunc__", Py_None) < 0) return -1;
  PyType_Modified(type);
  return PyModule_AddObjectRef(module, "Matrix", state.matrix_type);
}

}  // namespace fastlane
