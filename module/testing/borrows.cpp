// Looking at the borrow ledger from outside: the decision about two arrays, borrows held by hand,
// and how many there are.
#include <algorithm>
#include <memory>

#include "kernels/ledger.hpp"
#include "kernels/overlap.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"
#include "module/numpy_api.hpp"

namespace fastlane {
namespace {

bool require_ndarray(Arguments& args, const char* argument, PyObject* object) {
  if (PyArray_Check(object)) return true;
  return args.wrong_type(argument, "an array", describe_object(object),
                         std::string("numpy.asarray(") + argument + ")");
}

kernels::Layout layout_of_array(PyObject* object) {
  auto* array = reinterpret_cast<PyArrayObject*>(object);
  return {PyArray_DATA(array), static_cast<std::size_t>(PyArray_ITEMSIZE(array)),
          PyArray_NDIM(array), PyArray_DIMS(array), PyArray_STRIDES(array)};
}

constexpr const char* kConflictsDoc =
    "conflicts(a, b, /)\n--\n\n"
    "Whether two arrays share a byte, as the borrow ledger decides it.\n\n"
    "Exact within a bounded amount of work, beyond that True. The arrays have any element type.\n\n"
    "**Memory:** looks at shapes and strides only, touches no element; the GIL is held.";

struct Conflicts {
  static constexpr const char* kName = "conflicts";
  PyObject* a_arg = nullptr;  // borrowed from args
  PyObject* b_arg = nullptr;
  bool answer = false;

  bool begin(Arguments& args) {
    return args.read(required("a", a_arg), required("b", b_arg)) &&
           require_ndarray(args, "a", a_arg) && require_ndarray(args, "b", b_arg);
  }
  void run(Checkpoint&) {
    answer = kernels::overlaps(layout_of_array(a_arg), layout_of_array(b_arg));
  }
  PyObject* finish() { return PyBool_FromLong(answer); }
};

constexpr const char* kLiveBorrowsDoc =
    "live_borrows()\n--\n\n"
    "How many borrows are in the ledger at this moment.\n\n"
    "**Memory:** touches none; the GIL is held.";

struct LiveBorrowCount {
  static constexpr const char* kName = "live_borrows";

  bool begin(Arguments& args) { return args.read(); }
  void run(Checkpoint&) {}
  PyObject* finish() { return PyLong_FromSize_t(kernels::ledger().size()); }
};

// An array of any element type, because a test may hold any.
class AnyArray : public Borrow {
 public:
  AnyArray() noexcept = default;
  ~AnyArray() { Py_XDECREF(exporter_); }  // exporter unlocked

  bool acquire(Arguments& args, PyObject* object, Access access) {
    if (!require_ndarray(args, "array", object)) return false;
    auto* array = reinterpret_cast<PyArrayObject*>(object);
    if (access == Access::write && !PyArray_ISWRITEABLE(array)) {
      return args.refuse_borrow("array", "writable memory",
                                "a read-only " + describe_object(object), "array.copy()");
    }
    argument_ = "array";
    access_ = access;
    const kernels::Layout layout = layout_of_array(object);
    std::copy_n(layout.shape, layout.ndim, shape_);
    std::copy_n(layout.strides, layout.ndim, strides_);
    item_size_ = layout.item_size;
    bytes_ = static_cast<std::size_t>(PyArray_NBYTES(array));
    view_ = {static_cast<std::byte*>(PyArray_DATA(array)), kernels::DType::unsupported, layout.ndim,
             shape_, strides_};
    exporter_ = Py_NewRef(object);  // exporter locked
    args.borrows().add(*this);
    return true;
  }

 private:
  std::ptrdiff_t shape_[kernels::kMaxDimensions];
  std::ptrdiff_t strides_[kernels::kMaxDimensions];
};

struct Held {
  AnyArray array;
  LiveBorrows borrows;

  ~Held() { borrows.leave(); }
};

constexpr const char* kHeldName = "fastlane.testing.Held";

void delete_held(PyObject* capsule) {
  delete static_cast<Held*>(PyCapsule_GetPointer(capsule, kHeldName));
}

constexpr const char* kBeginHoldDoc =
    "begin_hold(array, mutable=False, /)\n--\n\n"
    "Enter a borrow that lasts as long as the object that comes back.\n\n"
    "**Memory:** borrows array; the GIL is held.";

struct BeginHold {
  static constexpr const char* kName = "testing.hold";
  static constexpr const char* kMethodName = "begin_hold";
  std::unique_ptr<Held> held = std::make_unique<Held>();
  Arguments* arguments = nullptr;

  bool begin(Arguments& args) {
    arguments = &args;
    PyObject* array_arg = nullptr;  // borrowed from args
    bool is_mutable = false;
    return args.read(required("array", array_arg), optional("mutable", is_mutable)) &&
           held->array.acquire(args, array_arg, is_mutable ? Access::write : Access::read);
  }
  void run(Checkpoint&) {}
  // The ledger is entered last: the check between begin and run would find the entry.
  PyObject* finish() {
    if (!held->borrows.enter(*arguments, SameInput::refused)) return nullptr;
    PyObject* capsule = PyCapsule_New(held.get(), kHeldName, delete_held);  // new
    if (capsule != nullptr) static_cast<void>(held.release());              // transferred
    return capsule;
  }
};

}  // namespace

PyMethodDef borrows_methods[] = {
    row_of<Conflicts>(kConflictsDoc),
    row_of<LiveBorrowCount>(kLiveBorrowsDoc),
    {BeginHold::kMethodName, fastcall(call<BeginHold, Counting::on>), METH_FASTCALL | METH_KEYWORDS,
     kBeginHoldDoc},
    kEndOfTable,
};

}  // namespace fastlane
