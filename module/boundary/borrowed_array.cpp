// The three roads by which an array comes in; all end in the same view.
#include "module/boundary/borrowed_array.hpp"

#include <algorithm>
#include <utility>

#include "module/boundary/owned_ref.hpp"
#include "module/numpy_api.hpp"

namespace fastlane {
namespace {

// True when two indices may name the same element, as far as single strides tell.
bool repeats_elements(const kernels::ArrayView& view) {
  for (int axis = 0; axis < view.ndim; ++axis) {
    if (view.strides[axis] == 0 && view.shape[axis] > 1) return view.size() > 0;
  }
  return false;
}

std::string conversion_hint(const char* argument, PyObject* object, DTypes accepted) {
  const std::string dtype = accepted.first_name();
  if (PyArray_Check(object)) return std::string(argument) + ".astype(\"" + dtype + "\")";
  return std::string("numpy.asarray(") + argument + ", dtype=\"" + dtype + "\")";
}

// What a buffer says about its shape; exporters leave out what they think goes without saying.
void copy_layout(const Py_buffer& buffer, std::ptrdiff_t* shape, std::ptrdiff_t* strides) {
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

bool BorrowedArray::acquire(Arguments& args, const char* argument, PyObject* object,
                            DTypes accepted, Access access) {
  argument_ = argument;
  access_ = access;
  const bool held = PyArray_Check(object)          ? acquire_ndarray(args, object, accepted)
                    : PyObject_CheckBuffer(object) ? acquire_buffer(args, object, accepted)
                                                   : acquire_dlpack(args, object, accepted);
  if (!held) return false;
  args.borrows().add(*this);
  return true;
}

bool BorrowedArray::acquire_ndarray(Arguments& args, PyObject* ndarray, DTypes accepted) {
  auto* array = reinterpret_cast<PyArrayObject*>(ndarray);
  const DType dtype = dtype_of_numpy(PyArray_TYPE(array));
  const int ndim = PyArray_NDIM(array);
  const npy_intp* shape = PyArray_DIMS(array);
  const npy_intp* strides = PyArray_STRIDES(array);
  for (int axis = 0; axis < ndim; ++axis) {
    shape_[axis] = shape[axis];
    strides_[axis] = strides[axis];
  }
  view_ = {static_cast<std::byte*>(PyArray_DATA(array)), dtype, ndim, shape_, strides_};
  item_size_ = kernels::size_of(dtype);
  if (!check(args, accepted, dtype, PyArray_ISBYTESWAPPED(array), PyArray_ISWRITEABLE(array),
             ndarray)) {
    return false;
  }
  exporter_ = Py_NewRef(ndarray);  // exporter locked
  return true;
}

bool BorrowedArray::acquire_buffer(Arguments& args, PyObject* object, DTypes accepted) {
  const int flags = access_ == Access::write ? PyBUF_FULL : PyBUF_FULL_RO;
  if (PyObject_GetBuffer(object, &buffer_, flags) <
      0) {  // may run Python: exporters can be classes
    if (access_ == Access::read || !PyErr_ExceptionMatches(PyExc_BufferError)) return false;
    PyErr_Clear();
    return args.refuse_borrow(argument_, "a writable buffer",
                              "a read-only " + describe_object(object),
                              "a bytearray or a writable array");
  }
  const BufferFormat format = parse_buffer_format(buffer_.format);
  const bool indirect = buffer_.suboffsets != nullptr;
  bool fits = buffer_.ndim <= kernels::kMaxDimensions && !indirect;
  if (fits) {
    copy_layout(buffer_, shape_, strides_);
    const DType dtype = is_moment(object) ? DType::unsupported : format.dtype;
    view_ = {static_cast<std::byte*>(buffer_.buf), dtype, buffer_.ndim, shape_, strides_};
    item_size_ = kernels::size_of(dtype);
    fits = check(args, accepted, dtype, format.swapped, buffer_.readonly == 0, object);
  } else {
    args.wrong_type(argument_, "a buffer without suboffsets and of at most 64 dimensions",
                    describe_object(object), "numpy.array(" + std::string(argument_) + ")");
  }
  if (!fits) {
    PyBuffer_Release(&buffer_);
    return false;
  }
  has_buffer_ = true;
  exporter_ = Py_NewRef(object);  // exporter locked
  return true;
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
  const bool held = acquire_ndarray(args, array.borrow(), accepted);
  array.decref();  // the borrow keeps its own reference
  return held;
}

bool BorrowedArray::check(Arguments& args, DTypes accepted, DType dtype, bool swapped,
                          bool writable, PyObject* object) {
  if (!accepted.contains(dtype)) [[unlikely]] {
    return args.wrong_type(argument_, accepted.names(), describe_object(object),
                           conversion_hint(argument_, object, accepted));
  }
  if (swapped) [[unlikely]] {
    return args.wrong_type(
        argument_, std::string(kernels::name_of(dtype)) + " in native byte order",
        describe_object(object) + " in the other byte order",
        std::string(argument_) + ".astype(" + argument_ + ".dtype.newbyteorder(\"=\"))");
  }
  if (access_ == Access::read) return true;
  if (!writable) {
    return args.refuse_borrow(argument_, "writable memory",
                              "a read-only " + describe_object(object),
                              std::string(argument_) + ".copy()");
  }
  if (repeats_elements(view_)) {
    return args.refuse_borrow(argument_, "elements that do not overlap each other",
                              describe_object(object) + " with a zero stride",
                              std::string(argument_) + ".copy()");
  }
  return true;
}

void BorrowedArray::release_buffer() noexcept {
  PyBuffer_Release(&buffer_);
  has_buffer_ = false;
}

}  // namespace fastlane
