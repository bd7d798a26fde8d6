// The module that a function of the table works for. C code holds no module, and an interpreter may
// end and begin again, so it is looked up in sys.modules at each call. Needs the GIL.
#pragma once

#include <Python.h>

#include "module/boundary/owned_ref.hpp"

namespace fastlane::c_api {

// A strong reference; null with an ImportError when fastlane is not imported in this interpreter.
OwnedRef loaded_module() noexcept;

}  // namespace fastlane::c_api
