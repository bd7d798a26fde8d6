// The heap types fastlane.CallbackQueue and fastlane.CallbackQueueStats. The object owns the
// callable; the queue's thread borrows it for one batch at a time, attached.
#include "module/types/callback_queue.hpp"

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "kernels/bytes/strided_bytes.hpp"
#include "module/boundary/at_exit.hpp"
#include "module/boundary/borrowed_bytes.hpp"
#include "module/boundary/deadline.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/numbers.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/state.hpp"
#include "module/types/callback_queue_options.hpp"
#include "module/types/callback_receiver.hpp"

namespace fastlane {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAskEvery{20};

struct QueueInUse {
  std::shared_ptr<kernels::EventQueue> queue;
  CallbackReceiver* receiver;  // borrowed: the queue owns it
};

struct CallbackQueueObject {
  PyObject_HEAD
  QueueInUse* in_use;  // owned; null until __new__ has finished
};

QueueInUse& in_use_by(PyObject* self) {
  return *reinterpret_cast<CallbackQueueObject*>(self)->in_use;
}
kernels::EventQueue& queue_in(PyObject* self) { return *in_use_by(self).queue; }

constexpr const char* kCallbackQueueDoc =
    "CallbackQueue(callable, /, *, max_batch=256, max_wait=0.0, max_pending=65536, "
    "on_full='wait')\n"
    "--\n\n"
    "Events from native threads for a Python callable, in batches.\n\n"
    "A thread of the queue's own calls callable([(code, payload), ...]), code an int and payload\n"
    "bytes, with up to max_batch events at a time; it waits max_wait seconds for a batch to fill.\n"
    "At most max_pending events wait for it; with on_full 'wait' whoever posts one more waits "
    "too,\n"
    "with 'raise' that is Overloaded, whose retry_after is in seconds. What the callable raises "
    "is\n"
    "collected and raised as an ExceptionGroup by flush() and close(). A queue is a context\n"
    "manager that closes itself; one that is dropped forgets the events that are pending.\n\n"
    "**Memory:** holds callable, and a copy of each payload until it has been delivered.";

// ---- The end of the process ---------------------------------------------------------------------

// Those of all interpreters; made when the library is loaded and never destroyed. Needs the GIL.
auto& live_queues = *new std::vector<std::weak_ptr<kernels::EventQueue>>();

void remember(const std::shared_ptr<kernels::EventQueue>& queue) {
  std::erase_if(live_queues, [](const auto& other) { return other.expired(); });
  live_queues.push_back(queue);
}

// What is pending is still delivered, as far as there is time: a callable that does not come back
// must not keep the process from its end.
PyObject* close_queues(PyObject*, PyObject*) noexcept {
  constexpr milliseconds kPatience{300};
  const auto queues = std::exchange(live_queues, {});
  run_detached([&] {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    for (const auto& queue : queues) {
      if (const auto live = queue.lock()) live->close();
    }
    for (const auto& queue : queues) {
      const auto left = end - std::chrono::steady_clock::now();
      const auto live = queue.lock();
      if (live) live->wait_until_ended(std::chrono::duration_cast<milliseconds>(left));
    }
  });
  return Py_NewRef(Py_None);
}

PyMethodDef close_queues_method = {"close_queues", close_queues, METH_NOARGS,
                                   "Close all callback queues."};

// ---- Making -------------------------------------------------------------------------------------

PyObject* callback_queue_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  PyObject* module = PyType_GetModule(type);  // borrowed
  if (module == nullptr) return nullptr;
  try {
    HeldArguments held;
    if (!held.hold(args, kwargs)) return nullptr;
    Arguments arguments("CallbackQueue", module, held.args(), held.nargs(), held.kwnames());
    QueueOptions options;
    if (!options.read(arguments)) return nullptr;
    auto receiver = std::make_unique<CallbackReceiver>(options.callable);
    CallbackReceiver* const borrowed = receiver.get();
    auto in_use = std::make_unique<QueueInUse>(
        QueueInUse{kernels::EventQueue::make(options.limits, std::move(receiver)), borrowed});
    remember(in_use->queue);
    PyObject* self = type->tp_alloc(type, 0);  // new
    if (self == nullptr) return nullptr;
    reinterpret_cast<CallbackQueueObject*>(self)->in_use = in_use.release();  // transferred
    return self;
  } catch (...) {
    return raise_current_exception(module, "CallbackQueue");
  }
}

// ---- Posting ------------------------------------------------------------------------------------

constexpr const char* kPostDoc =
    "post($self, code, payload=b'', /)\n--\n\n"
    "Hand an event in: an int of 64 bits, and bytes.\n\n"
    "Raises Overloaded when the queue is full and does not let wait, or when the queue's own\n"
    "callable would have to wait for itself; RuntimeError when it is closed.\n\n"
    "**Memory:** copies payload; the GIL is released while this thread waits for room.";

struct Post {
  static constexpr const char* kName = "CallbackQueue.post";
  static constexpr const char* kMethodName = "post";
  PyObject* self = nullptr;
  kernels::Event event;
  bool is_posted = false;

  bool begin(Arguments& args) {
    PyObject* payload = nullptr;  // borrowed from args
    if (!args.read(required("code", event.code), optional("payload", payload)) ||
        (payload != nullptr && !copy(args, payload))) {
      return false;
    }
    is_posted = queue_in(self).offer(event);
    if (!is_posted && !queue_in(self).may_wait()) queue_in(self).refuse();
    return true;
  }
  std::size_t work() const { return is_posted ? 0 : kWorthReleasing; }
  void run(Checkpoint& checkpoint) {
    while (!is_posted) {
      queue_in(self).wait_for_room(kAskEvery);
      checkpoint.ask_now();
      is_posted = queue_in(self).offer(event);
    }
  }
  PyObject* finish() { return Py_NewRef(Py_None); }
  std::size_t copied() const { return event.payload.size(); }

 private:
  bool copy(Arguments& args, PyObject* payload) {
    BorrowedBytes bytes;
    if (!bytes.acquire(args, "payload", payload)) return false;  // exporter locked
    event.payload.resize(bytes.size());
    auto* out = reinterpret_cast<std::byte*>(event.payload.data());
    if (bytes.size() != 0) {
      kernels::StridedBytes(bytes.view(), bytes.item_size()).copy(0, {out, bytes.size()});
    }
    args.borrows().clear();
    bytes.release();  // exporter unlocked
    return true;
  }
};

// ---- Waiting ------------------------------------------------------------------------------------

// Both wait for the queue's thread, and raise what it has collected.
struct AwaitDelivery {
  PyObject* self = nullptr;
  Deadline deadline;
  bool is_late = false;

  bool begin(Arguments& args) {
    PyObject* timeout = nullptr;  // borrowed from args
    if (!args.read(optional("timeout", timeout)) || !deadline.read(args, timeout)) return false;
    if (!queue_in(self).is_own_thread()) return true;
    PyErr_Format(PyExc_RuntimeError, "%s(): the queue's own callable cannot wait for itself",
                 args.function());
    return false;
  }
  std::size_t work() const { return kWorthReleasing; }
  PyObject* finish() {
    if (!in_use_by(self).receiver->raise_errors()) return nullptr;
    if (!is_late) return Py_NewRef(Py_None);
    PyErr_SetString(PyExc_TimeoutError, "the callable has not come back yet");
    return nullptr;
  }

 protected:
  template <class Done>
  void wait(Checkpoint& checkpoint, Done&& done) {
    while (!done(kAskEvery) && !is_late) {
      checkpoint.ask_now();
      is_late = deadline.is_over();
    }
  }
};

constexpr const char* kFlushDoc =
    "flush($self, timeout=None, /)\n--\n\n"
    "Wait until everything posted so far has been delivered; raise what the callable raised.\n\n"
    "Raises an ExceptionGroup of what the callable has raised since the last time, TimeoutError\n"
    "after timeout seconds, and RuntimeError in the callable itself.\n\n"
    "**Memory:** touches none; the GIL is released while this thread waits.";

struct Flush : AwaitDelivery {
  static constexpr const char* kName = "CallbackQueue.flush";
  static constexpr const char* kMethodName = "flush";

  void run(Checkpoint& checkpoint) {
    kernels::EventQueue& queue = queue_in(self);
    const std::uint64_t number = queue.hurry();
    wait(checkpoint, [&](milliseconds limit) { return queue.wait_until_received(number, limit); });
  }
};

constexpr const char* kCloseDoc =
    "close($self, timeout=None, /)\n--\n\n"
    "Take no more events, deliver those there are, and raise what the callable raised.\n\n"
    "Raises as flush() does; after a timeout delivery goes on, and close() can wait again.\n\n"
    "**Memory:** touches none; the GIL is released while this thread waits.";

struct Close : AwaitDelivery {
  static constexpr const char* kName = "CallbackQueue.close";
  static constexpr const char* kMethodName = "close";

  void run(Checkpoint& checkpoint) {
    kernels::EventQueue& queue = queue_in(self);
    queue.close();
    wait(checkpoint, [&](milliseconds limit) { return queue.wait_until_ended(limit); });
  }
};

constexpr const char* kStatsDoc =
    "stats($self, /)\n--\n\n"
    "What the queue has to do and what it has done, as CallbackQueueStats.\n\n"
    "**Memory:** touches none; the GIL is held.";

struct Stats {
  static constexpr const char* kName = "CallbackQueue.stats";
  static constexpr const char* kMethodName = "stats";
  PyObject* self = nullptr;
  PyTypeObject* type = nullptr;  // borrowed from the module's state
  kernels::EventCounts counts;

  bool begin(Arguments& args) {
    type = reinterpret_cast<PyTypeObject*>(args.state().callback_queue_stats_type);
    return args.read();
  }
  void run(Checkpoint&) { counts = queue_in(self).counts(); }
  PyObject* finish() {
    return struct_from_fields(
        type,
        {PyLong_FromSize_t(counts.pending), PyLong_FromUnsignedLongLong(counts.posted),
         PyLong_FromUnsignedLongLong(counts.received), PyLong_FromUnsignedLongLong(counts.batches),
         PyLong_FromUnsignedLongLong(in_use_by(self).receiver->failed())});
  }
};

PyObject* callback_queue_enter(PyObject* self, PyObject*) { return Py_NewRef(self); }

PyObject* callback_queue_exit(PyObject* self, PyObject*) {
  return PyObject_CallMethod(self, Close::kMethodName, nullptr);
}

// ---- The types ----------------------------------------------------------------------------------

int callback_queue_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  if (reinterpret_cast<CallbackQueueObject*>(self)->in_use == nullptr) return 0;
  return in_use_by(self).receiver->traverse(visit, arg);
}

int callback_queue_clear(PyObject* self) {
  queue_in(self).drop();
  in_use_by(self).receiver->drop();
  return 0;
}

void callback_queue_dealloc(PyObject* self) {
  PyObject_GC_UnTrack(self);
  PyTypeObject* type = Py_TYPE(self);
  if (QueueInUse* in_use = reinterpret_cast<CallbackQueueObject*>(self)->in_use) {
    callback_queue_clear(self);
    delete in_use;  // a batch that is under way ends without us
  }
  type->tp_free(self);
  Py_DECREF(type);  // instances of a heap type own a reference to it
}

PyMethodDef callback_queue_methods[] = {
    method_row_of<Post>(kPostDoc),
    method_row_of<Flush>(kFlushDoc),
    method_row_of<Close>(kCloseDoc),
    method_row_of<Stats>(kStatsDoc),
    {"__enter__", callback_queue_enter, METH_NOARGS, nullptr},
    {"__exit__", callback_queue_exit, METH_VARARGS, nullptr},
    kEndOfTable,
};

PyType_Slot callback_queue_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(callback_queue_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(callback_queue_dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(callback_queue_traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(callback_queue_clear)},
    {Py_tp_methods, callback_queue_methods},
    {Py_tp_doc, const_cast<char*>(kCallbackQueueDoc)},
    {0, nullptr},
};

PyType_Spec callback_queue_spec = {
    .name = "fastlane.CallbackQueue",
    .basicsize = sizeof(CallbackQueueObject),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = callback_queue_slots,
};

PyStructSequence_Field stats_fields[] = {
    {"pending", "events that have not been handed to the callable yet"},
    {"posted", "events so far"},
    {"delivered", "events so far whose batch has ended"},
    {"batches", "calls of the callable so far"},
    {"failed", "those of them that raised"},
    {nullptr, nullptr},
};

PyStructSequence_Desc stats_desc = {"fastlane.CallbackQueueStats",
                                    "What a callback queue has done so far.", stats_fields, 5};

}  // namespace

std::shared_ptr<kernels::EventQueue> event_queue_of(Arguments& args, const char* argument,
                                                    PyObject* object) {
  if (Py_IS_TYPE(object, reinterpret_cast<PyTypeObject*>(args.state().callback_queue_type))) {
    return in_use_by(object).queue;
  }
  args.wrong_type(argument, "a fastlane.CallbackQueue", describe_object(object));
  return nullptr;
}

int add_callback_queue_types(PyObject* module) {
  ModuleState& state = state_of(module);
  state.callback_queue_type = PyType_FromModuleAndSpec(module, &callback_queue_spec, nullptr);
  if (state.callback_queue_type == nullptr) return -1;
  state.callback_queue_stats_type =
      reinterpret_cast<PyObject*>(PyStructSequence_NewType(&stats_desc));  // new
  if (state.callback_queue_stats_type == nullptr) return -1;
  if (PyModule_AddObjectRef(module, "CallbackQueue", state.callback_queue_type) < 0) return -1;
  if (PyModule_AddObjectRef(module, "CallbackQueueStats", state.callback_queue_stats_type) < 0) {
    return -1;
  }
  return call_at_exit(&close_queues_method);
}

}  // namespace fastlane
