// Maps, reads and advises.
#include "kernels/mapped_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <new>
#include <span>
#include <utility>

#include "kernels/file_error.hpp"
#include "kernels/open_file.hpp"

namespace fastlane::kernels {
namespace {

std::size_t page_size() noexcept {
  const long size = ::sysconf(_SC_PAGESIZE);
  return size > 0 ? static_cast<std::size_t>(size) : 4096;
}

// Large blocks come in huge pages: touching them for the first time costs a tenth.
char* new_block(std::size_t size) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  void* block = nullptr;
  if (size < 2 * kHugePage) {
    block = std::malloc(size);
  } else if (::posix_memalign(&block, kHugePage, size) != 0) {
    block = nullptr;
  } else {
    static_cast<void>(::madvise(block, size, MADV_HUGEPAGE));
  }
  if (block == nullptr) throw std::bad_alloc();
  return static_cast<char*>(block);
}

}  // namespace

MappedFile::MappedFile(const std::string& path, Checkpoint& checkpoint, FilePolicy policy) {
  OpenFile file(path, checkpoint);
  const std::size_t size = file.said_size();
  if (size == 0 || policy == FilePolicy::snapshot) {
    read_all(file, checkpoint);
    return;
  }
  void* place = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor(), 0);
  if (place == MAP_FAILED) {
    // Some file systems cannot map; their files can still be read.
    if (errno != ENODEV && errno != EACCES && errno != EINVAL) throw_file_error(errno, path);
    read_all(file, checkpoint);
    return;
  }
  static_cast<void>(::madvise(place, size, MADV_SEQUENTIAL));
  static_cast<void>(::madvise(place, size, MADV_HUGEPAGE));  // where the file system has them
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

// One byte more than the file says it has: so the end is seen without growing.
void MappedFile::read_all(OpenFile& file, Checkpoint& checkpoint) {
  constexpr std::size_t kStep = std::size_t{64} << 10;
  constexpr std::size_t kPiece = std::size_t{4} << 20;
  std::size_t capacity = file.said_size() + 1;
  content_.reset(new_block(capacity));
  std::size_t size = 0;
  while (true) {
    if (size == capacity) {
      capacity = capacity * 2 + kStep;
      void* larger = std::realloc(content_.get(), capacity);
      if (larger == nullptr) throw std::bad_alloc();
      static_cast<void>(content_.release());
      content_.reset(static_cast<char*>(larger));
    }
    const std::size_t room = capacity - size < kPiece ? capacity - size : kPiece;
    const std::size_t count =
        file.read(std::as_writable_bytes(std::span(content_.get() + size, room)), checkpoint);
    if (count == 0) break;
    size += count;
    checkpoint.spend(count);
  }
  bytes_ = std::string_view(content_.get(), size);
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
