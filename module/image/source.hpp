// A picture as a caller names it: bytes-like, or the path of its file, as a str too.
// A path is only read as a name here; its file is mapped by `open`, without the GIL.
#pragma once

#include <Python.h>

#include <optional>
#include <string>

#include "kernels/arena.hpp"
#include "kernels/bytes/strided_bytes.hpp"
#include "kernels/image/png_chunks.hpp"
#include "kernels/mapped_file.hpp"
#include "module/boundary/borrowed_content.hpp"

namespace fastlane {

// Stands for   PyObject_GetBuffer(o, &view, flags);  ...  PyBuffer_Release(&view);   or for
// PyOS_FSPath(o)   when the object is a str or an os.PathLike.
class PictureSource {
 public:
  // False with an exception set and nothing borrowed.
  bool acquire(Arguments& args, const char* argument, PyObject* object) {
    if (!PyUnicode_Check(object)) return content_.acquire(args, argument, object);
    is_text_ = read_path(args, argument, object, path_);
    return is_text_;
  }
  void release() noexcept {
    if (!is_text_) content_.release();
  }
  // Bytes that `open` brought together.
  std::size_t copied() const noexcept { return gathered_.bytes(); }

  // The file's bytes, valid as long as this object. Bytes that do not lie in one piece are brought
  // together in memory of `arena`. Throws FileError, bad_alloc, and what the checkpoint throws.
  kernels::image::Bytes open(kernels::Arena& arena, kernels::Checkpoint& checkpoint) {
    if (is_text_ || content_.is_path()) {
      const auto bytes = file_.emplace(is_text_ ? path_ : content_.path(), checkpoint).bytes();
      return {reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()};
    }
    const BorrowedBytes& bytes = content_.bytes();
    if (bytes.is_contiguous()) return bytes.bytes();
    gathered_ = arena.allocate(bytes.size());
    kernels::StridedBytes(bytes.view(), bytes.item_size())
        .copy(0, {gathered_.data(), bytes.size()});
    return {gathered_.data(), bytes.size()};
  }

 private:
  BorrowedContent content_;
  std::string path_;
  bool is_text_ = false;
  std::optional<kernels::MappedFile> file_;
  kernels::Block gathered_;
};

}  // namespace fastlane
