// The heap type fastlane._core.Fetcher: fetches under way, each with its future. What their ends
// mean for a future is said in fastlane/_fetch.py.
#include "module/types/fetcher.hpp"

#include <iterator>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "kernels/fetcher.hpp"
#include "module/boundary/add_type.hpp"
#include "module/boundary/method_table.hpp"

namespace fastlane {
namespace {

struct FetchForFuture {
  kernels::Fetch fetch;
  PyObject* future = nullptr;  // owned
};

struct FetcherState {
  kernels::Fetcher fetcher;
  std::unordered_map<kernels::Fetch*, std::unique_ptr<FetchForFuture>> under_way;
  std::unordered_map<PyObject*, kernels::Fetch*> by_future;  // keys: borrowed from under_way
};

struct FetcherObject {
  PyObject_HEAD
  FetcherState* state;  // owned; null until __new__ has finished
};

FetcherState& state_in(PyObject* self) { return *reinterpret_cast<FetcherObject*>(self)->state; }

constexpr const char* kFetcherDoc =
    "Fetcher()\n--\n\n"
    "Fetches URLs on one thread, which starts with the first.\n\n"
    "Raises RuntimeError where libcurl is not installed.\n\n"
    "**Memory:** holds the futures of fetches that are under way.";

PyObject* fetcher_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* const kKeywords[] = {nullptr};
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, ":Fetcher", const_cast<char**>(kKeywords))) {
    return nullptr;
  }
  PyObject* module = PyType_GetModule(type);  // borrowed
  if (module == nullptr) return nullptr;
  try {
    auto state = std::make_unique<FetcherState>();
    PyObject* self = type->tp_alloc(type, 0);  // new
    if (self == nullptr) return nullptr;
    reinterpret_cast<FetcherObject*>(self)->state = state.release();  // transferred
    return self;
  } catch (...) {
    return raise_current_exception(module, "Fetcher");
  }
}

constexpr const char* kSubmitDoc =
    "submit($self, future, url, timeout_ms, max_bytes, max_redirects, /)\n--\n\n"
    "Begin to fetch what the URL names; drain() gives the future back with what came.\n\n"
    "**Memory:** holds future and copies url.";

struct SubmitFetch {
  static constexpr const char* kName = "Fetcher.submit";
  static constexpr const char* kMethodName = "submit";
  PyObject* self = nullptr;

  bool begin(Arguments& args) {
    PyObject* future = nullptr;  // borrowed from args
    PyObject* url = nullptr;     // borrowed from args
    std::int64_t timeout_ms = 0;
    std::int64_t max_bytes = 0;
    std::int64_t max_redirects = 0;
    if (!args.read(required("future", future), required("url", url),
                   required("timeout_ms", timeout_ms), required("max_bytes", max_bytes),
                   required("max_redirects", max_redirects))) {
      return false;
    }
    if (!PyUnicode_Check(url)) return args.wrong_type("url", "a str", describe_object(url));
    Py_ssize_t length = 0;
    const char* text = PyUnicode_AsUTF8AndSize(url, &length);
    if (text == nullptr) return false;
    auto made = std::make_unique<FetchForFuture>();
    made->fetch.url.assign(text, static_cast<std::size_t>(length));
    made->fetch.timeout_ms = timeout_ms;
    made->fetch.max_bytes = static_cast<std::size_t>(max_bytes);
    made->fetch.max_redirects = max_redirects;
    submit(std::move(made), future);
    return true;
  }
  void run(Checkpoint&) {}
  PyObject* finish() { return Py_NewRef(Py_None); }

 private:
  void submit(std::unique_ptr<FetchForFuture> made, PyObject* future) {
    FetcherState& state = state_in(self);
    kernels::Fetch* const fetch = &made->fetch;
    FetchForFuture& ours = *made;
    state.by_future.emplace(future, fetch);
    try {
      state.under_way.emplace(fetch, std::move(made));
      state.fetcher.submit(*fetch);
    } catch (...) {
      state.under_way.erase(fetch);
      state.by_future.erase(future);
      throw;
    }
    ours.future = Py_NewRef(future);  // owned
  }
};

constexpr const char* kCancelDoc =
    "cancel($self, future, /)\n--\n\n"
    "Close the socket of the future's fetch; drain() still gives it back. False without one.\n\n"
    "**Memory:** touches none.";

struct CancelFetch {
  static constexpr const char* kName = "Fetcher.cancel";
  static constexpr const char* kMethodName = "cancel";
  PyObject* self = nullptr;
  bool found = false;

  bool begin(Arguments& args) {
    PyObject* future = nullptr;  // borrowed from args
    if (!args.read(required("future", future))) return false;
    const auto fetch = state_in(self).by_future.find(future);
    found = fetch != state_in(self).by_future.end();
    if (found) state_in(self).fetcher.cancel(*fetch->second);
    return true;
  }
  void run(Checkpoint&) {}
  PyObject* finish() { return PyBool_FromLong(found); }
};

constexpr const char* kDrainDoc =
    "drain($self, /)\n--\n\n"
    "[(future, end, code, status, reason, body), ...] of the fetches that have ended.\n\n"
    "end is 'done', 'failed', 'too large', 'cancelled' or 'abandoned'; code is libcurl's, status\n"
    "that of HTTP or 0.\n\n"
    "**Memory:** copies the bodies; the GIL is held.";

struct DrainFetches {
  static constexpr const char* kName = "Fetcher.drain";
  static constexpr const char* kMethodName = "drain";
  PyObject* self = nullptr;
  PyObject* list = nullptr;

  bool begin(Arguments& args) {
    if (!args.read()) return false;
    list = PyList_New(0);  // new
    if (list == nullptr) return false;
    for (kernels::Fetch* fetch : state_in(self).fetcher.take_back()) {
      auto node = state_in(self).under_way.extract(fetch);
      state_in(self).by_future.erase(node.mapped()->future);
      if (!append(*node.mapped())) PyErr_WriteUnraisable(self);
      Py_DECREF(node.mapped()->future);
    }
    return true;
  }
  void run(Checkpoint&) {}
  PyObject* finish() { return list; }

 private:
  bool append(const FetchForFuture& ended) {
    static constexpr const char* kEnds[] = {"done", "failed", "too large", "cancelled",
                                            "abandoned"};
    const kernels::Fetch& fetch = ended.fetch;
    PyObject* body = PyBytes_FromStringAndSize(fetch.body.data(), std::ssize(fetch.body));  // new
    if (body == nullptr) return false;
    PyObject* entry = Py_BuildValue(
        "(OsilNN)", ended.future, kEnds[static_cast<int>(fetch.end)], fetch.code, fetch.status,
        PyUnicode_DecodeUTF8(fetch.reason.data(), std::ssize(fetch.reason), "replace"),
        body);  // new; steals the last two
    if (entry == nullptr) return false;
    const bool appended = PyList_Append(list, entry) == 0;
    Py_DECREF(entry);
    return appended;
  }
};

constexpr const char* kFilenoDoc =
    "fileno($self, /)\n--\n\n"
    "The descriptor that is readable when there is something to drain.\n\n"
    "**Memory:** touches none.";

struct FetcherFileno {
  static constexpr const char* kName = "Fetcher.fileno";
  static constexpr const char* kMethodName = "fileno";
  PyObject* self = nullptr;

  bool begin(Arguments& args) { return args.read(); }
  void run(Checkpoint&) {}
  PyObject* finish() { return PyLong_FromLong(state_in(self).fetcher.descriptor()); }
};

constexpr const char* kStopDoc =
    "stop($self, /)\n--\n\n"
    "Close all sockets and join the thread; drain() gives the fetches back as cancelled.\n\n"
    "**Memory:** touches none; the GIL is released meanwhile.";

struct StopFetcher {
  static constexpr const char* kName = "Fetcher.stop";
  static constexpr const char* kMethodName = "stop";
  PyObject* self = nullptr;

  bool begin(Arguments& args) { return args.read(); }
  std::size_t work() const { return kWorthReleasing; }
  void run(Checkpoint&) { state_in(self).fetcher.stop(); }
  PyObject* finish() { return Py_NewRef(Py_None); }
};

int fetcher_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  if (reinterpret_cast<FetcherObject*>(self)->state == nullptr) return 0;
  for (const auto& [fetch, ours] : state_in(self).under_way) Py_VISIT(ours->future);
  return 0;
}

int fetcher_clear(PyObject* self) {
  FetcherState& state = state_in(self);
  run_detached([&] { state.fetcher.stop(); });
  const auto under_way = std::exchange(state.under_way, {});
  state.by_future.clear();
  for (const auto& [fetch, ours] : under_way) Py_DECREF(ours->future);
  return 0;
}

void fetcher_dealloc(PyObject* self) {
  PyObject_GC_UnTrack(self);
  PyTypeObject* type = Py_TYPE(self);
  if (FetcherState* state = reinterpret_cast<FetcherObject*>(self)->state) {
    fetcher_clear(self);
    delete state;
  }
  type->tp_free(self);
  Py_DECREF(type);  // instances of a heap type own a reference to it
}

PyMethodDef fetcher_methods[] = {
    method_row_of<SubmitFetch>(kSubmitDoc), method_row_of<CancelFetch>(kCancelDoc),
    method_row_of<DrainFetches>(kDrainDoc), method_row_of<FetcherFileno>(kFilenoDoc),
    method_row_of<StopFetcher>(kStopDoc),   kEndOfTable,
};

PyType_Slot fetcher_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(fetcher_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(fetcher_dealloc)},
    {Py_tp_traverse, reinterpret_cast<void*>(fetcher_traverse)},
    {Py_tp_clear, reinterpret_cast<void*>(fetcher_clear)},
    {Py_tp_methods, fetcher_methods},
    {Py_tp_doc, const_cast<char*>(kFetcherDoc)},
    {0, nullptr},
};

PyType_Spec fetcher_spec = {
    .name = "fastlane._core.Fetcher",
    .basicsize = sizeof(FetcherObject),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = fetcher_slots,
};

}  // namespace

int add_fetcher_type(PyObject* module) { return add_type(module, fetcher_spec); }

}  // namespace fastlane
