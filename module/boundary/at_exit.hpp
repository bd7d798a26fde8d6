// What has to end before the interpreter does.
#pragma once

#include <Python.h>

namespace fastlane {

// Has `hook` called by atexit, once however often the module is imported: it is bound to no module,
// so that the hook of one import is equal to that of the next. -1 with an exception set.
int call_at_exit(PyMethodDef* hook);

}  // namespace fastlane
