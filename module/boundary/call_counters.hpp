// What each function has done so far: calls, bytes that crossed the boundary, and where the time
// went. Counted by call.hpp, under the GIL, for every call; read by module/counters.cpp.
// Reading a clock four times costs more than a small call, so small calls are timed once in
// kCallsPerTiming times and stand for those in between; large ones are timed each time.
#pragma once

#include <Python.h>

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "module/boundary/borrow.hpp"
#include "module/numpy_api.hpp"

namespace fastlane {

using CallClock = std::chrono::steady_clock;

// A prime: calls that come in turns are all met.
inline constexpr std::uint32_t kCallsPerTiming = 251;
inline constexpr std::uint32_t kCallsTimedAtFirst = 4;

// From this much work on, four looks at a clock are lost in what the call takes.
inline constexpr std::size_t kWorthTiming = std::size_t{1} << 20;

// Off when FASTLANE_COUNTERS=0 was set when the library was loaded: then small calls are not
// counted, which saves some 2 to 4 ns each.
enum class Counting : bool { off, on };
bool is_counting() noexcept;

struct PhaseTimes {
  std::uint64_t begin = 0;  // ns
  std::uint64_t run = 0;
  std::uint64_t finish = 0;
};

class CallCounters {
 public:
  // Every call says so first. True when the call is to be timed, as the first one is: it begins a
  // gap then.
  bool count_call() noexcept { return --until_timed_ == 0; }
  void begin_gap(const char* function) noexcept;
  // True when the next call will be timed.
  bool is_timing_due() const noexcept { return until_timed_ == 1; }

  void count_borrows(const Borrows& borrows) noexcept {
    borrowed_ += borrows.constant_bytes();
    for (const Borrow* borrow = borrows.first(); borrow != nullptr;
         borrow = Borrows::next(*borrow)) {
      borrowed_ += borrow->bytes();
    }
  }
  // An array that nobody else holds was made by the call; one that the caller holds is its out=.
  void count_result(PyObject* result) noexcept {
    if (result != nullptr && Py_IS_TYPE(result, &PyArray_Type)) count_array(result);
  }
  void count_borrowed(std::size_t bytes) noexcept { borrowed_ += bytes; }
  void count_moved(std::size_t bytes) noexcept { moved_ += bytes; }
  void count_copied(std::size_t bytes) noexcept { copied_ += bytes; }
  void count_released() noexcept { ++released_; }

  // A large call says so before it runs; what it took in run and finish is timed each time.
  void count_large() noexcept { ++large_; }
  void add_large(std::chrono::nanoseconds run, std::chrono::nanoseconds finish) noexcept;
  // The end of a timed call: it stands for the calls since the timed one before it. The second
  // form is for large calls, whose run and finish are known already.
  void add_timed(std::chrono::nanoseconds begin, std::chrono::nanoseconds run,
                 std::chrono::nanoseconds finish) noexcept;
  void add_timed(std::chrono::nanoseconds begin) noexcept;

  std::uint64_t calls() const noexcept { return counted_ + gap_ - until_timed_; }
  std::uint64_t released() const noexcept { return released_; }
  std::uint64_t borrowed() const noexcept { return borrowed_; }
  std::uint64_t moved() const noexcept { return moved_; }
  std::uint64_t copied() const noexcept { return copied_; }
  PhaseTimes times() const noexcept;

  void reset() noexcept;

  // Those of all functions that were ever called.
  static CallCounters* first() noexcept;
  CallCounters* next() const noexcept { return next_; }
  const char* function() const noexcept { return function_; }

 private:
  void count_array(PyObject* array) noexcept;

  std::uint32_t until_timed_ = 1;
  std::uint32_t gap_ = 1;
  std::uint64_t borrowed_ = 0;
  std::uint64_t moved_ = 0;
  std::uint64_t copied_ = 0;
  std::uint64_t released_ = 0;
  std::uint64_t counted_ = 0;  // calls of the gaps before this one
  std::uint32_t timings_ = 0;
  std::uint64_t large_ = 0;           // calls timed each time
  std::uint64_t begins_covered_ = 0;  // calls that timed ones have stood for
  std::uint64_t small_covered_ = 0;   // the same, without the large ones
  PhaseTimes small_times_;
  PhaseTimes large_times_;
  const char* function_ = nullptr;
  CallCounters* next_ = nullptr;
};

// Those of one function, made with the program.
template <class Call>
inline constinit CallCounters counters_of{};

}  // namespace fastlane
