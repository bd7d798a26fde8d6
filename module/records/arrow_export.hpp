// Makes Arrow structures over memory that Python objects own, and gives the references back when a
// consumer releases them: on any thread, with the GIL or without it, also while the interpreter
// ends. Knows nothing of columns or capsules; read next: arrow.cpp.
#pragma once

#include <Python.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/records/arrow_abi.hpp"
#include "module/boundary/owned_ref.hpp"

namespace fastlane {

// The type of one array, without anything that Python owns.
struct ArrowShape {
  std::string name;
  std::string format;
  std::vector<ArrowShape> children;
  std::vector<ArrowShape> dictionary;  // none or one
};

// One array as it is to be exported. The objects are borrowed; export_array makes references of its
// own.
struct ArrowParts {
  std::int64_t length = 0;
  bool has_nulls = false;
  std::int64_t buffer_count = 2;
  std::array<const void*, 3> buffers{};
  std::vector<std::uint8_t> packed;  // bits made for this export; they become the second buffer
  std::vector<OwnedRef> owners;
  std::vector<ArrowParts> children;
  std::vector<ArrowParts> dictionary;  // none or one

  void decref() noexcept;  // gives the references back where nothing is exported
};

// Each fills `out`, whose `release` is null before, so that whoever holds it must release it.
// Throws bad_alloc and leaves `out` released. export_array needs the GIL, export_schema does not.
void export_schema(const ArrowShape& shape, ArrowSchema& out);
void export_array(ArrowParts&& parts, ArrowArray& out);

// One batch: takes over what `batch` holds. Throws bad_alloc and leaves `batch` as it was.
void export_stream(ArrowShape&& shape, ArrowArray& batch, ArrowArrayStream& out);

// Gives back what consumers released on threads without the GIL. Needs the GIL.
void give_back_waiting() noexcept;

}  // namespace fastlane
