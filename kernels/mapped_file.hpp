// The content of a file as bytes in memory: mapped where that is possible, read where it is not
// (pipes, devices, files of /proc that say they are empty). Never writes; never shares a handle.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "kernels/checkpoint.hpp"

namespace fastlane::kernels {

class OpenFile;

// share maps the file where that is possible; snapshot reads it, so that nothing that others do to
// the file later can be seen.
enum class FilePolicy { share, snapshot };

class MappedFile {
 public:
  // Throws FileError, also for a directory; std::bad_alloc; what the checkpoint throws.
  MappedFile(const std::string& path, Checkpoint& checkpoint,
             FilePolicy policy = FilePolicy::share);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  std::string_view bytes() const { return bytes_; }
  // False when the content was read into memory of its own. A mapping shows what others do to the
  // file meanwhile; reading behind an end that somebody has cut off raises SIGBUS.
  bool is_mapped() const { return mapped_; }

  // Advice for one pass from front to back, in pieces: brings the pages of a piece in at once, and
  // lets them go (the one in which the piece ends goes with the next). Pieces need no alignment.
  // Never fails; does nothing for content that was read.
  void will_need(std::size_t begin, std::size_t size) const noexcept;
  void forget(std::size_t begin, std::size_t size) const noexcept;

 private:
  struct Free {
    void operator()(char* memory) const noexcept { std::free(memory); }
  };
  void read_all(OpenFile& file, Checkpoint& checkpoint);

  std::string_view bytes_;
  bool mapped_ = false;
  std::unique_ptr<char, Free> content_;  // when it is not mapped
};

}  // namespace fastlane::kernels
