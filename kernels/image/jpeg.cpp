// The library reports errors by a function that must not return, from frames of C through which no
// C++ exception may travel: it jumps back here. Between `setjmp` and the jump stand only calls of
// the library and plain values, so that no destructor is jumped over.
#include "kernels/image/jpeg.hpp"

#include <csetjmp>
#include <cstdio>
// jpeglib.h needs what stdio declares.
#include <jerror.h>
#include <jpeglib.h>

#include <algorithm>
#include <new>
#include <string>

#include "kernels/image/decode_error.hpp"

namespace fastlane::kernels::image {
namespace {

constexpr std::size_t kRowsOfStrip = 32;

// Huffman codes spend at least two bits on a block, of which there are 18 to at most 1024 pixels.
constexpr std::uint64_t kMostPixelsInAByte = 256;

struct ErrorManager {
  jpeg_error_mgr base;  // first: the library knows only this
  std::jmp_buf place;
  char message[JMSG_LENGTH_MAX];
  bool is_out_of_memory;
};

ErrorManager& manager_of(j_common_ptr info) { return *reinterpret_cast<ErrorManager*>(info->err); }

[[noreturn]] void leave(j_common_ptr info) {
  ErrorManager& manager = manager_of(info);
  info->err->format_message(info, manager.message);
  manager.is_out_of_memory = info->err->msg_code == JERR_OUT_OF_MEMORY;
  std::longjmp(manager.place, 1);
}

void take_message(j_common_ptr info, int level) {
  if (level < 0) leave(info);  // a warning: data is damaged
}

void say_nothing(j_common_ptr) {}

class Decompressor {
 public:
  explicit Decompressor(Bytes file) : file_(file) {
    info_.err = jpeg_std_error(&errors_.base);
    errors_.base.error_exit = leave;
    errors_.base.emit_message = take_message;
    errors_.base.output_message = say_nothing;
    guarded([this] {
      jpeg_create_decompress(&info_);
      jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(file_.data()),
                   static_cast<unsigned long>(file_.size()));
    });
  }
  Decompressor(const Decompressor&) = delete;
  Decompressor& operator=(const Decompressor&) = delete;
  ~Decompressor() { jpeg_destroy_decompress(&info_); }

  jpeg_decompress_struct& info() { return info_; }

  // Calls `body`, which calls the library and holds nothing that has a destructor.
  template <class Body>
  void guarded(Body&& body) {
    if (setjmp(errors_.place) == 0) {
      body();
      return;
    }
    if (errors_.is_out_of_memory) throw std::bad_alloc();
    refuse(errors_.message);
  }

  [[noreturn]] void refuse(const std::string& problem) const {
    const std::size_t left = info_.src == nullptr ? file_.size() : info_.src->bytes_in_buffer;
    throw DecodeError("JPEG", file_.size() - std::min(left, file_.size()), problem);
  }

 private:
  Bytes file_;
  ErrorManager errors_{};
  jpeg_decompress_struct info_{};
};

void read_head(Decompressor& jpeg) {
  jpeg.guarded([&] { jpeg_read_header(&jpeg.info(), TRUE); });
  jpeg_decompress_struct& info = jpeg.info();
  const bool is_grey = info.jpeg_color_space == JCS_GRAYSCALE;
  if (!is_grey && info.jpeg_color_space != JCS_YCbCr && info.jpeg_color_space != JCS_RGB) {
    jpeg.refuse("only grey and RGB pictures are read");
  }
  info.out_color_space = is_grey ? JCS_GRAYSCALE : JCS_RGB;
}

}  // namespace

bool is_jpeg(Bytes file) {
  return file.size() >= 3 && file[0] == std::byte{0xff} && file[1] == std::byte{0xd8} &&
         file[2] == std::byte{0xff};
}

Jpeg read_jpeg_head(Bytes file, const PngLimits& limits) {
  Decompressor jpeg(file);
  read_head(jpeg);
  const jpeg_decompress_struct& info = jpeg.info();
  const std::uint64_t pixels = std::uint64_t{info.image_width} * info.image_height;
  if (pixels > limits.max_pixels) {
    jpeg.refuse("a picture of " + std::to_string(info.image_width) + " x " +
                std::to_string(info.image_height) + " has " + std::to_string(pixels) +
                " pixels, more than max_pixels=" + std::to_string(limits.max_pixels));
  }
  if (info.progressive_mode == 0 && info.arith_code == 0 &&
      pixels / kMostPixelsInAByte > file.size()) {
    jpeg.refuse("the file is too short for a picture of " + std::to_string(info.image_width) +
                " x " + std::to_string(info.image_height));
  }
  const std::size_t channels = info.out_color_space == JCS_GRAYSCALE ? 1 : 3;
  return {file, {info.image_height, info.image_width, channels, 1}, info.progressive_mode != 0};
}

void decode_jpeg(const Jpeg& jpeg, StripSink& sink, Checkpoint& checkpoint) {
  Decompressor decompressor(jpeg.file);
  read_head(decompressor);
  jpeg_decompress_struct& info = decompressor.info();
  decompressor.guarded([&] { jpeg_start_decompress(&info); });
  for (std::size_t first = 0; first < jpeg.shape.height; first += kRowsOfStrip) {
    const std::size_t count = std::min(kRowsOfStrip, jpeg.shape.height - first);
    const Place place = sink.place(first, count);
    decompressor.guarded([&] {
      for (std::size_t row = 0; row < count;) {
        auto* line = reinterpret_cast<JSAMPLE*>(place.rows +
                                                static_cast<std::ptrdiff_t>(row) * place.stride);
        row += jpeg_read_scanlines(&info, &line, 1);
      }
    });
    checkpoint.spend(8 * count * jpeg.shape.row_bytes());
    sink.done(first, count, checkpoint);
  }
  decompressor.guarded([&] { jpeg_finish_decompress(&info); });
}

}  // namespace fastlane::kernels::image
