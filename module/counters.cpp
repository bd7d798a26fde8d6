// What all functions have counted, as a dict: counters, reset_counters.
#include <string>

#include "kernels/arena.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

// The function's public name below the package: "sum", "text.find", "Arena.empty".
std::string public_name(const CallCounters& counters) {
  for (const Family& family : kFamilies) {
    for (const PyMethodDef* method = family.methods; method->ml_name != nullptr; ++method) {
      if (method->ml_name != counters.function() || family.submodule == nullptr) continue;
      return std::string(family.submodule) + "." + method->ml_name;
    }
  }
  return counters.function();
}

OwnedRef dict_of(const CallCounters& counters) {
  const PhaseTimes times = counters.times();
  const unsigned long long released = counters.released();
  return OwnedRef::from_new(Py_BuildValue(
      "{sKsKsKsKsKsKsKsKsK}", "calls", static_cast<unsigned long long>(counters.calls()),
      "bytes_borrowed", static_cast<unsigned long long>(counters.borrowed()), "bytes_moved",
      static_cast<unsigned long long>(counters.moved()), "bytes_copied",
      static_cast<unsigned long long>(counters.copied()), "ns_begin",
      static_cast<unsigned long long>(times.begin), "ns_run",
      static_cast<unsigned long long>(times.run), "ns_finish",
      static_cast<unsigned long long>(times.finish), "gil_released", released, "gil_held",
      static_cast<unsigned long long>(counters.calls()) - released));
}

OwnedRef dict_of(const kernels::ArenaStats& stats) {
  const double asked = static_cast<double>(stats.hits + stats.misses);
  return OwnedRef::from_new(
      Py_BuildValue("{sKsKsd}", "hits", static_cast<unsigned long long>(stats.hits), "misses",
                    static_cast<unsigned long long>(stats.misses), "hit_rate",
                    asked == 0 ? 0.0 : static_cast<double>(stats.hits) / asked));
}

bool set_item(PyObject* dict, const char* key, OwnedRef value) {
  if (!value || PyDict_SetItemString(dict, key, value.borrow()) < 0) return false;
  value.decref();
  return true;
}

constexpr const char* kCountersDoc =
    "counters()\n--\n\n"
    "What each function has done since the start or the last reset, as a dict of dicts.\n\n"
    "For each function that was called: calls (refused ones too), bytes_borrowed, bytes_moved,\n"
    "bytes_copied, ns_begin, ns_run and ns_finish, gil_released and gil_held. Counts and bytes "
    "are\n"
    "exact. Times are measured in every call of 1 MiB of work and more; smaller ones are measured\n"
    "once in 251 calls, which stand for those between. Under \"arena\": hits, misses and hit_rate\n"
    "of the default arena since the start.\n\n"
    "**Memory:** touches none; the GIL is held.";

struct Counters {
  static constexpr const char* kName = "counters";

  bool begin(Arguments& args) { return args.read(); }
  void run(Checkpoint&) {}
  PyObject* finish() {
    OwnedRef all = OwnedRef::from_new(PyDict_New());
    if (!all) return nullptr;
    for (const CallCounters* one = CallCounters::first(); one != nullptr; one = one->next()) {
      if (one->calls() == 0) continue;
      if (!set_item(all.borrow(), public_name(*one).c_str(), dict_of(*one))) return nullptr;
    }
    const kernels::ArenaStats arena = kernels::default_arena().stats();
    if (!set_item(all.borrow(), "arena", dict_of(arena))) return nullptr;
    return all.transfer();
  }
};

constexpr const char* kResetDoc =
    "reset_counters()\n--\n\n"
    "Begin to count anew, for all functions; the arena's hits and misses stay.\n\n"
    "**Memory:** touches none; the GIL is held.";

struct ResetCounters {
  static constexpr const char* kName = "reset_counters";

  bool begin(Arguments& args) { return args.read(); }
  void run(Checkpoint&) {}
  PyObject* finish() {
    for (CallCounters* one = CallCounters::first(); one != nullptr; one = one->next()) one->reset();
    return Py_NewRef(Py_None);
  }
};

}  // namespace

PyMethodDef counters_methods[] = {
    row_of<Counters>(kCountersDoc),
    row_of<ResetCounters>(kResetDoc),
    kEndOfTable,
};

}  // namespace fastlane
