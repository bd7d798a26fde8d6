// Memory in pieces, and gzip through ISA-L.
#include "kernels/records/streams.hpp"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <limits>

#include "kernels/records/buffer.hpp"

namespace fastlane::kernels::records {
namespace {

class MemoryStream final : public ByteStream {
 public:
  MemoryStream(std::string_view bytes, const MappedFile* file) : bytes_(bytes), file_(file) {}

  std::string_view next(Checkpoint& checkpoint) override {
    constexpr std::size_t kPiece = std::size_t{1} << 20;
    if (file_ != nullptr) file_->forget(begin_, at_ - begin_);
    begin_ = at_;
    const std::size_t size = std::min(kPiece, bytes_.size() - at_);
    if (file_ != nullptr && size != 0) file_->will_need(begin_, size);
    at_ += size;
    checkpoint.spend(size);
    return bytes_.substr(begin_, size);
  }
  std::uint64_t taken() const override { return at_; }

 private:
  std::string_view bytes_;
  const MappedFile* file_;
  std::size_t begin_ = 0;
  std::size_t at_ = 0;
};

const char* reason_of(int status) {
  switch (status) {
    case ISAL_INCORRECT_CHECKSUM:
      return "gzip data whose checksum does not match";
    case ISAL_UNSUPPORTED_METHOD:
      return "gzip data of an unknown method";
    default:
      return "gzip data that is damaged";
  }
}

class GzipStream final : public ByteStream {
 public:
  explicit GzipStream(ByteStream& packed) : packed_(packed) {
    begin_member();
    out_.reserve(kPiece);
  }

  std::string_view next(Checkpoint& checkpoint) override {
    while (true) {
      if (damage_ != nullptr) throw DamagedStream(damage_);
      if (state_.avail_in == 0 && !held_) refill(checkpoint);
      if (between_members_) {
        if (!skip_padding(checkpoint)) return {};
        begin_member();
      }
      if (state_.avail_in == 0 && !held_) throw DamagedStream("gzip data that ends too early");
      state_.next_out = reinterpret_cast<std::uint8_t*>(out_.begin());
      state_.avail_out = static_cast<std::uint32_t>(kPiece);
      const int status = isal_inflate(&state_);
      const std::size_t made = kPiece - state_.avail_out;
      // A full output buffer may hide more that is already unpacked.
      held_ = state_.avail_out == 0;
      // What was unpacked before the damage still counts.
      if (status < 0 || status == ISAL_NEED_DICT) damage_ = reason_of(status);
      if (state_.block_state == ISAL_BLOCK_FINISH) {
        between_members_ = true;
        held_ = false;
      }
      checkpoint.spend(made);
      if (made != 0) return {out_.begin(), made};
    }
  }
  std::uint64_t taken() const override { return packed_.taken() - piece_.size() - state_.avail_in; }

 private:
  static constexpr std::size_t kPiece = std::size_t{128} << 10;
  static constexpr std::size_t kPacked = std::size_t{64} << 10;

  void begin_member() {
    const std::uint32_t left = state_.avail_in;
    std::uint8_t* from = state_.next_in;
    isal_inflate_init(&state_);
    state_.crc_flag = ISAL_GZIP;
    state_.avail_in = left;
    state_.next_in = from;
    between_members_ = false;
  }

  // The next packed bytes, always as many but for the last ones: how far ISA-L gets in damaged data
  // depends on the pieces in which it is given them.
  void refill(Checkpoint& checkpoint) {
    std::string_view given = take(kPacked);
    if (given.size() < kPacked) given = gather(given, checkpoint);
    // ISA-L takes a pointer to bytes that it does not change.
    state_.next_in = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(given.data()));
    state_.avail_in = static_cast<std::uint32_t>(given.size());
  }

  std::string_view take(std::size_t most) {
    const std::string_view taken = piece_.substr(0, most);
    piece_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view gather(std::string_view first, Checkpoint& checkpoint) {
    gathered_.clear();
    gathered_.append(first.data(), first.size());
    while (gathered_.size() < kPacked && !input_ended_) {
      piece_ = packed_.next(checkpoint);
      input_ended_ = piece_.empty();
      const std::string_view more = take(kPacked - gathered_.size());
      gathered_.append(more.data(), more.size());
    }
    return {gathered_.begin(), gathered_.size()};
  }

  // Zeros behind a member are padding; false at the end. Anything else begins a member.
  bool skip_padding(Checkpoint& checkpoint) {
    while (true) {
      while (state_.avail_in != 0 && *state_.next_in == 0) {
        ++state_.next_in;
        --state_.avail_in;
      }
      if (state_.avail_in != 0) break;
      refill(checkpoint);
      if (state_.avail_in == 0) return false;
    }
    if (*state_.next_in != 0x1F) throw DamagedStream("bytes behind the end of gzip data");
    return true;
  }

  ByteStream& packed_;
  inflate_state state_{};
  Buffer<char> out_;
  std::string_view piece_;  // of the packed bytes, what was not yet given to ISA-L
  Buffer<char> gathered_;
  bool between_members_ = false;
  bool input_ended_ = false;
  bool held_ = false;
  const char* damage_ = nullptr;
};

}  // namespace

std::unique_ptr<ByteStream> stream_of(std::string_view bytes, const MappedFile* file) {
  return std::make_unique<MemoryStream>(bytes, file);
}

bool is_gzip(std::string_view bytes) { return bytes.substr(0, 3) == "\x1F\x8B\x08"; }

std::unique_ptr<ByteStream> unpack_gzip(ByteStream& packed) {
  return std::make_unique<GzipStream>(packed);
}

}  // namespace fastlane::kernels::records
