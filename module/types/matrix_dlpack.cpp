// A Matrix as a DLPack tensor: __dlpack__ and __dlpack_device__. The tensor locks the matrix as a
// buffer does, until its deleter is called, on whichever thread.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>

#include "module/boundary/arguments.hpp"
#include "module/boundary/errors.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/types/matrix.hpp"

namespace fastlane {
namespace {

// The layouts that the DLPack protocol fixes, version 1.0 and before.
struct Device {
  std::int32_t type;
  std::int32_t id;
};
struct Tensor {
  void* data;
  Device device;
  std::int32_t ndim;
  struct {
    std::uint8_t code, bits;
    std::uint16_t lanes;
  } dtype;
  std::int64_t* shape;
  std::int64_t* strides;  // in elements
  std::uint64_t byte_offset;
};
struct ManagedTensor {
  Tensor tensor;
  void* owner;
  void (*deleter)(ManagedTensor* self);
};
struct VersionedTensor {
  std::uint32_t major, minor;
  void* owner;
  void (*deleter)(VersionedTensor* self);
  std::uint64_t flags;
  Tensor tensor;
};

constexpr std::int32_t kCpu = 1;
constexpr std::uint8_t kFloat = 2;
constexpr std::uint64_t kIsCopied = 2;

constexpr const char* kCapsule = "dltensor";
constexpr const char* kVersionedCapsule = "dltensor_versioned";

// What a consumer holds: one of the two tensors, and what it points to.
struct Export {
  ManagedTensor managed{};
  VersionedTensor versioned{};
  Py_buffer buffer{};  // locks the matrix
  std::int64_t shape[2] = {};
  std::int64_t strides[2] = {};
  Export* next = nullptr;  // in the list of those that wait for the GIL
};

constinit std::atomic<Export*> waiting{nullptr};

void give_back(Export* ended) noexcept {
  PyBuffer_Release(&ended->buffer);  // exporter unlocked
  delete ended;
}

int give_back_waiting(void*) noexcept {
  Export* ended = waiting.exchange(nullptr, std::memory_order_acquire);
  while (ended != nullptr) give_back(std::exchange(ended, ended->next));
  return 0;
}

// A deleter may not wait for the GIL: its caller may hold a lock that the thread with the GIL
// wants. Without the GIL the matrix is unlocked by the interpreter's next pending call, or when the
// next tensor is made.
void end(Export* ended) noexcept {
  if (Py_IsInitialized() != 0 && PyGILState_Check() != 0) return give_back(ended);
  ended->next = waiting.load(std::memory_order_relaxed);
  while (!waiting.compare_exchange_weak(ended->next, ended, std::memory_order_release,
                                        std::memory_order_relaxed)) {
  }
  if (Py_IsInitialized() != 0) Py_AddPendingCall(give_back_waiting, nullptr);
}

// Nobody took the tensor: a consumer gives the capsule another name.
void end_capsule(PyObject* capsule) noexcept {
  if (PyCapsule_IsValid(capsule, kCapsule) != 0) {
    auto* managed = static_cast<ManagedTensor*>(PyCapsule_GetPointer(capsule, kCapsule));
    managed->deleter(managed);
  } else if (PyCapsule_IsValid(capsule, kVersionedCapsule) != 0) {
    auto* managed = static_cast<VersionedTensor*>(PyCapsule_GetPointer(capsule, kVersionedCapsule));
    managed->deleter(managed);
  }
}

// New reference, or null with an exception set. May throw std::bad_alloc.
PyObject* capsule_of(PyObject* matrix, bool versioned, bool is_copy) {
  give_back_waiting(nullptr);
  auto made = std::make_unique<Export>();
  if (PyObject_GetBuffer(matrix, &made->buffer, PyBUF_FULL) < 0) return nullptr;  // exporter locked
  std::copy_n(made->buffer.shape, 2, made->shape);
  made->strides[0] = made->shape[1];
  made->strides[1] = 1;
  const Tensor tensor = {made->buffer.buf, {kCpu, 0},     2, {kFloat, 64, 1},
                         made->shape,      made->strides, 0};
  made->managed = {tensor, made.get(), [](ManagedTensor* managed) noexcept {
                     end(static_cast<Export*>(managed->owner));
                   }};
  made->versioned = {
      1,
      0,
      made.get(),
      [](VersionedTensor* managed) noexcept { end(static_cast<Export*>(managed->owner)); },
      is_copy ? kIsCopied : 0,
      tensor};
  PyObject* capsule =  // new
      versioned ? PyCapsule_New(&made->versioned, kVersionedCapsule, end_capsule)
                : PyCapsule_New(&made->managed, kCapsule, end_capsule);
  if (capsule == nullptr) {
    PyBuffer_Release(&made->buffer);  // exporter unlocked
    return nullptr;
  }
  static_cast<void>(made.release());  // transferred
  return capsule;
}

int refuse(const char* reason) noexcept {
  PyErr_Format(PyExc_BufferError, "Matrix.__dlpack__: %s", reason);
  return -1;
}

// 1 when the consumer reads tensors with a version, 0 when not, -1 with an exception set.
int reads_versions(PyObject* max_version) {
  if (max_version == Py_None) return 0;
  long major = 0;
  long minor = 0;
  if (!PyTuple_Check(max_version)) {
    PyErr_SetString(PyExc_TypeError, "Matrix.__dlpack__: max_version must be a tuple of two ints");
    return -1;
  }
  if (PyArg_ParseTuple(max_version, "ll:max_version", &major, &minor) == 0) return -1;
  return major >= 1 ? 1 : 0;
}

int check_device(PyObject* device) {
  if (device == Py_None) return 0;
  long type = 0;
  long id = 0;
  if (!PyTuple_Check(device)) {
    PyErr_SetString(PyExc_TypeError, "Matrix.__dlpack__: dl_device must be a tuple of two ints");
    return -1;
  }
  if (PyArg_ParseTuple(device, "ll:dl_device", &type, &id) == 0) return -1;
  return type == kCpu && id == 0 ? 0 : refuse("the elements lie in the memory of the CPU");
}

PyObject* copy_of(PyObject* self) {
  PyObject* module = PyType_GetModule(Py_TYPE(self));  // borrowed
  if (module == nullptr) return nullptr;
  const MatrixObject& matrix = matrix_in(self);
  PyObject* copy = new_matrix(state_of(module), matrix.shape[0], matrix.shape[1]);  // new
  if (copy != nullptr) {
    std::copy_n(matrix.elements, size_of(matrix), matrix_in(copy).elements);
  }
  return copy;
}

}  // namespace

PyObject* matrix_dlpack(PyObject* self, PyObject* args, PyObject* kwargs) noexcept {
  static const char* const kKeywords[] = {"stream", "max_version", "dl_device", "copy", nullptr};
  PyObject* stream = Py_None;  // all borrowed from args
  PyObject* max_version = Py_None;
  PyObject* device = Py_None;
  PyObject* copy = Py_None;
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$OOOO:__dlpack__", const_cast<char**>(kKeywords),
                                   &stream, &max_version, &device, &copy)) {
    return nullptr;
  }
  if (stream != Py_None && refuse("stream must be None on the CPU") < 0) return nullptr;
  const int versioned = reads_versions(max_version);
  if (versioned < 0 || check_device(device) < 0) return nullptr;
  try {
    const bool copies = copy == Py_True;
    OwnedRef matrix = OwnedRef::from_new(copies ? copy_of(self) : Py_NewRef(self));
    if (!matrix) return nullptr;
    PyObject* capsule = capsule_of(matrix.borrow(), versioned == 1, copies);  // new
    matrix.decref();
    return capsule;
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

PyObject* matrix_dlpack_device(PyObject*, PyObject*) noexcept {
  return Py_BuildValue("(ii)", static_cast<int>(kCpu), 0);
}

}  // namespace fastlane
