// The heap types fastlane.Arena and fastlane.ArenaStats.
// The object holds only the arena's handle: arrays that live in it keep their memory by themselves,
// so an arena may be closed or collected while its arrays are in use.
#include "module/types/arena.hpp"

#include <memory>

#include "module/boundary/method_table.hpp"
#include "module/boundary/numbers.hpp"
#include "module/boundary/output_array.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/numpy_api.hpp"
#include "module/state.hpp"

namespace fastlane {
namespace {

struct ArenaObject {
  PyObject_HEAD
  kernels::Arena* arena;  // owned; null until __new__ has finished
};

kernels::Arena& arena_in(PyObject* self) { return *reinterpret_cast<ArenaObject*>(self)->arena; }

constexpr const char* kArenaDoc =
    "Arena(limit=None)\n--\n\n"
    "Memory that is recycled: what a result gives back, the next result of its size takes.\n\n"
    "limit is the number of bytes that may be in use at once; past it MemoryError is raised. An\n"
    "arena is a context manager that closes itself. Arrays stay valid after close().\n\n"
    "**Memory:** arrays made here share the arena's blocks; a block comes back when the last view\n"
    "of it is gone, on whichever thread.";

PyObject* arena_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* const kKeywords[] = {"limit", nullptr};
  PyObject* limit_arg = Py_None;  // borrowed from args
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O:Arena", const_cast<char**>(kKeywords),
                                   &limit_arg)) {
    return nullptr;
  }
  PyObject* module = PyType_GetModule(type);  // borrowed
  if (module == nullptr) return nullptr;
  try {
    kernels::ArenaOptions options;
    Py_ssize_t limit = 0;
    Arguments arguments("Arena", module, &limit_arg, 1, nullptr);
    if (limit_arg != Py_None) {
      if (!arguments.read(required("limit", limit))) return nullptr;
      if (limit < 0) {
        arguments.wrong_value("limit", "at least 0 bytes", std::to_string(limit));
        return nullptr;
      }
      options.limit = static_cast<std::size_t>(limit);
    }
    auto arena = std::make_unique<kernels::Arena>(options);
    PyObject* self = type->tp_alloc(type, 0);  // new
    if (self == nullptr) return nullptr;
    reinterpret_cast<ArenaObject*>(self)->arena = arena.release();  // transferred
    return self;
  } catch (...) {
    return raise_current_exception(module, "Arena");
  }
}

void arena_dealloc(PyObject* self) {
  delete reinterpret_cast<ArenaObject*>(self)->arena;
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);  // instances of a heap type own a reference to it
}

constexpr const char* kEmptyDoc =
    "empty($self, shape, dtype='float64', /)\n--\n\n"
    "A C-contiguous array of undefined elements in the arena's memory.\n\n"
    "Raises MemoryError past the limit and BorrowError when the arena is closed.\n\n"
    "**Memory:** shares a block of the arena; the GIL is held.";

struct Empty {
  static constexpr const char* kName = "Arena.empty";
  static constexpr const char* kMethodName = "empty";
  PyObject* self = nullptr;
  PyObject* array = nullptr;

  bool begin(Arguments& args) {
    PyObject* shape_arg = nullptr;  // borrowed from args
    PyObject* dtype_arg = nullptr;
    if (!args.read(required("shape", shape_arg), optional("dtype", dtype_arg))) return false;
    PyArray_Dims dims = {nullptr, 0};
    if (!PyArray_IntpConverter(shape_arg, &dims)) return false;
    std::ptrdiff_t shape[kernels::kMaxDimensions];
    const int ndim = dims.len;
    bool positive = true;
    for (int axis = 0; axis < ndim; ++axis) {
      shape[axis] = dims.ptr[axis];
      positive = positive && shape[axis] >= 0;
    }
    PyDimMem_FREE(dims.ptr);
    if (!positive) return args.wrong_value("shape", "at least 0 everywhere", "a negative length");

    PyArray_Descr* descr = nullptr;
    if (dtype_arg == nullptr) {
      descr = PyArray_DescrFromType(NPY_DOUBLE);              // new
    } else if (!PyArray_DescrConverter(dtype_arg, &descr)) {  // new
      return false;
    }
    OwnedRef element = OwnedRef::from_new(reinterpret_cast<PyObject*>(descr));
    if (!element) return false;
    if (PyDataType_REFCHK(descr) || PyDataType_ELSIZE(descr) == 0) {
      return args.wrong_type("dtype", "a type of fixed size without objects", "another");
    }
    if (arena_in(self).closed()) {
      return args.refuse_borrow(nullptr, "an open arena", "a closed one");
    }
    array = array_in_arena(args.state(), arena_in(self), element.borrow(), ndim, shape);  // new
    element.decref();
    return array != nullptr;
  }
  void run(Checkpoint&) {}
  PyObject* finish() { return array; }
};

constexpr const char* kStatsDoc =
    "stats($self, /)\n--\n\n"
    "What the arena has done so far, as ArenaStats: hits, misses and their rate, and bytes.\n\n"
    "**Memory:** touches none; the GIL is held.";

struct Stats {
  static constexpr const char* kName = "Arena.stats";
  static constexpr const char* kMethodName = "stats";
  PyObject* self = nullptr;
  PyTypeObject* type = nullptr;  // borrowed from the module's state
  kernels::ArenaStats stats;

  bool begin(Arguments& args) {
    type = reinterpret_cast<PyTypeObject*>(args.state().arena_stats_type);
    return args.read();
  }
  void run(Checkpoint&) { stats = arena_in(self).stats(); }
  PyObject* finish() {
    const double asked = static_cast<double>(stats.hits + stats.misses);
    const double rate = asked == 0 ? 0.0 : static_cast<double>(stats.hits) / asked;
    return struct_from_fields(
        type, {PyLong_FromUnsignedLongLong(stats.hits), PyLong_FromUnsignedLongLong(stats.misses),
               PyFloat_FromDouble(rate), PyLong_FromSize_t(stats.bytes_in_use),
               PyLong_FromSize_t(stats.bytes_held), PyLong_FromSize_t(stats.peak)});
  }
};

constexpr const char* kTrimDoc =
    "trim($self, /)\n--\n\n"
    "Give the system back what is held for the next result; arrays in use stay as they are.\n\n"
    "**Memory:** gives back held blocks; the GIL is held.";

struct Trim {
  static constexpr const char* kName = "Arena.trim";
  static constexpr const char* kMethodName = "trim";
  PyObject* self = nullptr;

  bool begin(Arguments& args) { return args.read(); }
  void run(Checkpoint&) { arena_in(self).trim(); }
  PyObject* finish() { return Py_NewRef(Py_None); }
};

constexpr const char* kCloseDoc =
    "close($self, /)\n--\n\n"
    "Make no more arrays; those in use stay valid and give their memory to the system.\n\n"
    "**Memory:** gives back held blocks; the GIL is held.";

struct Close {
  static constexpr const char* kName = "Arena.close";
  static constexpr const char* kMethodName = "close";
  PyObject* self = nullptr;

  bool begin(Arguments& args) { return args.read(); }
  void run(Checkpoint&) { arena_in(self).close(); }
  PyObject* finish() { return Py_NewRef(Py_None); }
};

PyObject* arena_enter(PyObject* self, PyObject*) { return Py_NewRef(self); }

PyObject* arena_exit(PyObject* self, PyObject*) {
  arena_in(self).close();
  return Py_NewRef(Py_None);
}

PyMethodDef arena_methods[] = {
    method_row_of<Empty>(kEmptyDoc),
    method_row_of<Stats>(kStatsDoc),
    method_row_of<Trim>(kTrimDoc),
    method_row_of<Close>(kCloseDoc),
    {"__enter__", arena_enter, METH_NOARGS, nullptr},
    {"__exit__", arena_exit, METH_VARARGS, nullptr},
    kEndOfTable,
};

PyType_Slot arena_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(arena_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(arena_dealloc)},
    {Py_tp_methods, arena_methods},
    {Py_tp_doc, const_cast<char*>(kArenaDoc)},
    {0, nullptr},
};

PyType_Spec arena_spec = {
    .name = "fastlane.Arena",
    .basicsize = sizeof(ArenaObject),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = arena_slots,
};

PyStructSequence_Field stats_fields[] = {
    {"hits", "arrays whose memory was recycled"},
    {"misses", "arrays whose memory was asked of the system"},
    {"hit_rate", "hits among all"},
    {"bytes_in_use", "bytes in arrays that are alive"},
    {"bytes_held", "bytes kept for the next array"},
    {"peak", "the most bytes that were in use at once"},
    {nullptr, nullptr},
};

PyStructSequence_Desc stats_desc = {"fastlane.ArenaStats", "What an arena has done so far.",
                                    stats_fields, 6};

}  // namespace

kernels::Arena* arena_of(Arguments& args, const char* argument, PyObject* object) {
  if (!Py_IS_TYPE(object, reinterpret_cast<PyTypeObject*>(args.state().arena_type))) {
    args.wrong_type(argument, "a fastlane.Arena", describe_object(object), "fastlane.Arena()");
    return nullptr;
  }
  if (arena_in(object).closed()) {
    args.refuse_borrow(argument, "an open arena", "a closed one");
    return nullptr;
  }
  return &arena_in(object);
}

int add_arena_types(PyObject* module) {
  ModuleState& state = state_of(module);
  state.arena_type = PyType_FromModuleAndSpec(module, &arena_spec, nullptr);  // new
  if (state.arena_type == nullptr) return -1;
  state.arena_stats_type =
      reinterpret_cast<PyObject*>(PyStructSequence_NewType(&stats_desc));  // new
  if (state.arena_stats_type == nullptr) return -1;
  if (PyModule_AddObjectRef(module, "Arena", state.arena_type) < 0) return -1;
  return PyModule_AddObjectRef(module, "ArenaStats", state.arena_stats_type);
}

}  // namespace fastlane
