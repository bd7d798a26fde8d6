// The lesson of the smallest object: fastlane.lab.Counter, an unsigned 64-bit number that says so
// when it is full instead of beginning again at 0.
#include <cstdint>
#include <limits>
#include <stdexcept>

#include "module/boundary/add_type.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/lab/types.hpp"

namespace fastlane {
namespace {

struct CounterObject {
  PyObject_HEAD
  std::uint64_t value;
};

CounterObject& counter_in(PyObject* self) noexcept {
  return *reinterpret_cast<CounterObject*>(self);
}

constexpr const char* kCounterDoc =
    "Counter(start=0)\n--\n\n"
    "Counts in native memory, from start up to 2**64 - 1.\n\n"
    "Raises ArgumentTypeError for a start that is no int and ArgumentValueError for one that does\n"
    "not fit.\n\n"
    "**Memory:** owns eight bytes.";

bool refuse_start(Arguments& args, PyObject* start) {
  return args.wrong_value("start", "0 to 18446744073709551615", text_of(PyLong_Type, start));
}

// False with an exception set.
bool read_start(Arguments& args, PyObject* object, std::uint64_t& start) {
  if (!PyIndex_Check(object)) {
    return args.wrong_type("start", "an int", describe_object(object));
  }
  OwnedRef index = OwnedRef::from_new(PyNumber_Index(object));  // may run Python
  if (!index) {
    // What the object's own method raised is passed on, unless it only says "wrong type".
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) return false;
    PyErr_Clear();
    return args.wrong_type("start", "an int", describe_object(object));
  }
  start = PyLong_AsUnsignedLongLong(index.borrow());
  bool fits = true;
  if (PyErr_Occurred() != nullptr) {
    PyErr_Clear();  // an OverflowError, for a start below 0 too
    fits = refuse_start(args, index.borrow());
  }
  index.decref();
  return fits;
}

PyObject* counter_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* const kKeywords[] = {"start", nullptr};
  PyObject* start_arg = nullptr;  // borrowed from args
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:Counter", const_cast<char**>(kKeywords),
                                   &start_arg)) {
    return nullptr;
  }
  PyObject* module = PyType_GetModule(type);  // borrowed
  if (module == nullptr) return nullptr;
  try {
    Arguments arguments("Counter", module, nullptr, 0, nullptr);
    std::uint64_t start = 0;
    if (start_arg != nullptr && !read_start(arguments, start_arg, start)) return nullptr;
    PyObject* self = type->tp_alloc(type, 0);  // new
    if (self != nullptr) counter_in(self).value = start;
    return self;
  } catch (...) {
    return raise_current_exception(module, "Counter");
  }
}

void counter_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);  // instances of a heap type own a reference to it
}

constexpr const char* kIncrementDoc =
    "increment($self, /)\n--\n\n"
    "Count one more, and return the value.\n\n"
    "Raises OverflowError at 2**64 - 1, and keeps the value.\n\n"
    "**Memory:** touches none but its own; the GIL is held, so no count is lost between threads.";

struct Increment {
  static constexpr const char* kName = "Counter.increment";
  static constexpr const char* kMethodName = "increment";
  PyObject* self = nullptr;

  bool begin(Arguments& args) { return args.read(); }
  // What is thrown here ends in boundary/errors.cpp, which makes a Python exception of it.
  void run(Checkpoint&) {
    std::uint64_t& value = counter_in(self).value;
    if (value == std::numeric_limits<std::uint64_t>::max()) {
      throw std::overflow_error("the value is 2**64 - 1 already");
    }
    ++value;
  }
  PyObject* finish() { return PyLong_FromUnsignedLongLong(counter_in(self).value); }
};

PyObject* counter_value(PyObject* self, void*) {
  return PyLong_FromUnsignedLongLong(counter_in(self).value);
}

PyMethodDef counter_methods[] = {
    method_row_of<Increment>(kIncrementDoc),
    kEndOfTable,
};

PyGetSetDef counter_attributes[] = {
    {"value", counter_value, nullptr, "How far it has counted.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot counter_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(counter_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(counter_dealloc)},
    {Py_tp_methods, counter_methods},
    {Py_tp_getset, counter_attributes},
    {Py_tp_doc, const_cast<char*>(kCounterDoc)},
    {0, nullptr},
};

PyType_Spec counter_spec = {
    .name = "fastlane.lab.Counter",
    .basicsize = sizeof(CounterObject),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = counter_slots,
};

}  // namespace

int add_counter_type(PyObject* module) { return add_type(module, counter_spec); }

}  // namespace fastlane
