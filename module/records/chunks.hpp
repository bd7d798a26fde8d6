// The chunks of a Python iterator as a stream of bytes: asked for one at a time, on the thread that
// made the call, and borrowed until the next one is asked for.
#pragma once

#include <Python.h>

#include <cstdint>
#include <string_view>

#include "kernels/records/streams.hpp"
#include "module/boundary/owned_ref.hpp"

namespace fastlane {

class ChunkStream final : public kernels::records::ByteStream {
 public:
  // `module` is borrowed from the call. Attached; so is release().
  ChunkStream(PyObject* module, PyObject* iterator)
      : module_(module), iterator_(Py_NewRef(iterator)), state_(PyThreadState_Get()) {}
  ~ChunkStream() override { release(); }

  // From now on next() is called on the thread of `state`, which is attached.
  void attach_to(PyThreadState* state) noexcept { state_ = state; }

  // Detached, on the thread that made the object, or the one it was attached to. Throws
  // PythonErrorSet for what the iterator raises and for a chunk that is no bytes.
  std::string_view next(kernels::Checkpoint& checkpoint) override;
  std::uint64_t taken() const override { return taken_; }

  void release() noexcept;

 private:
  void end_chunk() noexcept;
  void refuse(PyObject* chunk) const;

  PyObject* module_;    // borrowed
  PyObject* iterator_;  // owned
  PyThreadState* state_;
  Py_buffer chunk_{};
  bool has_chunk_ = false;
  std::uint64_t taken_ = 0;
};

}  // namespace fastlane
