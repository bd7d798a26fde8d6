// Bytes that come in pieces: those of a compressed file, or whatever the boundary hands out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "kernels/checkpoint.hpp"
#include "kernels/mapped_file.hpp"

namespace fastlane::kernels::records {

// Packed bytes that cannot be unpacked to their end.
class DamagedStream : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class ByteStream {
 public:
  ByteStream() = default;
  ByteStream(const ByteStream&) = delete;
  ByteStream& operator=(const ByteStream&) = delete;
  virtual ~ByteStream() = default;

  // The next piece, which stays where it is until the next call; empty at the end. Throws
  // DamagedStream, and what checkpoint and source throw.
  virtual std::string_view next(Checkpoint& checkpoint) = 0;
  // Bytes taken from where the stream comes from.
  virtual std::uint64_t taken() const = 0;
};

// Bytes in memory, a piece at a time; pages of the file that have been read are let go.
std::unique_ptr<ByteStream> stream_of(std::string_view bytes, const MappedFile* file);

// Whether bytes begin as gzip does.
bool is_gzip(std::string_view bytes);

// What `packed` holds, members one after the other. `packed` outlives the stream.
std::unique_ptr<ByteStream> unpack_gzip(ByteStream& packed);

// Puts `first` in front of the rest of `stream`, which outlives it.
class Preceded final : public ByteStream {
 public:
  Preceded(std::string first, ByteStream& stream) : first_(std::move(first)), stream_(stream) {}
  std::string_view next(Checkpoint& checkpoint) override {
    if (given_) return stream_.next(checkpoint);
    given_ = true;
    return first_.empty() ? stream_.next(checkpoint) : std::string_view(first_);
  }
  std::uint64_t taken() const override { return stream_.taken(); }

 private:
  std::string first_;
  ByteStream& stream_;
  bool given_ = false;
};

}  // namespace fastlane::kernels::records
