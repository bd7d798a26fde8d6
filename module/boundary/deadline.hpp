// A timeout in seconds, as calls that wait take it.
#pragma once

#include <Python.h>

#include <algorithm>
#include <chrono>

#include "module/boundary/arguments.hpp"

namespace fastlane {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;

  // Null stays for ever. False with an exception set. May run Python.
  bool read(Arguments& args, PyObject* timeout) {
    std::chrono::nanoseconds wait{};
    if (timeout == nullptr) return true;
    if (!read_seconds(args, "timeout", timeout, wait)) return false;
    end_ = Clock::now() + wait;
    return true;
  }
  bool is_over() const { return end_ != Clock::time_point::max() && Clock::now() >= end_; }

  static bool read_seconds(Arguments& args, const char* argument, PyObject* object,
                           std::chrono::nanoseconds& seconds) {
    const double number = PyFloat_AsDouble(object);  // may run Python
    if (number == -1 && PyErr_Occurred() != nullptr) {
      if (!PyErr_ExceptionMatches(PyExc_TypeError) || PyNumber_Check(object)) return false;
      PyErr_Clear();
      return args.wrong_type(argument, "a number of seconds", describe_object(object));
    }
    if (!(number >= 0)) return args.wrong_value(argument, "0 or more seconds", "less, or NaN");
    constexpr double kLongest = 1e9;
    seconds = std::chrono::duration_cast<std::chrono::nanoseconds>(
        std::chrono::duration<double>(std::min(number, kLongest)));
    return true;
  }

 private:
  Clock::time_point end_ = Clock::time_point::max();
};

}  // namespace fastlane
