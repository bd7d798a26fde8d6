// Who owns memory that C++ made and that arrays point into: a tiny object that stands as the base
// of those arrays and frees the memory when the last of them is gone, on whichever thread that
// happens.
#pragma once

#include <Python.h>

#include <cstddef>

#include "module/state.hpp"

namespace fastlane {

// Called once, with the GIL held and perhaps an exception pending: it must not touch Python.
using FreeMemory = void (*)(void* memory) noexcept;

// New reference. On failure returns null with an exception set and `memory` still belongs to the
// caller.
PyObject* new_owner(ModuleState& state, void* memory, FreeMemory free_memory);

// An owner with room for `bytes` of its own, at an address that is a multiple of 16: one allocation
// for small memory. New reference, or null with an exception set.
struct OwnerWithRoom {
  PyObject* owner;
  void* room;
};
OwnerWithRoom new_owner_with_room(ModuleState& state, std::size_t bytes);

// Creates the heap type and stores it in the module's state. -1 with an exception on failure.
int add_owner_type(PyObject* module);

}  // namespace fastlane
