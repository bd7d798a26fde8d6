// atexit runs its hooks in the reverse of their order, when the program's threads have ended.
#include "module/boundary/at_exit.hpp"

#include "module/boundary/owned_ref.hpp"

namespace fastlane {

int call_at_exit(PyMethodDef* hook) {
  OwnedRef call = OwnedRef::from_new(PyCFunction_New(hook, nullptr));
  OwnedRef atexit = OwnedRef::from_new(PyImport_ImportModule("atexit"));
  if (!call || !atexit) return -1;
  for (const char* step : {"unregister", "register"}) {
    OwnedRef done =
        OwnedRef::from_new(PyObject_CallMethod(atexit.borrow(), step, "O", call.borrow()));
    if (!done) return -1;
    done.decref();
  }
  atexit.decref();
  call.decref();
  return 0;
}

}  // namespace fastlane
