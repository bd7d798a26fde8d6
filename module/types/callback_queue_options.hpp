// What a CallbackQueue is made from, read and checked.
#pragma once

#include <Python.h>

#include <string>

#include "kernels/event_queue.hpp"
#include "module/boundary/arguments.hpp"
#include "module/boundary/deadline.hpp"

namespace fastlane {

struct QueueOptions {
  PyObject* callable = nullptr;  // borrowed from args
  PyObject* on_full = nullptr;   // borrowed from args
  PyObject* max_wait = nullptr;  // borrowed from args
  std::int64_t max_batch = 256;
  std::int64_t max_pending = 65536;
  kernels::EventLimits limits;

  bool read(Arguments& args) {
    return args.read(required("callable", callable), keyword("max_batch", max_batch),
                     keyword("max_wait", max_wait), keyword("max_pending", max_pending),
                     keyword("on_full", on_full)) &&
           read_callable(args) && read_limits(args) && read_on_full(args);
  }

 private:
  bool read_callable(Arguments& args) const {
    return PyCallable_Check(callable) ||
           args.wrong_type("callable", "a callable", describe_object(callable));
  }
  bool read_limits(Arguments& args) {
    if (max_batch < 1) return args.wrong_value("max_batch", "1 or more", std::to_string(max_batch));
    if (max_pending < 1) {
      return args.wrong_value("max_pending", "1 or more", std::to_string(max_pending));
    }
    limits.max_batch = static_cast<std::size_t>(max_batch);
    limits.max_pending = static_cast<std::size_t>(max_pending);
    return max_wait == nullptr ||
           Deadline::read_seconds(args, "max_wait", max_wait, limits.max_wait);
  }
  bool read_on_full(Arguments& args) {
    if (on_full == nullptr) return true;
    if (!PyUnicode_Check(on_full)) {
      return args.wrong_type("on_full", "'wait' or 'raise'", describe_object(on_full));
    }
    limits.waits_when_full = PyUnicode_CompareWithASCIIString(on_full, "wait") == 0;
    return limits.waits_when_full || PyUnicode_CompareWithASCIIString(on_full, "raise") == 0 ||
           args.wrong_value("on_full", "'wait' or 'raise'", "another str");
  }
};

}  // namespace fastlane
