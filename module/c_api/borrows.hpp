// Memory that Python owns, lent to C for a while. Needs the GIL, and leaves it alone.
#pragma once

#include <Python.h>

#include "module/fastlane/include/fastlane_kernels.h"

struct fln_borrow;  // opaque to C

namespace fastlane::c_api {

// Null with an exception set and nothing borrowed. While the borrow lasts its exporter is locked
// and kept alive, and the ledger knows of it: it refuses what cannot be borrowed beside it.
fln_borrow* borrow_array(PyObject* object, const char* function, const char* argument,
                         unsigned dtypes, int writable, fln_array* array) noexcept;
fln_borrow* borrow_bytes(PyObject* object, const char* function, const char* argument,
                         const void** data, std::size_t* size) noexcept;

// Gives it back; null is allowed, and an exception may be pending.
void give_back(fln_borrow* borrow) noexcept;

}  // namespace fastlane::c_api
