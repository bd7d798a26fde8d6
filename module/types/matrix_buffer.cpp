// How a Matrix answers requests for its buffer: as a memoryview of the same elements does.
#include "module/types/matrix.hpp"

namespace fastlane {
namespace {

bool asks_for(int flags, int request) noexcept { return (flags & request) == request; }

int refuse(const char* reason) noexcept {
  PyErr_Format(PyExc_BufferError, "Matrix: %s", reason);
  return -1;
}

}  // namespace

int matrix_getbuffer(PyObject* self, Py_buffer* buffer, int flags) noexcept {
  MatrixObject& matrix = matrix_in(self);
  buffer->buf = matrix.elements;
  buffer->len = static_cast<Py_ssize_t>(size_of(matrix) * sizeof(double));
  buffer->itemsize = sizeof(double);
  buffer->readonly = 0;
  buffer->ndim = 2;
  buffer->format = const_cast<char*>("d");
  buffer->shape = matrix.shape;
  buffer->strides = matrix.strides;
  buffer->suboffsets = nullptr;
  buffer->internal = nullptr;
  buffer->obj = nullptr;
  if (asks_for(flags, PyBUF_F_CONTIGUOUS) && PyBuffer_IsContiguous(buffer, 'F') == 0) {
    return refuse("the elements lie row after row, not column after column");
  }
  if (!asks_for(flags, PyBUF_FORMAT)) buffer->format = nullptr;
  if (!asks_for(flags, PyBUF_STRIDES)) buffer->strides = nullptr;
  if (!asks_for(flags, PyBUF_ND)) {
    // A request for plain bytes: shape and format go together.
    if (buffer->format != nullptr) {
      return refuse("cannot be read as unsigned bytes when the format is asked for too");
    }
    buffer->ndim = 1;
    buffer->shape = nullptr;
  }
  ++matrix.exports;
  buffer->obj = Py_NewRef(self);  // exporter locked
  return 0;
}

void matrix_releasebuffer(PyObject* self, Py_buffer*) noexcept {
  --matrix_in(self).exports;  // exporter unlocked
}

}  // namespace fastlane
