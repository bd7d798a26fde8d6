// A picture file of any format that is known here: what it says about itself, and its pixels.
#pragma once

#include <optional>
#include <variant>

#include "kernels/arena.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/image/jpeg.hpp"
#include "kernels/image/png.hpp"
#include "kernels/image/strips.hpp"

namespace fastlane::kernels::image {

enum class FileFormat { png, jpeg };
const char* name_of(FileFormat format);

struct PictureInfo {
  FileFormat format = FileFormat::png;
  PictureShape shape;
  unsigned bit_depth = 8;
  unsigned colour_type = 0;  // as PNG numbers them
  bool interlaced = false;
  std::optional<double> gamma;
};

// From the head of the file alone.
// Contract: throws DecodeError, and what the checkpoint throws.
PictureInfo info(Bytes file, const PngLimits& limits, Checkpoint& checkpoint);

class Picture {
 public:
  // Contract: `file` outlives the picture; throws DecodeError, bad_alloc, and what the checkpoint
  // throws.
  Picture(Bytes file, const PngLimits& limits, Checkpoint& checkpoint);

  PictureShape shape() const;

  // Contract: as decode_png.
  void decode(StripSink& sink, Arena& arena, Checkpoint& checkpoint) const;

 private:
  std::variant<Png, Jpeg> read_;
};

}  // namespace fastlane::kernels::image
