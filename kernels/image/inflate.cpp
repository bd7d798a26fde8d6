// One stream class for each library. What they say about damage is turned into our own words, with
// the place of the first IDAT chunk: a stream does not know in which chunk it is.
#include "kernels/image/inflate.hpp"

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>

#include <cstring>
#include <string>
#include <utility>

#include "kernels/image/decode_error.hpp"

namespace fastlane::kernels::image {
namespace {

[[noreturn]] void refuse(const Png& png, const std::string& problem) {
  throw DecodeError("IDAT", png.data_offset, problem);
}

constexpr const char* kTooLong = "the data goes on behind the last pixel";
constexpr const char* kTooShort = "the data ends before the last pixel";
constexpr const char* kDamaged = "the compressed data is damaged";
constexpr const char* kWrongSum = "the Adler-32 checksum of the data is wrong";
constexpr const char* kTrailing = "something stands behind the end of the compressed data";
constexpr const char* kNoZlib = "the compressed data does not begin like a zlib stream";

// Libraries may return with the upper halves of the vector registers in use, which slows the legacy
// SSE code of whoever runs next.
[[gnu::always_inline]] inline void clean_vector_state() noexcept {
  if (__builtin_cpu_supports("avx")) asm volatile("vzeroupper");
}

class IsalData final : public InflatedData {
 public:
  IsalData(const Png& png, std::size_t most, Arena& arena)
      : png_(png),
        memory_(arena.allocate(kStateBytes + most)),
        state_(reinterpret_cast<inflate_state*>(memory_.data())) {
    // ISA-L takes windows that zlib does not have.
    if (!png.data.empty() && std::to_integer<unsigned>(png.data.front()[0]) >> 4 > 7) {
      refuse(png, kNoZlib);
    }
    isal_inflate_init(state_);
    state_->crc_flag = ISAL_ZLIB;
  }

  Bytes take(std::size_t bytes, Checkpoint& checkpoint) override {
    std::byte* place = memory_.data() + kStateBytes;
    if (inflate(place, bytes) != bytes) refuse(png_, kTooShort);
    checkpoint.spend(kCostOfInflating * bytes);
    return {place, bytes};
  }

  void finish(Checkpoint&) override {
    std::byte surplus;
    if (inflate(&surplus, 1) != 0) refuse(png_, kTooLong);
    if (state_->block_state != ISAL_BLOCK_FINISH) refuse(png_, "the compressed data has no end");
    if (state_->avail_in != 0 || next_piece_ != png_.data.size() || state_->read_in_length >= 8) {
      refuse(png_, kTrailing);
    }
  }

 private:
  static constexpr std::size_t kStateBytes = (sizeof(inflate_state) + 63) / 64 * 64;
  static constexpr std::size_t kCostOfInflating = 8;  // as much time as so many bytes of traffic

  // As many bytes as there are, up to `bytes`.
  std::size_t inflate(std::byte* place, std::size_t bytes) {
    std::size_t done = 0;
    while (done < bytes && state_->block_state != ISAL_BLOCK_FINISH) {
      if (state_->avail_in == 0 && next_piece_ < png_.data.size()) feed();
      const std::size_t count = std::min(bytes - done, std::size_t{1} << 30);
      state_->next_out = reinterpret_cast<std::uint8_t*>(place + done);
      state_->avail_out = static_cast<std::uint32_t>(count);
      const std::uint32_t before = state_->avail_in;
      check(isal_inflate(state_));
      const std::size_t made = count - state_->avail_out;
      done += made;
      const bool is_stuck = made == 0 && state_->avail_in == before;
      if (is_stuck && next_piece_ == png_.data.size()) break;
    }
    clean_vector_state();
    return done;
  }

  void feed() {
    const Bytes piece = png_.data[next_piece_++];  // shorter than 2^31 bytes
    state_->next_in =
        const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(piece.data()));
    state_->avail_in = static_cast<std::uint32_t>(piece.size());
  }

  void check(int status) {
    switch (status) {
      case ISAL_DECOMP_OK:
      case ISAL_END_INPUT:
        return;
      case ISAL_INCORRECT_CHECKSUM:
        refuse(png_, kWrongSum);
      case ISAL_INVALID_WRAPPER:
      case ISAL_UNSUPPORTED_METHOD:
      case ISAL_NEED_DICT:
        refuse(png_, kNoZlib);
      default:
        refuse(png_, kDamaged);
    }
  }

  const Png& png_;
  Block memory_;
  inflate_state* state_;
  std::size_t next_piece_ = 0;
};

struct FreeDecompressor {
  void operator()(libdeflate_decompressor* decompressor) const noexcept {
    libdeflate_free_decompressor(decompressor);
  }
};

class LibdeflateData final : public InflatedData {
 public:
  LibdeflateData(const Png& png, Arena& arena, Checkpoint& checkpoint)
      : png_(png), bytes_(png.filtered_bytes()), memory_(arena.allocate(bytes_)) {
    Block joined;
    Bytes data = png.data.empty() ? Bytes() : png.data.front();
    if (png.data.size() > 1) {
      joined = arena.allocate(png.data_bytes);
      data = join(joined.data());
    }
    inflate(data);
    checkpoint.spend(bytes_);
  }

  Bytes take(std::size_t bytes, Checkpoint&) override {
    taken_ += bytes;
    return {memory_.data() + taken_ - bytes, bytes};
  }
  void finish(Checkpoint&) override {}  // was checked at the start

 private:
  Bytes join(std::byte* place) const {
    std::byte* at = place;
    for (const Bytes piece : png_.data) {
      std::memcpy(at, piece.data(), piece.size());
      at += piece.size();
    }
    return {place, png_.data_bytes};
  }

  void inflate(Bytes data) {
    constexpr std::size_t kHead = 2;
    constexpr std::size_t kSum = 4;
    if (data.size() < kHead + kSum) refuse(png_, kTooShort);
    const auto method = std::to_integer<unsigned>(data[0]);
    const auto flags = std::to_integer<unsigned>(data[1]);
    constexpr unsigned kDictionary = 0x20;
    if ((method & 15u) != 8 || method >> 4 > 7 || (method << 8 | flags) % 31 != 0 ||
        (flags & kDictionary) != 0) {
      refuse(png_, kNoZlib);
    }
    const std::unique_ptr<libdeflate_decompressor, FreeDecompressor> decompressor(
        libdeflate_alloc_decompressor());
    if (decompressor == nullptr) throw std::bad_alloc();
    const Bytes body = data.subspan(kHead, data.size() - kHead - kSum);
    std::size_t read = 0;
    std::size_t made = 0;
    const libdeflate_result result = libdeflate_deflate_decompress_ex(
        decompressor.get(), body.data(), body.size(), memory_.data(), bytes_, &read, &made);
    clean_vector_state();
    if (result == LIBDEFLATE_INSUFFICIENT_SPACE) refuse(png_, kTooLong);
    if (result != LIBDEFLATE_SUCCESS) refuse(png_, kDamaged);
    if (made != bytes_) refuse(png_, kTooShort);
    if (read != body.size()) refuse(png_, kTrailing);
    const std::uint32_t sum = libdeflate_adler32(1, memory_.data(), bytes_);
    clean_vector_state();
    if (sum != read_u32(body.data() + body.size())) refuse(png_, kWrongSum);
  }

  const Png& png_;
  std::size_t bytes_;
  Block memory_;
  std::size_t taken_ = 0;
};

}  // namespace

std::unique_ptr<InflatedData> inflated_data(const Png& png, Inflater inflater, std::size_t most,
                                            Arena& arena, Checkpoint& checkpoint) {
  if (inflater == Inflater::isal) return std::make_unique<IsalData>(png, most, arena);
  return std::make_unique<LibdeflateData>(png, arena, checkpoint);
}

}  // namespace fastlane::kernels::image
