// The heap type fastlane.CallbackQueue, and the door for native threads that post to one.
#pragma once

#include <Python.h>

#include <memory>

#include "kernels/event_queue.hpp"
#include "module/boundary/arguments.hpp"

namespace fastlane {

// The queue behind a CallbackQueue: any thread may post to it, attached or not, for as long as it
// holds it; once the CallbackQueue is closed or gone, post() throws QueueClosed. Null with
// ArgumentTypeError set when `object` is none.
std::shared_ptr<kernels::EventQueue> event_queue_of(Arguments& args, const char* argument,
                                                    PyObject* object);

// Also has all queues close before the interpreter ends. -1 with an exception set.
int add_callback_queue_types(PyObject* module);

}  // namespace fastlane
