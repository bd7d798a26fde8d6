// Chooses the decoder by how the file begins; what is no JPEG is taken for a PNG, which says why
// not.
#include "kernels/image/picture.hpp"

#include "kernels/image/decode_png.hpp"

namespace fastlane::kernels::image {
namespace {

std::variant<Png, Jpeg> read_file(Bytes file, const PngLimits& limits, Checkpoint& checkpoint) {
  if (is_jpeg(file)) return read_jpeg_head(file, limits);
  return read_png(file, limits, checkpoint);
}

}  // namespace

const char* name_of(FileFormat format) { return format == FileFormat::jpeg ? "JPEG" : "PNG"; }

PictureInfo info(Bytes file, const PngLimits& limits, Checkpoint& checkpoint) {
  PictureInfo said;
  if (is_jpeg(file)) {
    const Jpeg jpeg = read_jpeg_head(file, limits);
    said.format = FileFormat::jpeg;
    said.shape = jpeg.shape;
    said.colour_type = static_cast<unsigned>(jpeg.shape.channels == 1 ? Colour::grey : Colour::rgb);
    said.interlaced = jpeg.is_progressive;
    return said;
  }
  const Png png = read_png_header(file, limits, checkpoint);
  said.shape = shape_of(png);
  said.bit_depth = png.bit_depth;
  said.colour_type = static_cast<unsigned>(png.colour);
  said.interlaced = png.interlaced;
  said.gamma = png.gamma;
  return said;
}

Picture::Picture(Bytes file, const PngLimits& limits, Checkpoint& checkpoint)
    : read_(read_file(file, limits, checkpoint)) {}

PictureShape Picture::shape() const {
  if (const auto* jpeg = std::get_if<Jpeg>(&read_)) return jpeg->shape;
  return shape_of(std::get<Png>(read_));
}

void Picture::decode(StripSink& sink, Arena& arena, Checkpoint& checkpoint) const {
  if (const auto* jpeg = std::get_if<Jpeg>(&read_)) return decode_jpeg(*jpeg, sink, checkpoint);
  decode_png(std::get<Png>(read_), sink, arena, checkpoint);
}

}  // namespace fastlane::kernels::image
