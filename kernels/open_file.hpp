// An open file descriptor, for reading in blocks: no mapping, so a file that shrinks meanwhile only
// ends early. Waits for pipes in short steps and asks its checkpoint in between.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "kernels/checkpoint.hpp"

namespace fastlane::kernels {

// Stands for   int fd = open(path, O_RDONLY | O_CLOEXEC);  ...  close(fd);
class OpenFile {
 public:
  // Contract: waits for a writer when the path is a pipe; throws FileError, and what the checkpoint
  // throws.
  OpenFile(const std::string& path, Checkpoint& checkpoint);
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile();

  // Bytes that the file says it has; 0 for what has no size (pipes, many entries of /proc).
  std::size_t said_size() const noexcept { return said_size_; }
  bool is_regular() const noexcept { return is_regular_; }
  int descriptor() const noexcept { return descriptor_; }

  // Reads what there is, at most one block; 0 at the end of the file.
  // Contract: `block` is not empty; throws FileError, and what the checkpoint throws.
  std::size_t read(std::span<std::byte> block, Checkpoint& checkpoint);

 private:
  std::string path_;
  int descriptor_ = -1;
  bool is_regular_ = false;
  std::size_t said_size_ = 0;
};

}  // namespace fastlane::kernels
