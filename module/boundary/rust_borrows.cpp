// Both sides of the shared table: fastlane's own, for Rust extensions that come later, and the use
// of theirs when one came first.
#include "module/boundary/rust_borrows.hpp"

#include <algorithm>
#include <array>

#include "kernels/ledger.hpp"
#include "module/boundary/error_path.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/numpy_api.hpp"

namespace fastlane {
namespace {

constexpr const char* kCapsuleName = "_RUST_NUMPY_BORROW_CHECKING_API";

// A borrow of a Rust extension. It is found again by its array alone: what the array looks like by
// then does not matter.
struct RustLease {
  const PyObject* array;  // borrowed: the Rust side keeps it alive
  bool is_mutable;
  kernels::Lease lease;
};
using RustLeases = std::vector<RustLease>;

int enter_ledger(void* flags, PyObject* object, bool is_mutable) noexcept try {
  auto* array = reinterpret_cast<PyArrayObject*>(object);
  if (is_mutable && !PyArray_ISWRITEABLE(array)) return kNotWriteable;
  const std::array borrows{kernels::Borrow{
      .layout = {PyArray_DATA(array), static_cast<std::size_t>(PyArray_ITEMSIZE(array)),
                 PyArray_NDIM(array), PyArray_DIMS(array), PyArray_STRIDES(array)},
      .is_mutable = is_mutable,
      .borrower = {"a Rust extension", ""}}};
  kernels::Lease lease;
  if (kernels::ledger().enter(borrows, lease)) return kAlreadyBorrowed;
  static_cast<RustLeases*>(flags)->push_back({object, is_mutable, std::move(lease)});
  return 0;
} catch (...) {
  return kAlreadyBorrowed;  // no memory for the entry: the one refusal that the table knows
}

void leave_ledger(void* flags, const PyObject* object, bool is_mutable) noexcept {
  auto& leases = *static_cast<RustLeases*>(flags);
  const auto found = std::find_if(leases.begin(), leases.end(), [&](const RustLease& lease) {
    return lease.array == object && lease.is_mutable == is_mutable;
  });
  if (found == leases.end()) return;
  *found = std::move(leases.back());
  leases.pop_back();
}

// Rust extensions keep pointers to the table for as long as the process lives.
const SharedBorrows& own_table() {
  static const SharedBorrows table{
      .version = 1,
      .flags = new RustLeases,
      .acquire = [](void* flags, PyObject* array) { return enter_ledger(flags, array, false); },
      .acquire_mut = [](void* flags, PyObject* array) { return enter_ledger(flags, array, true); },
      .release = [](void* flags, PyObject* array) { leave_ledger(flags, array, false); },
      .release_mut = [](void* flags, PyObject* array) { leave_ledger(flags, array, true); }};
  return table;
}

const SharedBorrows* table_in(PyObject* capsule) noexcept {
  return static_cast<const SharedBorrows*>(PyCapsule_GetPointer(capsule, kCapsuleName));
}

// The array that Rust is shown for a borrow: the same bytes and the same root, but an object of our
// own, because a Rust table computes its key again at the release. Axes that do not move are left
// out: only zero strides would make that computation divide by zero. New reference, or null with an
// exception set.
PyObject* array_shown(const Borrow& borrow, PyObject* root) {
  const kernels::ArrayView& view = borrow.view();
  npy_intp shape[kernels::kMaxDimensions];
  npy_intp strides[kernels::kMaxDimensions];
  int ndim = 0;
  for (int axis = 0; axis < view.ndim; ++axis) {
    if (view.shape[axis] == 1 || view.strides[axis] == 0) continue;
    shape[ndim] = view.shape[axis];
    strides[ndim++] = view.strides[axis];
  }
  if (ndim == 0) {  // a Rust table takes an array without axes for one without bytes
    shape[0] = 1;
    strides[ndim++] = static_cast<npy_intp>(borrow.item_size());
  }
  PyArray_Descr* item = PyArray_DescrNewFromType(NPY_VOID);  // new
  if (item == nullptr) return nullptr;
  PyDataType_SET_ELSIZE(item, static_cast<npy_intp>(borrow.item_size()));
  const int flags = borrow.access() == Access::write ? NPY_ARRAY_WRITEABLE : 0;
  OwnedRef shown = OwnedRef::from_new(PyArray_NewFromDescr(
      &PyArray_Type, item, ndim, shape, strides, view.data, flags, nullptr));  // steals item
  if (!shown) return nullptr;
  auto* array = reinterpret_cast<PyArrayObject*>(shown.borrow());
  if (PyArray_SetBaseObject(array, Py_NewRef(root)) < 0) return nullptr;  // steals, also on failure
  return shown.transfer();
}

}  // namespace

int join_rust_borrows(PyObject* module) {
  const bool is_numpy_2 = PyArray_RUNTIME_VERSION >= NPY_2_0_API_VERSION;
  OwnedRef multiarray = OwnedRef::from_new(
      PyImport_ImportModule(is_numpy_2 ? "numpy._core.multiarray" : "numpy.core.multiarray"));
  if (!multiarray) return -1;
  OwnedRef capsule = OwnedRef::from_new(PyObject_GetAttrString(multiarray.borrow(), kCapsuleName));
  if (!capsule) {
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return -1;
    PyErr_Clear();
    OwnedRef own = OwnedRef::from_new(
        PyCapsule_New(const_cast<SharedBorrows*>(&own_table()), kCapsuleName, nullptr));
    if (!own) return -1;
    if (PyObject_SetAttrString(multiarray.borrow(), kCapsuleName, own.borrow()) < 0) return -1;
    multiarray.decref();
    state_of(module).rust_borrows = own.transfer();
    return 0;
  }
  multiarray.decref();
  if (PyCapsule_IsValid(capsule.borrow(), kCapsuleName) &&
      table_in(capsule.borrow())->version >= 1) {
    state_of(module).rust_borrows = capsule.transfer();
  } else {
    capsule.decref();  // of a kind nobody knows: fastlane goes on alone
  }
  return 0;
}

RustBorrows::~RustBorrows() {
  if (shown_.empty()) return;
  if (on_error_path("RustBorrows forgotten on the happy path: write leave()")) leave();
}

bool RustBorrows::enter(Arguments& args) {
  PyObject* capsule = args.state().rust_borrows;  // borrowed; null when there is none
  if (capsule == nullptr) return true;
  table_ = table_in(capsule);
  if (table_ == &own_table()) return true;
  for (Borrow* borrow = args.borrows().first(); borrow != nullptr;
       borrow = Borrows::next(*borrow)) {
    if (!show(args, *borrow)) {
      leave();
      return false;
    }
  }
  return true;
}

bool RustBorrows::show(Arguments& args, const Borrow& borrow) {
  PyObject* root = array_below(borrow.exporter());          // borrowed
  if (root == nullptr || borrow.bytes() == 0) return true;  // nothing that Rust could hold too
  const bool is_mutable = borrow.access() == Access::write;
  shown_.reserve(shown_.size() + 1);
  OwnedRef array = OwnedRef::from_new(array_shown(borrow, root));
  if (!array) return false;
  const auto acquire = is_mutable ? table_->acquire_mut : table_->acquire;
  if (acquire(table_->flags, array.borrow()) != 0) {
    array.decref();
    return args.refuse_borrow(
        borrow.argument(),
        is_mutable ? "memory that nobody else has borrowed" : "memory that nobody else writes",
        "memory that a Rust extension has borrowed", "the call after that borrow has ended");
  }
  shown_.push_back({array.transfer(), is_mutable});
  return true;
}

void RustBorrows::leave() noexcept {
  for (const Shown& shown : shown_) {
    const auto release = shown.is_mutable ? table_->release_mut : table_->release;
    release(table_->flags, shown.array);
    Py_DECREF(shown.array);
  }
  shown_.clear();
}

}  // namespace fastlane
