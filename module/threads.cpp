// The one thread pool as Python sees it: its size, and its end before the interpreter's.
#include "kernels/pool.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

constexpr const char* kSetThreadsDoc =
    "set_threads(n, /)\n--\n\n"
    "Set how many threads a call uses that does not say, the calling thread among them.\n\n"
    "n is at least 1, otherwise ArgumentValueError. Threads start when a call first needs them.\n\n"
    "**Memory:** touches none; the GIL is held.";

struct SetThreads {
  static constexpr const char* kName = "set_threads";
  std::int64_t n = 0;

  bool begin(Arguments& args) {
    if (!args.read(required("n", n))) return false;
    return n >= 1 || args.wrong_value("n", "1 or more", std::to_string(n));
  }
  void run(Checkpoint&) { kernels::pool().set_size(static_cast<std::size_t>(n)); }
  PyObject* finish() { return Py_NewRef(Py_None); }
};

constexpr const char* kGetThreadsDoc =
    "get_threads()\n--\n\n"
    "How many threads a call uses that does not say: at first the CPUs of this process.\n\n"
    "**Memory:** touches none; the GIL is held.";

struct GetThreads {
  static constexpr const char* kName = "get_threads";

  bool begin(Arguments& args) { return args.read(); }
  void run(Checkpoint&) {}
  PyObject* finish() { return PyLong_FromSize_t(kernels::pool().size()); }
};

// Bound to no module, so that the exit hook of one import is equal to that of the next.
PyObject* stop_pool(PyObject*, PyObject*) noexcept {
  run_detached([] { kernels::pool().shutdown(); });  // callers that wait may need the GIL
  return Py_NewRef(Py_None);
}

PyMethodDef stop_pool_method = {"stop_pool", stop_pool, METH_NOARGS,
                                "Stop what runs on the pool and join its threads."};

}  // namespace

int stop_pool_at_exit(PyObject*) {
  OwnedRef stop = OwnedRef::from_new(PyCFunction_New(&stop_pool_method, nullptr));
  OwnedRef atexit = OwnedRef::from_new(PyImport_ImportModule("atexit"));
  if (!stop || !atexit) return -1;
  for (const char* step : {"unregister", "register"}) {
    OwnedRef done =
        OwnedRef::from_new(PyObject_CallMethod(atexit.borrow(), step, "O", stop.borrow()));
    if (!done) return -1;
    done.decref();
  }
  atexit.decref();
  stop.decref();
  return 0;
}

PyMethodDef threads_methods[] = {
    row_of<SetThreads>(kSetThreadsDoc),
    row_of<GetThreads>(kGetThreadsDoc),
    kEndOfTable,
};

}  // namespace fastlane
