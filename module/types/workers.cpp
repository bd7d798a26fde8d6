// The heap type fastlane._core.Workers: threads that do fastlane's calls for futures, and for
// threads without an event loop. What is an event loop's business is in fastlane/aio.py.
#include "module/types/workers.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "module/boundary/add_type.hpp"
#include "module/boundary/deadline.hpp"
#include "module/boundary/deferred_call.hpp"
#include "module/boundary/method_table.hpp"
#include "module/state.hpp"
#include "module/types/workers_state.hpp"

namespace fastlane {
namespace {

struct WorkersObject {
  PyObject_HEAD
  WorkersState* state;  // owned
};

WorkersState& state_in(PyObject* self) { return *reinterpret_cast<WorkersObject*>(self)->state; }

constexpr const char* kWorkersDoc =
    "Workers(threads, nice=0)\n--\n\n"
    "Threads that do fastlane's calls for futures. They start when there is work for them, and "
    "are\n"
    "so much nicer to others, in the sense of os.nice, than the thread that asks.\n\n"
    "**Memory:** holds the arguments of calls that are under way.";

PyObject* workers_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* const kKeywords[] = {"threads", "nice", nullptr};
  Py_ssize_t threads = 0;
  int nice = 0;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "n|i:Workers", const_cast<char**>(kKeywords),
                                   &threads, &nice)) {
    return nullptr;
  }
  PyObject* module = PyType_GetModule(type);  // borrowed
  if (module == nullptr) return nullptr;
  try {
    if (threads < 1) {
      raise(state_of(module).argument_value_error,
            {"Workers", "threads", "1 or more", std::to_string(threads), ""});
      return nullptr;
    }
    if (nice < 0 || nice > 19) {
      raise(state_of(module).argument_value_error,
            {"Workers", "nice", "0 to 19", std::to_string(nice), ""});
      return nullptr;
    }
    auto state = std::make_unique<WorkersState>(static_cast<std::size_t>(threads), nice);
    PyObject* self = type->tp_alloc(type, 0);  // new
    if (self == nullptr) return nullptr;
    reinterpret_cast<WorkersObject*>(self)->state = state.release();  // transferred
    return self;
  } catch (...) {
    return raise_current_exception(module, "Workers");
  }
}

// ---- Settling ----------------------------------------------------------------------------------

constexpr const char* kDrainDoc =
    "drain($self, /)\n--\n\n"
    "Settle the futures of all calls that have ended, and return how many those were.\n\n"
    "**Memory:** gives back what the calls had borrowed; the GIL is held.";

struct Drain {
  static constexpr const char* kName = "Workers.drain";
  static constexpr const char* kMethodName = "drain";
  PyObject* self = nullptr;
  std::size_t settled = 0;

  bool begin(Arguments& args) {
    if (!args.read()) return false;
    settled = state_in(self).settle_ended();  // may run Python
    return true;
  }
  void run(Checkpoint&) {}
  PyObject* finish() { return PyLong_FromSize_t(settled); }
};

// ---- Asking ------------------------------------------------------------------------------------

bool are_arguments(Arguments& args, PyObject* positional, PyObject* named) {
  if (!PyTuple_Check(positional)) {
    return args.wrong_type("args", "a tuple", describe_object(positional));
  }
  return named == nullptr || PyDict_Check(named) ||
         args.wrong_type("kwargs", "a dict or None", describe_object(named));
}

constexpr const char* kSubmitDoc =
    "submit($self, future, function, args, kwargs=None, /)\n--\n\n"
    "Begin a call of one of fastlane's functions, and have a worker go on with it: True. One that\n"
    "is not worth a thread is done at once and the future settled: False.\n\n"
    "Raises what the function raises for its arguments, and TypeError for other callables.\n\n"
    "**Memory:** holds future and arguments, and borrows what the call borrows, until it ends.";

struct Submit {
  static constexpr const char* kName = "Workers.submit";
  static constexpr const char* kMethodName = "submit";
  PyObject* self = nullptr;
  WorkersState::Submitted submitted = WorkersState::Submitted::refused;

  bool begin(Arguments& args) {
    PyObject* future = nullptr;      // borrowed from args
    PyObject* function = nullptr;    // borrowed from args
    PyObject* positional = nullptr;  // borrowed from args
    PyObject* named = nullptr;       // borrowed from args
    if (!args.read(required("future", future), required("function", function),
                   required("args", positional), optional("kwargs", named)) ||
        !are_arguments(args, positional, named)) {
      return false;
    }
    std::unique_ptr<DeferredCall> call = DeferredCall::make(args.module(), function);
    if (call == nullptr || !call->begin(args.module(), positional, named)) return false;
    submitted = state_in(self).submit(std::move(call), future);  // may run Python
    return submitted != WorkersState::Submitted::refused;
  }
  void run(Checkpoint&) {}
  PyObject* finish() { return PyBool_FromLong(submitted == WorkersState::Submitted::under_way); }
};

constexpr const char* kCancelDoc =
    "cancel($self, future, /)\n--\n\n"
    "Have the future's call come back without its result: at once when it has not begun to run,\n"
    "else at its next checkpoint. False when there is no such call.\n\n"
    "**Memory:** touches none; borrows are given back when the call has stopped.";

struct Cancel {
  static constexpr const char* kName = "Workers.cancel";
  static constexpr const char* kMethodName = "cancel";
  PyObject* self = nullptr;
  bool found = false;

  bool begin(Arguments& args) {
    PyObject* future = nullptr;  // borrowed from args
    if (!args.read(required("future", future))) return false;
    found = state_in(self).cancel(future);
    return true;
  }
  void run(Checkpoint&) {}
  PyObject* finish() { return PyBool_FromLong(found); }
};

constexpr const char* kCancelAllDoc =
    "cancel_all($self, /)\n--\n\n"
    "Have every call that is under way come back without its result, and cancel their futures.\n\n"
    "**Memory:** touches none; borrows are given back when the calls have stopped.";

struct CancelAll {
  static constexpr const char* kName = "Workers.cancel_all";
  static constexpr const char* kMethodName = "cancel_all";
  PyObject* self = nullptr;

  bool begin(Arguments& args) {
    if (!args.read()) return false;
    state_in(self).cancel_all();  // may run Python
    return true;
  }
  void run(Checkpoint&) {}
  PyObject* finish() { return Py_NewRef(Py_None); }
};

constexpr const char* kCallDoc =
    "call($self, function, args, kwargs=None, timeout=None, /)\n--\n\n"
    "Call one of fastlane's functions on a worker and wait for its result.\n\n"
    "Raises TimeoutError after timeout seconds, when the call has stopped.\n\n"
    "**Memory:** that of the function; the GIL is released while this thread waits.";

struct CallAndWait {
  static constexpr const char* kName = "Workers.call";
  static constexpr const char* kMethodName = "call";
  PyObject* self = nullptr;
  std::unique_ptr<DeferredCall> call;
  Deadline deadline;
  bool is_small = false;
  bool is_late = false;

  bool begin(Arguments& args) {
    PyObject* function = nullptr;    // borrowed from args
    PyObject* positional = nullptr;  // borrowed from args
    PyObject* named = nullptr;       // borrowed from args
    PyObject* timeout = nullptr;     // borrowed from args
    if (!args.read(required("function", function), required("args", positional),
                   optional("kwargs", named), optional("timeout", timeout)) ||
        !are_arguments(args, positional, named) || !deadline.read(args, timeout)) {
      return false;
    }
    call = DeferredCall::make(args.module(), function);
    if (call == nullptr || !call->begin(args.module(), positional, named)) return false;
    is_small = call->is_small();
    if (is_small) return true;
    if (!call->enter_borrows()) return false;
    state_in(self).workers().submit_awaited(*call);
    return true;
  }
  std::size_t work() const { return is_small ? 0 : kWorthReleasing; }
  // Leaves only when the worker has: what it threw is raised in finish, what stopped us here.
  void run(Checkpoint& checkpoint) {
    if (is_small) return;
    kernels::Workers& workers = state_in(self).workers();
    std::exception_ptr stopped;
    while (!workers.wait(*call, std::chrono::milliseconds(20))) {
      is_late = is_late || deadline.is_over();
      if (stopped == nullptr && !is_late) {
        try {
          checkpoint.ask_now();
        } catch (...) {
          stopped = std::current_exception();
        }
      }
      if (stopped != nullptr || is_late) workers.cancel(*call);
    }
    if (stopped != nullptr) std::rethrow_exception(stopped);
  }
  PyObject* finish() {
    if (is_small) return DeferredCall::finish_at_once(std::move(call));
    const bool is_cancelled = is_late && call->error() != nullptr;
    PyObject* result = call->is_abandoned() ? DeferredCall::abandon(std::move(call))
                                            : DeferredCall::finish(std::move(call));
    if (result == nullptr && is_cancelled) {
      PyErr_SetString(PyExc_TimeoutError, "the call took longer than its timeout and was stopped");
    }
    return result;
  }
};

// ---- Looking and ending ------------------------------------------------------------------------

constexpr const char* kFilenoDoc =
    "fileno($self, /)\n--\n\n"
    "The descriptor that is readable when there is something to drain.\n\n"
    "**Memory:** touches none.";

struct Fileno {
  static constexpr const char* kName = "Workers.fileno";
  static constexpr const char* kMethodName = "fileno";
  PyObject* self = nullptr;

  bool begin(Arguments& args) { return args.read(); }
  void run(Checkpoint&) {}
  PyObject* finish() { return PyLong_FromLong(state_in(self).workers().descriptor()); }
};

constexpr const char* kCountsDoc =
    "counts($self, /)\n--\n\n"
    "(queued, running, under_way, bytes): calls in the queue, on a thread, not settled yet, and "
    "the\nbytes that those borrow.\n\n"
    "**Memory:** touches none.";

struct Counts {
  static constexpr const char* kName = "Workers.counts";
  static constexpr const char* kMethodName = "counts";
  PyObject* self = nullptr;

  bool begin(Arguments& args) { return args.read(); }
  void run(Checkpoint&) {}
  PyObject* finish() {
    WorkersState& state = state_in(self);
    return Py_BuildValue("(nnnn)", state.workers().queued(), state.workers().running(),
                         state.under_way(), state.bytes());
  }
};

constexpr const char* kStopDoc =
    "stop($self, at_exit=False, /)\n--\n\n"
    "Stop what runs at its next checkpoint and join the threads; drain() settles the rest.\n\n"
    "Threads that wait in call() get RuntimeError, or wait on when the process is ending.\n\n"
    "**Memory:** touches none; the GIL is released meanwhile.";

struct Stop {
  static constexpr const char* kName = "Workers.stop";
  static constexpr const char* kMethodName = "stop";
  PyObject* self = nullptr;
  bool at_exit = false;

  bool begin(Arguments& args) { return args.read(optional("at_exit", at_exit)); }
  std::size_t work() const { return kWorthReleasing; }
  void run(Checkpoint&) {
    using Waiters = kernels::Workers::Waiters;
    state_in(self).workers().stop(at_exit ? Waiters::stay : Waiters::come_back);
  }
  PyObject* finish() { return Py_NewRef(Py_None); }
};

// ---- The type ----------------------------------------------------------------------------------

int workers_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  if (reinterpret_cast<WorkersObject*>(self)->state == nullptr) return 0;
  return state_in(self).traverse(visit, arg);
}

// Nobody waits any more: what runs is stopped, what was begun is given back.
int workers_clear(PyObject* self) {
  WorkersState& state = state_in(self);
  run_detached([&] { state.workers().stop(); });
  state.forget_futures();
  state.settle_ended();
  return 0;
}

void workers_dealloc(PyObject* self) {
  PyObject_GC_UnTrack(self);
  PyTypeObject* type = Py_TYPE(self);
  if (WorkersState* state = reinterpret_cast<WorkersObject*>(self)->state) {
    workers_clear(self);
    delete state;
  }
  type->tp_free(self);
  Py_DECREF(type);  // instances of a heap type own a reference to it
}

PyMethodDef workers_methods[] = {
    method_row_of<Submit>(kSubmitDoc),
    method_row_of<Drain>(kDrainDoc),
    method_row_of<Cancel>(kCancelDoc),
    method_row_of<CallAndWait>(kCallDoc),
    method_row_of<CancelAll>(kCancelAllDoc),
    method_row_of<Fileno>(kFilenoDoc),
    method_row_of<Counts>(kCountsDoc),
    method_row_of<Stop>(kStopDoc),
    kEndOfTable,
};

PyType_Slot workers_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(workers_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(workers_dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(workers_traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(workers_clear)},
    {Py_tp_methods, workers_methods},
    {Py_tp_doc, const_cast<char*>(kWorkersDoc)},
    {0, nullptr},
};

PyType_Spec workers_spec = {
    .name = "fastlane._core.Workers",
    .basicsize = sizeof(WorkersObject),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = workers_slots,
};

}  // namespace

int add_workers_type(PyObject* module) {
  ModuleState& state = state_of(module);
  state.name_set_result = PyUnicode_InternFromString("set_result");        // new
  state.name_set_exception = PyUnicode_InternFromString("set_exception");  // new
  if (state.name_set_result == nullptr || state.name_set_exception == nullptr) return -1;
  return add_type(module, workers_spec);
}

}  // namespace fastlane
