// The one thread pool as Python sees it: its size, and its end before the interpreter's.
#include "kernels/pool.hpp"
#include "module/boundary/at_exit.hpp"
#include "module/boundary/method_table.hpp"
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

PyObject* stop_pool(PyObject*, PyObject*) noexcept {
  run_detached([] { kernels::pool().shutdown(); });  // callers that wait may need the GIL
  return Py_NewRef(Py_None);
}

PyMethodDef stop_pool_method = {"stop_pool", stop_pool, METH_NOARGS,
                                "Stop what runs on the pool and join its threads."};

}  // namespace

int stop_pool_at_exit(PyObject*) { return call_at_exit(&stop_pool_method); }

PyMethodDef threads_methods[] = {
    row_of<SetThreads>(kSetThreadsDoc),
    row_of<GetThreads>(kGetThreadsDoc),
    kEndOfTable,
};

}  // namespace fastlane
