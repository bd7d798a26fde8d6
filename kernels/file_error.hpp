// A file that could not be opened, read or mapped: the number of the error and the name of the
// file, so that whoever reports it can name both.
#pragma once

#include <string>
#include <system_error>
#include <utility>

namespace fastlane::kernels {

class FileError : public std::system_error {
 public:
  FileError(int number, std::string path)
      : std::system_error(number, std::generic_category(), path), path_(std::move(path)) {}

  const std::string& path() const noexcept { return path_; }

 private:
  std::string path_;
};

// For throw_file_error(errno, path): errno is read before the exception is made, which may need
// memory and change errno.
[[noreturn]] inline void throw_file_error(int number, const std::string& path) {
  throw FileError(number, path);
}

}  // namespace fastlane::kernels
