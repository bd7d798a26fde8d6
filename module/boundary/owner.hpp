// Who owns memory that C++ made and that arrays point into: a tiny object that stands as the base
// of those arrays and frees the memory when the last of them is gone, on whichever thread that
// happens.
#pragma once

#include <Python.h>

namespace fastlane {

// Called once, with the GIL held and perhaps an exception pending: it must not touch Python.
using FreeMemory = void (*)(void* memory) noexcept;

// New reference. On failure returns null with an exception set and `memory` still belongs to the
// caller.
PyObject* new_owner(PyObject* module, void* memory, FreeMemory free_memory);

// Creates the heap type and stores it in the module's state. -1 with an exception on failure.
int add_owner_type(PyObject* module);

}  // namespace fastlane
