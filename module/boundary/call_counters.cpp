// The rare half of counting: what happens once in many calls.
#include "module/boundary/call_counters.hpp"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace fastlane {
namespace {

constinit CallCounters* first_counters = nullptr;

std::uint64_t in_ns(std::chrono::nanoseconds time) noexcept {
  return time.count() < 0 ? 0 : static_cast<std::uint64_t>(time.count());
}

// What `covered` calls took together, said of `calls` of them.
std::uint64_t for_all(std::uint64_t ns, std::uint64_t calls, std::uint64_t covered) noexcept {
  if (covered == 0) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(ns) * static_cast<double>(calls) /
                                    static_cast<double>(covered));
}

}  // namespace

// Asked by the method tables, before anything is imported.
bool is_counting() noexcept {
  static const bool counting = [] {
    const char* wish = std::getenv("FASTLANE_COUNTERS");
    return wish == nullptr || std::string_view(wish) != "0";
  }();
  return counting;
}

CallCounters* CallCounters::first() noexcept { return first_counters; }

void CallCounters::count_array(PyObject* array) noexcept {
  if (Py_REFCNT(array) != 1) return;
  moved_ += static_cast<std::uint64_t>(PyArray_NBYTES(reinterpret_cast<PyArrayObject*>(array)));
}

void CallCounters::add_large(std::chrono::nanoseconds run,
                             std::chrono::nanoseconds finish) noexcept {
  large_times_.run += in_ns(run);
  large_times_.finish += in_ns(finish);
}

void CallCounters::add_timed(std::chrono::nanoseconds begin) noexcept {
  const std::uint64_t stands_for = calls() - begins_covered_;
  begins_covered_ += stands_for;
  small_times_.begin += in_ns(begin) * stands_for;
}

void CallCounters::add_timed(std::chrono::nanoseconds begin, std::chrono::nanoseconds run,
                             std::chrono::nanoseconds finish) noexcept {
  add_timed(begin);
  const std::uint64_t stands_for = calls() - std::min(calls(), large_ + small_covered_);
  small_covered_ += stands_for;
  small_times_.run += in_ns(run) * stands_for;
  small_times_.finish += in_ns(finish) * stands_for;
}

PhaseTimes CallCounters::times() const noexcept {
  const std::uint64_t small = calls() - large_;
  return {for_all(small_times_.begin, calls(), begins_covered_),
          for_all(small_times_.run, small, small_covered_) + large_times_.run,
          for_all(small_times_.finish, small, small_covered_) + large_times_.finish};
}

void CallCounters::begin_gap(const char* function) noexcept {
  if (function_ == nullptr) {
    function_ = function;
    next_ = first_counters;
    first_counters = this;
  }
  counted_ += gap_;
  gap_ = ++timings_ < kCallsTimedAtFirst ? 1 : kCallsPerTiming;
  until_timed_ = gap_;
}

void CallCounters::reset() noexcept {
  const char* const function = function_;
  CallCounters* const next = next_;
  *this = CallCounters();
  function_ = function;
  next_ = next;
}

}  // namespace fastlane
