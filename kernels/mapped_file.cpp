// Opens, maps, reads and advises.
#include "kernels/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace fastlane::kernels {
namespace {

[[noreturn]] void fail(const std::string& path) {
  throw std::system_error(errno, std::generic_category(), path);
}

// Closes on every way out; the mapping needs no descriptor.
class OpenFile {
 public:
  explicit OpenFile(const std::string& path) {
    do {
      file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    } while (file_ < 0 && errno == EINTR);
    if (file_ < 0) fail(path);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { ::close(file_); }
  int number() const { return file_; }

 private:
  int file_ = -1;
};

std::size_t page_size() noexcept {
  const long size = ::sysconf(_SC_PAGESIZE);
  return size > 0 ? static_cast<std::size_t>(size) : 4096;
}

}  // namespace

MappedFile::MappedFile(const std::string& path) {
  const OpenFile file(path);
  struct stat facts {};
  if (::fstat(file.number(), &facts) != 0) fail(path);
  if (S_ISDIR(facts.st_mode)) {
    errno = EISDIR;
    fail(path);
  }
  if (!S_ISREG(facts.st_mode) || facts.st_size == 0) {
    read_all(file.number(), path);
    return;
  }
  const auto size = static_cast<std::size_t>(facts.st_size);
  void* place = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.number(), 0);
  if (place == MAP_FAILED) {
    // Some file systems cannot map; their files can still be read.
    if (errno != ENODEV && errno != EACCES && errno != EINVAL) fail(path);
    read_all(file.number(), path);
    return;
  }
  static_cast<void>(::madvise(place, size, MADV_SEQUENTIAL));
  bytes_ = std::string_view(static_cast<const char*>(place), size);
  mapped_ = true;
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})),
      mapped_(std::exchange(other.mapped_, false)),
      content_(std::move(other.content_)) {}

MappedFile::~MappedFile() {
  if (mapped_) ::munmap(const_cast<char*>(bytes_.data()), bytes_.size());
}

void MappedFile::read_all(int file, const std::string& path) {
  constexpr std::size_t kStep = std::size_t{64} << 10;
  std::size_t size = 0;
  while (true) {
    if (content_.size() - size < kStep) content_.resize(content_.size() * 2 + kStep);
    const ssize_t got = ::read(file, content_.data() + size, content_.size() - size);
    if (got < 0) {
      if (errno == EINTR) continue;
      fail(path);
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  bytes_ = std::string_view(content_.data(), size);
}

void MappedFile::will_need(std::size_t begin, std::size_t size) const noexcept {
#ifdef MADV_POPULATE_READ
  if (!mapped_ || begin >= bytes_.size()) return;
  const std::size_t first = begin / page_size() * page_size();
  const std::size_t last = begin + (size < bytes_.size() - begin ? size : bytes_.size() - begin);
  static_cast<void>(
      ::madvise(const_cast<char*>(bytes_.data()) + first, last - first, MADV_POPULATE_READ));
#else
  static_cast<void>(begin);
  static_cast<void>(size);
#endif
}

void MappedFile::forget(std::size_t begin, std::size_t size) const noexcept {
  if (!mapped_ || begin >= bytes_.size()) return;
  // The last page may still be in use by the next piece; whoever uses the first one has finished.
  const std::size_t page = page_size();
  const std::size_t first = begin / page * page;
  const std::size_t left = bytes_.size() - begin;
  const std::size_t last = (begin + (size < left ? size : left)) / page * page;
  if (first >= last) return;
  static_cast<void>(
      ::madvise(const_cast<char*>(bytes_.data()) + first, last - first, MADV_DONTNEED));
}

}  // namespace fastlane::kernels
