// Arrays to lists of Python numbers: tolist. All of it is work on Python objects, so it happens
// attached, in finish.
#include "kernels/lanes.hpp"
#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/huge_page_objects.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

// Numbers between two looks at signals: about a millisecond.
constexpr std::ptrdiff_t kNumbersPerLook = std::ptrdiff_t{1} << 16;
// From here on the page faults of new objects are what takes the time.
constexpr std::size_t kWorthHugePages = std::size_t{1} << 16;

template <class T>
PyObject* number_at(const std::byte* address) {
  if constexpr (std::is_same_v<T, bool>) {
    return Py_NewRef(kernels::load<std::uint8_t>(address) != 0 ? Py_True : Py_False);
  } else {
    const T value = kernels::load<T>(address);
    if constexpr (std::is_floating_point_v<T>) return PyFloat_FromDouble(value);
    if constexpr (std::is_same_v<T, std::uint64_t>) return PyLong_FromUnsignedLongLong(value);
    if constexpr (!std::is_floating_point_v<T> && !std::is_same_v<T, std::uint64_t>) {
      return PyLong_FromLong(static_cast<long>(value));
    }
  }
}

// Nobody sees a list while it has holes: the collector learns of it when it is whole.
class ListInTheMaking {
 public:
  explicit ListInTheMaking(std::ptrdiff_t length) : list_(PyList_New(length)) {  // new
    if (list_ != nullptr) PyObject_GC_UnTrack(list_);
  }
  ListInTheMaking(const ListInTheMaking&) = delete;
  ListInTheMaking& operator=(const ListInTheMaking&) = delete;
  // Looking for elements in the rest of a long list would take longer than freeing those there are.
  ~ListInTheMaking() {
    if (list_ == nullptr) return;
    Py_ssize_t filled = 0;
    while (filled < Py_SIZE(list_) && PyList_GET_ITEM(list_, filled) != nullptr) ++filled;
    Py_SET_SIZE(reinterpret_cast<PyVarObject*>(list_), filled);
    PyObject_GC_Track(list_);
    Py_DECREF(list_);
  }
  PyObject* borrow() const noexcept { return list_; }
  PyObject* transfer() noexcept {
    PyObject_GC_Track(list_);
    return std::exchange(list_, nullptr);
  }

 private:
  PyObject* list_;
};

template <class T>
class Lists {
 public:
  explicit Lists(const kernels::ArrayView& view) : view_(view) {}

  // New reference, or null with an exception set.
  PyObject* make() { return made(0, view_.data); }

 private:
  PyObject* made(int axis, const std::byte* data) {
    if (axis == view_.ndim) return number_at<T>(data);
    const std::ptrdiff_t length = view_.shape[axis];
    ListInTheMaking list(length);
    if (list.borrow() == nullptr) return nullptr;
    const bool filled = axis + 1 == view_.ndim ? fill_with_numbers(list.borrow(), data)
                                               : fill_with_lists(list.borrow(), axis, data);
    return filled ? list.transfer() : nullptr;
  }

  bool fill_with_numbers(PyObject* list, const std::byte* data) {
    const std::ptrdiff_t length = view_.shape[view_.ndim - 1];
    const std::ptrdiff_t stride = view_.strides[view_.ndim - 1];
    for (std::ptrdiff_t first = 0; first < length; first += kNumbersPerLook) {
      const std::ptrdiff_t end = std::min(length, first + kNumbersPerLook);
      if (!may_go_on(end - first)) return false;
      for (std::ptrdiff_t i = first; i < end; ++i) {
        PyObject* number = number_at<T>(data + i * stride);  // new
        if (number == nullptr) return false;
        PyList_SET_ITEM(list, i, number);  // steals
      }
    }
    return true;
  }

  bool fill_with_lists(PyObject* list, int axis, const std::byte* data) {
    for (std::ptrdiff_t i = 0; i < view_.shape[axis]; ++i) {
      if (!may_go_on(1)) return false;
      PyObject* item = made(axis + 1, data + i * view_.strides[axis]);  // new
      if (item == nullptr) return false;
      PyList_SET_ITEM(list, i, item);  // steals
    }
    return true;
  }

  bool may_go_on(std::ptrdiff_t numbers) {
    since_look_ += numbers;
    if (since_look_ <= kNumbersPerLook) return true;
    since_look_ = 0;
    return PyErr_CheckSignals() == 0;  // may run Python
  }

  const kernels::ArrayView& view_;
  std::ptrdiff_t since_look_ = 0;
};

constexpr const char* kToListDoc =
    "tolist(x, /)\n--\n\n"
    "The elements of x as Python numbers, in lists as deep as x has dimensions.\n\n"
    "x is an array of any shape and strides; the result is that of numpy.ndarray.tolist: float,\n"
    "int or bool, and a bare number when there is no dimension. Raises ArgumentTypeError for\n"
    "other element types and byte orders.\n\n"
    "**Memory:** borrows x, copies its elements into Python objects; the GIL is held.";

struct ToList {
  static constexpr const char* kName = "tolist";
  BorrowedArray x;
  PinnedBorrows pins;  // a signal handler may run in between

  bool begin(Arguments& args) {
    PyObject* x_arg = nullptr;  // borrowed from args
    return args.read(required("x", x_arg)) && x.acquire(args, "x", x_arg, kNumbers) &&
           pins.pin(args.borrows());  // exporter locked
  }
  void run(Checkpoint&) {}
  std::size_t copied() const noexcept { return x.bytes(); }
  PyObject* finish() {
    PyObject* result = nullptr;
    {
      const HugePageObjects on_huge_pages(x.view().size() >= kWorthHugePages);
      kernels::visit<bool, std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                     std::uint16_t, std::uint32_t, std::uint64_t, float, double>(
          x.dtype(), [&]<class T>() { result = Lists<T>(x.view()).make(); });  // new
    }
    pins.unpin();
    x.release();  // exporter unlocked
    return result;
  }
};

}  // namespace

PyMethodDef tolist_methods[] = {
    row_of<ToList>(kToListDoc),
    kEndOfTable,
};

}  // namespace fastlane
