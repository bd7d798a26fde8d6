// The owner's heap type. It refers to nothing in Python but its type, so the collector need not see
// it.
#include "module/boundary/owner.hpp"

#include "module/state.hpp"

namespace fastlane {
namespace {

struct Owner {
  PyObject_HEAD
  void* memory;
  FreeMemory free_memory;  // null when the memory is room of the owner's own
};
static_assert(sizeof(Owner) % 16 == 0, "the room of an owner begins where it ends");

// New reference, or null with an exception set; `memory` and `free_memory` are not set.
Owner* allocate(ModuleState& state, std::size_t room) {
  void* place = PyObject_Malloc(sizeof(Owner) + room);  // owned
  if (place == nullptr) {
    PyErr_NoMemory();
    return nullptr;
  }
  auto* type = reinterpret_cast<PyTypeObject*>(state.owner_type);
  return reinterpret_cast<Owner*>(PyObject_Init(static_cast<PyObject*>(place), type));
}

void owner_dealloc(PyObject* self) {
  auto* owner = reinterpret_cast<Owner*>(self);
  if (owner->free_memory != nullptr) owner->free_memory(owner->memory);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);  // instances of a heap type own a reference to it
}

constexpr const char* kOwnerDoc = "Memory that native code made and that arrays point into.";

PyType_Slot owner_slots[] = {
    {Py_tp_dealloc, reinterpret_cast<void*>(owner_dealloc)},
    {Py_tp_doc, const_cast<char*>(kOwnerDoc)},
    {0, nullptr},
};

PyType_Spec owner_spec = {
    .name = "fastlane._core.Owner",
    .basicsize = sizeof(Owner),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = owner_slots,
};

}  // namespace

PyObject* new_owner(ModuleState& state, void* memory, FreeMemory free_memory) {
  Owner* owner = allocate(state, 0);  // new
  if (owner == nullptr) return nullptr;
  owner->memory = memory;
  owner->free_memory = free_memory;
  return reinterpret_cast<PyObject*>(owner);
}

OwnerWithRoom new_owner_with_room(ModuleState& state, std::size_t bytes) {
  Owner* owner = allocate(state, bytes);  // new
  if (owner == nullptr) return {nullptr, nullptr};
  owner->memory = owner + 1;
  owner->free_memory = nullptr;
  return {reinterpret_cast<PyObject*>(owner), owner->memory};
}

int add_owner_type(PyObject* module) {
  PyObject* type = PyType_FromModuleAndSpec(module, &owner_spec, nullptr);  // new
  if (type == nullptr) return -1;
  state_of(module).owner_type = type;
  return 0;
}

}  // namespace fastlane
