// Chooses the decoder by how the file begins.
#include "kernels/image/picture.hpp"

#include "kernels/image/decode_png.hpp"

namespace fastlane::kernels::image {

const char* name_of(FileFormat format) {
  static_cast<void>(format);
  return "PNG";
}

PictureInfo info(Bytes file, const PngLimits& limits, Checkpoint& checkpoint) {
  const Png png = read_png_header(file, limits, checkpoint);
  return {FileFormat::png, shape_of(png), png.bit_depth, static_cast<unsigned>(png.colour),
          png.interlaced,  png.gamma};
}

PictureShape Picture::shape() const { return shape_of(png_); }

void Picture::decode(StripSink& sink, Arena& arena, Checkpoint& checkpoint) const {
  decode_png(png_, sink, arena, checkpoint);
}

}  // namespace fastlane::kernels::image
