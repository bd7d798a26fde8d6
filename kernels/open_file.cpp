// open, fstat, poll, read, close, with interruptions answered instead of hidden.
#include "kernels/open_file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "kernels/file_error.hpp"

namespace fastlane::kernels {
namespace {

// Waits a moment for bytes, the end or an error. A wait that read() did itself would miss a signal
// that comes right before it.
bool has_news(int descriptor) noexcept {
  constexpr int kMomentMs = 50;
  pollfd readable = {descriptor, POLLIN, 0};
  const int ready = ::poll(&readable, 1, kMomentMs);
  return ready > 0 || (ready < 0 && errno != EINTR);
}

}  // namespace

OpenFile::OpenFile(const std::string& path, Checkpoint& checkpoint) : path_(path) {
  while ((descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC)) < 0) {
    if (errno != EINTR) throw_file_error(errno, path);
    checkpoint.ask_now();
  }
  struct stat status = {};
  int failure = ::fstat(descriptor_, &status) == 0 ? 0 : errno;
  if (S_ISDIR(status.st_mode)) failure = EISDIR;
  if (failure != 0) {
    ::close(descriptor_);
    throw_file_error(failure, path);
  }
  is_regular_ = S_ISREG(status.st_mode);
  said_size_ = is_regular_ ? static_cast<std::size_t>(status.st_size) : 0;
}

OpenFile::~OpenFile() { ::close(descriptor_); }

std::size_t OpenFile::read(std::span<std::byte> block, Checkpoint& checkpoint) {
  while (true) {
    if (is_regular_ || has_news(descriptor_)) {
      const ssize_t count = ::read(descriptor_, block.data(), block.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR && errno != EAGAIN) throw_file_error(errno, path_);
    }
    checkpoint.ask_now();
  }
}

}  // namespace fastlane::kernels
