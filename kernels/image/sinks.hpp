// Where decoded rows end: in an array of pixels, or through a map in a tensor.
#pragma once

#include <cstddef>

#include "kernels/arena.hpp"
#include "kernels/array_view.hpp"
#include "kernels/image/strips.hpp"
#include "kernels/image/tensor.hpp"

namespace fastlane::kernels::image {

// Rows of the picture in memory that is used again for each strip.
class StripMemory {
 public:
  StripMemory(const PictureShape& shape, Arena& arena) : shape_(shape), arena_(arena) {}

  Place of(std::size_t count);
  PixelView view(std::size_t count) const;

 private:
  PictureShape shape_;
  Arena& arena_;
  Block memory_;
};

// Into an (H, W, C) array of any strides, directly where its pixels lie side by side.
class PixelSink final : public StripSink {
 public:
  PixelSink(const PictureShape& shape, const ArrayView& out, Arena& arena);
  Place place(std::size_t first, std::size_t count) override;
  void done(std::size_t first, std::size_t count, Checkpoint& checkpoint) override;

 private:
  PictureShape shape_;
  const ArrayView& out_;
  bool is_direct_;
  StripMemory memory_;
};

// Into a tensor, as the plan says.
class TensorSink final : public StripSink {
 public:
  TensorSink(const PictureShape& shape, const TensorPlan& plan, const ArrayView& out, Arena& arena)
      : plan_(plan), out_(out), memory_(shape, arena) {}
  Place place(std::size_t first, std::size_t count) override;
  void done(std::size_t first, std::size_t count, Checkpoint& checkpoint) override;

 private:
  const TensorPlan& plan_;
  const ArrayView& out_;
  StripMemory memory_;
};

}  // namespace fastlane::kernels::image
