// The three roads by which an array comes in; all end in the same view.
#include "module/boundary/borrowed_array.hpp"

#include <algorithm>
#include <utility>

#include "module/boundary/owned_ref.hpp"
#include "module/numpy_api.hpp"

namespace fastlane {
namespace {

std::string conversion_hint(const char* argument, PyObject* object, DTypes accepted) {
  const std::string dtype = accepted.first_name();
  if (PyArray_Check(object)) return std::string(argument) + ".astype(\"" + dtype + "\")";
  return std::string("numpy.asarray(") + argument + ", dtype=\"" + dtype + "\")";
}

// What a buffer says about its shape; exporters leave out what they think goes without saying.
void copy_buffer_layout(const Py_buffer& buffer, std::ptrdiff_t* shape, std::ptrdiff_t* strides) {
  std::ptrdiff_t stride = buffer.itemsize;
  for (int axis = buffer.ndim - 1; axis >= 0; --axis) {
    shape[axis] = buffer.shape == nullptr ? buffer.len / std::max<Py_ssize_t>(buffer.itemsize, 1)
                                          : buffer.shape[axis];
    strides[axis] = buffer.strides == nullptr ? stride : buffer.strides[axis];
    stride *= shape[axis];
  }
}

// NumPy exports the bytes of a moment in time as if they were a list of small numbers.
bool is_moment(PyObject* object) {
  return PyArray_IsScalar(object, Datetime) || PyArray_IsScalar(object, Timedelta);
}

}  // namespace

bool BorrowedArray::acquire_exporter(Arguments& args, PyObject* object, DTypes accepted) {
  if (PyArray_Check(object)) return acquire_ndarray(args, object, accepted);
  if (PyObject_CheckBuffer(object)) return acquire_buffer(args, object, accepted);
  return acquire_dlpack(args, object, accepted);
}

bool BorrowedArray::acquire_buffer(Arguments& args, PyObject* object, DTypes accepted) {
  const int flags = access_ == Access::write ? PyBUF_FULL : PyBUF_FULL_RO;
  // May run Python: exporters can be classes.
  if (PyObject_GetBuffer(object, &buffer_, flags) < 0) {
    if (access_ == Access::read || !PyErr_ExceptionMatches(PyExc_BufferError)) return false;
    PyErr_Clear();
    return args.refuse_borrow(argument_, "a writable buffer",
                              "a read-only " + describe_object(object),
                              "a bytearray or a writable array");
  }
  // From here on the destructor gives it back: a complaint below may run out of memory and throw.
  road_ = Road::buffer;
  exporter_ = object;  // exporter locked
  if (check_buffer(args, object, accepted)) return true;
  release();  // exporter unlocked
  return false;
}

bool BorrowedArray::check_buffer(Arguments& args, PyObject* object, DTypes accepted) {
  const bool indirect = buffer_.suboffsets != nullptr;
  if (buffer_.ndim > kernels::kMaxDimensions || indirect) {
    return args.wrong_type(argument_, "a buffer without suboffsets and of at most 64 dimensions",
                           describe_object(object), "numpy.array(" + std::string(argument_) + ")");
  }
  copy_buffer_layout(buffer_, shape_, strides_);
  const BufferFormat format = parse_buffer_format(buffer_.format);
  const DType dtype = is_moment(object) ? DType::unsupported : format.dtype;
  view_ = {static_cast<std::byte*>(buffer_.buf), dtype, buffer_.ndim, shape_, strides_};
  item_size_ = kernels::size_of(dtype);
  bytes_ = view_.size() * item_size_;
  return check(args, accepted, format.swapped, buffer_.readonly == 0, object);
}

bool BorrowedArray::acquire_dlpack(Arguments& args, PyObject* object, DTypes accepted) {
  static constexpr const char* kMethod = "__dlpack__";
  OwnedRef type_has = OwnedRef::from_new(
      PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), kMethod));
  if (!type_has) {
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return false;
    PyErr_Clear();
    return args.wrong_type(
        argument_, "an array or buffer of " + accepted.names(), describe_object(object),
        "numpy.asarray(" + std::string(argument_) + ", dtype=\"" + accepted.first_name() + "\")");
  }
  type_has.decref();
  OwnedRef numpy = OwnedRef::from_new(PyImport_ImportModule("numpy"));
  if (!numpy) return false;
  OwnedRef array =
      OwnedRef::from_new(PyObject_CallMethod(numpy.borrow(), "from_dlpack", "O", object));
  numpy.decref();
  if (!array) return false;
  if (!acquire_ndarray(args, array.borrow(), accepted)) return false;
  road_ = Road::dlpack;
  made_ = array.transfer();  // owned: nobody else keeps it alive
  return true;
}

bool BorrowedArray::refuse(Arguments& args, DTypes accepted, bool swapped, bool writable,
                           PyObject* object) const {
  const DType dtype = view_.dtype;
  if (!accepted.contains(dtype)) {
    return args.wrong_type(argument_, accepted.names(), describe_object(object),
                           conversion_hint(argument_, object, accepted));
  }
  if (swapped) {
    return args.wrong_type(
        argument_, std::string(kernels::name_of(dtype)) + " in native byte order",
        describe_object(object) + " in the other byte order",
        std::string(argument_) + ".astype(" + argument_ + ".dtype.newbyteorder(\"=\"))");
  }
  if (!writable) {
    return args.refuse_borrow(argument_, "writable memory",
                              "a read-only " + describe_object(object),
                              std::string(argument_) + ".copy()");
  }
  return args.refuse_borrow(argument_, "elements that do not overlap each other",
                            describe_object(object) + " with overlapping elements",
                            std::string(argument_) + ".copy()");
}

void BorrowedArray::copy_layout(const npy_intp* shape, const npy_intp* strides) noexcept {
  std::ptrdiff_t bytes = static_cast<std::ptrdiff_t>(item_size_);
  for (int axis = 0; axis < view_.ndim; ++axis) {
    shape_[axis] = shape[axis];
    strides_[axis] = strides[axis];
    bytes *= shape_[axis];
  }
  bytes_ = static_cast<std::size_t>(bytes);
}

bool BorrowedArray::has_separate_elements() const {
  return view_.is_c_contiguous() || !kernels::overlaps_itself(kernels::layout_of(view_));
}

void BorrowedArray::release_more() noexcept {
  if (std::exchange(road_, Road::direct) == Road::buffer) {
    PyBuffer_Release(&buffer_);
  } else {
    Py_DECREF(made_);
  }
}

}  // namespace fastlane
