// One chunk after the other.
#include "module/records/chunks.hpp"

#include "module/boundary/attached.hpp"
#include "module/boundary/errors.hpp"
#include "module/state.hpp"

namespace fastlane {

std::string_view ChunkStream::next(kernels::Checkpoint& checkpoint) {
  const Attached attached(state_);
  while (true) {
    end_chunk();
    OwnedRef chunk = OwnedRef::from_new(PyIter_Next(iterator_));  // may run Python
    if (!chunk) {
      if (PyErr_Occurred() != nullptr) throw PythonErrorSet{};
      return {};
    }
    has_chunk_ = PyObject_GetBuffer(chunk.borrow(), &chunk_, PyBUF_C_CONTIGUOUS) == 0;
    if (!has_chunk_) {
      refuse(chunk.borrow());
      chunk.decref();
      throw PythonErrorSet{};
    }
    chunk.decref();
    if (chunk_.len == 0) continue;
    const auto size = static_cast<std::size_t>(chunk_.len);
    taken_ += size;
    // Signals are answered where Python runs anyway.
    static_cast<void>(checkpoint);
    if (PyErr_CheckSignals() != 0) throw PythonErrorSet{};
    return {static_cast<const char*>(chunk_.buf), size};
  }
}

void ChunkStream::refuse(PyObject* chunk) const {
  if (PyErr_ExceptionMatches(PyExc_TypeError) == 0 &&
      PyErr_ExceptionMatches(PyExc_BufferError) == 0) {
    return;
  }
  PyErr_Clear();
  raise(state_of(module_).argument_type_error,
        {"records_run", "input", "chunks of bytes in one piece", describe_object(chunk), ""});
}

void ChunkStream::end_chunk() noexcept {
  if (has_chunk_) PyBuffer_Release(&chunk_);
  has_chunk_ = false;
}

void ChunkStream::release() noexcept {
  end_chunk();
  Py_CLEAR(iterator_);
}

}  // namespace fastlane
