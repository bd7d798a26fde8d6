// The lesson of the held callback: an object that keeps a Python callable and a list of its
// results. SafeProcessor shows both to the garbage collector; LeakingProcessor is the same object
// without that, so that a cycle through it is never found. Nothing but the lab uses the twin.
#include "module/boundary/add_type.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/lab/types.hpp"

namespace fastlane {
namespace {

struct ProcessorObject {
  PyObject_HEAD
  PyObject* callback;  // owned
  PyObject* results;   // owned, a list
};

ProcessorObject& processor_in(PyObject* self) noexcept {
  return *reinterpret_cast<ProcessorObject*>(self);
}

constexpr const char* kSafeDoc =
    "SafeProcessor(callback, /)\n--\n\n"
    "Calls callback and keeps what it returns; a cycle through it is found and collected.\n\n"
    "Raises ArgumentTypeError for what cannot be called.\n\n"
    "**Memory:** holds callback and the list of results, and shows both to the collector.";

constexpr const char* kLeakingDoc =
    "LeakingProcessor(callback, /)\n--\n\n"
    "SafeProcessor without traverse and clear: a cycle through it stays for ever.\n\n"
    "It stands here for leak detectors to catch. Raises ArgumentTypeError for what cannot be\n"
    "called.\n\n"
    "**Memory:** holds callback and the list of results, unseen by the collector.";

struct Safe {
  static constexpr const char* kType = "SafeProcessor";
  static constexpr const char* kProcess = "SafeProcessor.process";
};

struct Leaking {
  static constexpr const char* kType = "LeakingProcessor";
  static constexpr const char* kProcess = "LeakingProcessor.process";
};

PyObject* new_processor(PyTypeObject* type, PyObject* callback) {
  OwnedRef results = OwnedRef::from_new(PyList_New(0));  // new
  if (!results) return nullptr;
  PyObject* self = type->tp_alloc(type, 0);  // new
  if (self == nullptr) return nullptr;
  processor_in(self).callback = Py_NewRef(callback);
  processor_in(self).results = results.transfer();
  return self;
}

template <class Kind>
PyObject* processor_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  PyObject* module = PyType_GetModule(type);  // borrowed
  if (module == nullptr) return nullptr;
  try {
    Arguments arguments(Kind::kType, module, nullptr, 0, nullptr);
    if (PyTuple_GET_SIZE(args) != 1 || (kwargs != nullptr && PyDict_GET_SIZE(kwargs) > 0)) {
      arguments.wrong_type(nullptr, "1 positional argument", "another number or keywords",
                           std::string(Kind::kType) + "(callback)");
      return nullptr;
    }
    PyObject* callback = PyTuple_GET_ITEM(args, 0);  // borrowed from args
    if (PyCallable_Check(callback)) return new_processor(type, callback);
    arguments.wrong_type("callback", "callable", describe_object(callback));
    return nullptr;
  } catch (...) {
    return raise_current_exception(module, Kind::kType);
  }
}

int processor_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(processor_in(self).callback);
  Py_VISIT(processor_in(self).results);
  return 0;
}

int processor_clear(PyObject* self) {
  Py_CLEAR(processor_in(self).callback);
  Py_CLEAR(processor_in(self).results);
  return 0;
}

// Always on an attached thread: who gives back the last reference to an object holds the GIL.
void leaking_dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  processor_clear(self);
  type->tp_free(self);
  Py_DECREF(type);  // instances of a heap type own a reference to it
}

void safe_dealloc(PyObject* self) {
  PyObject_GC_UnTrack(self);  // before anything goes: giving back may run the collector
  leaking_dealloc(self);
}

constexpr const char* kProcessDoc =
    "process($self, x, /)\n--\n\n"
    "callback(x), which is also added to the results.\n\n"
    "Raises what callback raises; the results stay as they are then.\n\n"
    "**Memory:** copies nothing, holds what callback returned; the GIL is held.";

template <class Kind>
struct Process {
  static constexpr const char* kName = Kind::kProcess;
  static constexpr const char* kMethodName = "process";
  PyObject* self = nullptr;
  PyObject* x_arg = nullptr;  // borrowed from args

  bool begin(Arguments& args) { return args.read(required("x", x_arg)); }
  void run(Checkpoint&) {}
  PyObject* finish() {
    OwnedRef result = OwnedRef::from_new(
        PyObject_CallOneArg(processor_in(self).callback, x_arg));  // may run Python
    if (!result || PyList_Append(processor_in(self).results, result.borrow()) < 0) return nullptr;
    return result.transfer();
  }
};

PyObject* processor_callback(PyObject* self, void*) {
  return Py_NewRef(processor_in(self).callback);
}

PyObject* processor_results(PyObject* self, void*) { return Py_NewRef(processor_in(self).results); }

template <class Kind>
PyMethodDef methods_of[] = {
    method_row_of<Process<Kind>>(kProcessDoc),
    kEndOfTable,
};

PyGetSetDef processor_attributes[] = {
    {"callback", processor_callback, nullptr, "What is called.", nullptr},
    {"results", processor_results, nullptr, "The list of what it returned.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot safe_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(processor_new<Safe>)},
    {Py_tp_dealloc, reinterpret_cast<void*>(safe_dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(processor_traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(processor_clear)},
    {Py_tp_methods, methods_of<Safe>},
    {Py_tp_getset, processor_attributes},
    {Py_tp_doc, const_cast<char*>(kSafeDoc)},
    {0, nullptr},
};

PyType_Slot leaking_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(processor_new<Leaking>)},
    {Py_tp_dealloc, reinterpret_cast<void*>(leaking_dealloc)},
    {Py_tp_methods, methods_of<Leaking>},
    {Py_tp_getset, processor_attributes},
    {Py_tp_doc, const_cast<char*>(kLeakingDoc)},
    {0, nullptr},
};

PyType_Spec safe_spec = {
    .name = "fastlane.lab.SafeProcessor",
    .basicsize = sizeof(ProcessorObject),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = safe_slots,
};

PyType_Spec leaking_spec = {
    .name = "fastlane.lab.LeakingProcessor",
    .basicsize = sizeof(ProcessorObject),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = leaking_slots,
};

}  // namespace

int add_processor_types(PyObject* module) {
  if (add_type(module, safe_spec) < 0) return -1;
  return add_type(module, leaking_spec);
}

}  // namespace fastlane
