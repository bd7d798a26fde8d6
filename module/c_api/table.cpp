// The table of functions behind fastlane.h. It is constant and outlives every interpreter, so that
// a client's pointer to it cannot dangle. Members are only ever added at its end.
#include "module/c_api/table.hpp"

#define FLN_KERNELS_ARE_LINKED
#include "module/boundary/owned_ref.hpp"
#include "module/c_api/borrows.hpp"
#include "module/c_api/loaded_module.hpp"
#include "module/c_api/ownership.hpp"
#include "module/fastlane/include/fastlane.h"
#include "module/state.hpp"

namespace fastlane {
namespace {

constexpr fln_api kTable = {
    .abi_major = FLN_ABI_MAJOR,
    .abi_minor = FLN_ABI_MINOR,
    .struct_size = sizeof(fln_api),
    .version = FASTLANE_VERSION,
    .sum = fln_sum,
    .sum_exact = fln_sum_exact,
    .describe = fln_describe,
    .transpose = fln_transpose,
    .normalize_u8 = fln_normalize_u8,
    .crc32 = fln_crc32,
    .find = fln_find,
    .count = fln_count,
    .normalize = fln_normalize,
    .png_info = fln_png_info,
    .png_decode = fln_png_decode,
    .borrow_array = c_api::borrow_array,
    .borrow_bytes = c_api::borrow_bytes,
    .give_back = c_api::give_back,
    .new_array = c_api::new_array,
    .move_array = c_api::move_array,
    .raise = c_api::raise_error,
};

}  // namespace

int add_c_api(PyObject* module) {
  OwnedRef capsule = OwnedRef::from_new(
      PyCapsule_New(const_cast<fln_api*>(&kTable), FLN_CAPSULE_NAME, nullptr));  // new
  if (!capsule) return -1;
  const int added = PyModule_AddObjectRef(module, "_C_API", capsule.borrow());
  if (added == 0) capsule.decref();
  return added;
}

}  // namespace fastlane

namespace fastlane::c_api {

OwnedRef loaded_module() noexcept {
  PyObject* module = PyDict_GetItemString(PyImport_GetModuleDict(), "fastlane._core");  // borrowed
  if (module == nullptr || !is_native_half(module)) {
    PyErr_SetString(PyExc_ImportError,
                    "fastlane is not imported in this interpreter; call fln_import() in the "
                    "module's initialisation, and handle its failure");
    return OwnedRef();
  }
  return OwnedRef::incref(module);
}

}  // namespace fastlane::c_api
