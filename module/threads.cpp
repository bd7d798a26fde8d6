// The one thread pool as Python sees it: its size, and its end before the interpreter's.
#include "kernels/pool.hpp"
#include "module/boundary/call.hpp"
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

constexpr const char* kStopThreadsDoc =
    "stop_threads()\n--\n\n"
    "Stop what runs on the pool and join its threads; the package calls it at exit.\n\n"
    "**Memory:** touches none; the GIL is released.";

struct StopThreads {
  static constexpr const char* kName = "stop_threads";

  bool begin(Arguments& args) { return args.read(); }
  std::size_t work() const { return kWorthReleasing; }  // callers that wait may need the GIL
  void run(Checkpoint&) { kernels::pool().shutdown(); }
  PyObject* finish() { return Py_NewRef(Py_None); }
};

}  // namespace

PyMethodDef threads_methods[] = {
    row_of<SetThreads>(kSetThreadsDoc),
    row_of<GetThreads>(kGetThreadsDoc),
    row_of<StopThreads>(kStopThreadsDoc),
    kEndOfTable,
};

}  // namespace fastlane
