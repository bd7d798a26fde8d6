// See module/boundary/add_type.hpp.
#include "module/boundary/add_type.hpp"

#include <cstring>

#include "module/boundary/owned_ref.hpp"

namespace fastlane {

int add_type(PyObject* module, PyType_Spec& spec) {
  OwnedRef type = OwnedRef::from_new(PyType_FromModuleAndSpec(module, &spec, nullptr));
  if (!type) return -1;
  const int added = PyModule_AddObjectRef(module, std::strrchr(spec.name, '.') + 1, type.borrow());
  type.decref();
  return added;
}

}  // namespace fastlane
