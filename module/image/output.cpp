// Prepares the result of a decoder.
#include "module/image/output.hpp"

#include <string>
#include <utility>

#include "module/boundary/errors.hpp"
#include "module/boundary/output_array.hpp"
#include "module/types/arena.hpp"

namespace fastlane {

bool PictureOutput::begin(Arguments& args, PyObject* out_arg, PyObject* arena_arg,
                          DTypes accepted) {
  if (out_arg != nullptr && arena_arg != nullptr) {
    return args.wrong_value("arena", "absent when out= is given", "both");
  }
  arena_ = arena_arg == nullptr ? &kernels::default_arena() : arena_of(args, "arena", arena_arg);
  if (arena_ == nullptr) return false;
  if (out_arg == nullptr) return true;
  out_arg_ = out_arg;
  return out_.acquire(args, "out", out_arg, accepted, Access::write);  // exporter locked
}

bool PictureOutput::prepare(DType dtype, const std::array<std::ptrdiff_t, 3>& shape) {
  shape_ = shape;
  if (out_.is_held()) {
    view_ = out_.view();
    fits_ = view_.dtype == dtype && view_.ndim == 3;
    for (std::size_t axis = 0; fits_ && axis < 3; ++axis) {
      fits_ = view_.shape[axis] == shape[axis];
    }
    if (!fits_) view_.dtype = dtype;
    return fits_;
  }
  auto stride = static_cast<std::ptrdiff_t>(kernels::size_of(dtype));
  for (std::size_t axis = 3; axis-- > 0;) {
    strides_[axis] = stride;
    stride *= shape[axis];
  }
  block_ = arena_->allocate(static_cast<std::size_t>(stride));
  view_ = {block_.data(), dtype, 3, shape_.data(), strides_.data()};
  return true;
}

PyObject* PictureOutput::refuse(PyObject* module, const char* function) const {
  std::string expected = "a " + std::string(kernels::name_of(view_.dtype)) + " array of shape (";
  for (std::size_t axis = 0; axis < 3; ++axis) {
    expected += (axis == 0 ? "" : ", ") + std::to_string(shape_[axis]);
  }
  raise(state_of(module).argument_value_error,
        {function, "out", expected + ")", describe_object(out_arg_), ""});
  return nullptr;
}

PyObject* PictureOutput::finish(PyObject* module, const char* function) {
  if (!out_.is_held()) {
    return array_around_block(state_of(module), std::move(block_), view_.dtype, 3, shape_.data());
  }
  out_.release();  // exporter unlocked
  return fits_ ? Py_NewRef(out_arg_) : refuse(module, function);
}

}  // namespace fastlane
