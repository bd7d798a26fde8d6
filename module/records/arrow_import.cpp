// Structures out of capsules.
#include "module/records/arrow_import.hpp"

namespace fastlane {
namespace {

using kernels::records::ArrowRows;

constexpr const char* kExpected = "an Arrow stream, or an Arrow schema and array, not yet consumed";

// Null for another object and for a structure that somebody has taken already.
template <class Structure>
Structure* structure_of(PyObject* capsule, const char* name) {
  if (PyCapsule_IsValid(capsule, name) == 0) return nullptr;
  auto* structure = static_cast<Structure*>(PyCapsule_GetPointer(capsule, name));
  return structure->release == nullptr ? nullptr : structure;
}

}  // namespace

std::unique_ptr<ArrowRows> take_batches(const Arguments& args, PyObject* capsules) {
  const Py_ssize_t count = PyTuple_GET_SIZE(capsules);
  if (count == 1) {
    PyObject* capsule = PyTuple_GET_ITEM(capsules, 0);  // borrowed
    auto* stream = structure_of<ArrowArrayStream>(capsule, "arrow_array_stream");
    if (stream != nullptr) return std::make_unique<ArrowRows>(*stream);
  }
  if (count == 2) {
    auto* schema = structure_of<ArrowSchema>(PyTuple_GET_ITEM(capsules, 0), "arrow_schema");
    auto* array = structure_of<ArrowArray>(PyTuple_GET_ITEM(capsules, 1), "arrow_array");
    if (schema != nullptr && array != nullptr) return std::make_unique<ArrowRows>(*schema, *array);
  }
  args.wrong_type("input", kExpected, describe_object(capsules));
  return nullptr;
}

}  // namespace fastlane
