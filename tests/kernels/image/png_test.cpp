// Whole files that are written here, read from memory that ends where they end.
#include "kernels/image/png.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "kernels/arena.hpp"
#include "kernels/image/decode_error.hpp"
#include "kernels/image/inflate.hpp"
#include "kernels/image/picture.hpp"
#include "kernels/image/sinks.hpp"
#include "tests/kernels/guarded_bytes.hpp"
#include "tests/kernels/image/png_maker.hpp"

namespace fastlane::kernels::image {
namespace {

using testing::ByteVector;
using testing::GuardedBytes;

ByteVector decoded(const ByteVector& file) {
  GuardedBytes guarded(file.size());
  std::copy(file.begin(), file.end(), guarded.at_end());
  Checkpoint checkpoint;
  Arena arena;
  const Picture picture({guarded.at_end(), file.size()}, {}, checkpoint);
  const PictureShape shape = picture.shape();
  const std::array<std::ptrdiff_t, 3> sizes = {static_cast<std::ptrdiff_t>(shape.height),
                                               static_cast<std::ptrdiff_t>(shape.width),
                                               static_cast<std::ptrdiff_t>(shape.channels)};
  const auto sample = static_cast<std::ptrdiff_t>(shape.sample_bytes);
  const std::array<std::ptrdiff_t, 3> strides = {sizes[1] * sizes[2] * sample, sizes[2] * sample,
                                                 sample};
  ByteVector pixels(shape.height * shape.row_bytes());
  const DType dtype = sample == 2 ? DType::uint16 : DType::uint8;
  const ArrayView out{pixels.data(), dtype, 3, sizes.data(), strides.data()};
  PixelSink sink(shape, out, arena);
  picture.decode(sink, arena, checkpoint);
  return pixels;
}

DecodeError refusal(const ByteVector& file) {
  try {
    decoded(file);
  } catch (const DecodeError& error) {
    return error;
  }
  return DecodeError("none", 0, "the picture was taken for whole");
}

TEST(Png, DecodesWhatItsRowsHold) {
  for (const std::size_t pieces : {1u, 2u, 500u}) {
    const auto rows = testing::random_rows(70, 3 * 90, 3, {0, 1, 2, 3, 4}, 5);
    const ByteVector file =
        testing::make_png({90, 70, 8, 2}, testing::stored(rows.filtered, 700), pieces);
    EXPECT_EQ(decoded(file), rows.plain);
  }
}

TEST(Png, RefusesEveryCut) {
  const auto rows = testing::random_rows(9, 4 * 11, 4, {4, 1}, 5);
  const ByteVector file = testing::make_png({11, 9, 8, 6}, testing::stored(rows.filtered), 2);
  EXPECT_EQ(decoded(file), rows.plain);
  for (std::size_t size = 0; size < file.size(); ++size) {
    const DecodeError error =
        refusal(ByteVector(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_NE(error.chunk(), "none") << size;
    EXPECT_LE(error.offset(), size);
  }
}

TEST(Png, RefusesEveryFlippedByte) {
  const auto rows = testing::random_rows(9, 4 * 11, 4, {4, 1}, 5);
  const ByteVector file = testing::make_png({11, 9, 8, 6}, testing::stored(rows.filtered), 2);
  for (std::size_t at = 0; at < file.size(); ++at) {
    ByteVector damaged = file;
    damaged[at] ^= std::byte{0x20};
    EXPECT_NE(refusal(damaged).chunk(), "none") << at;
  }
}

TEST(Png, RefusesHugePicturesInSmallFiles) {
  for (const std::uint32_t side : {0x7fffffffu, 0x4000u}) {
    const ByteVector file = testing::make_png({side, side, 16, 6}, testing::stored(ByteVector(50)));
    Checkpoint checkpoint;
    EXPECT_THROW(read_png(file, {~std::uint64_t{0}}, checkpoint), DecodeError);
  }
}

TEST(Png, BothLibrariesInflateTheSameAndRefuseTheSame) {
  const auto rows = testing::random_rows(40, 3 * 50, 3, {1}, 5);
  ByteVector stream = testing::stored(rows.filtered, 999);
  for (const int change : {0, 1, 2, 3}) {
    ByteVector changed = stream;
    if (change == 1) changed.back() ^= std::byte{1};
    if (change == 2) changed.push_back(std::byte{0});
    if (change == 3) changed[1] ^= std::byte{1};
    const ByteVector file = testing::make_png({50, 40, 8, 2}, changed, 3);
    Checkpoint checkpoint;
    Arena arena;
    const Png png = read_png(file, {}, checkpoint);
    for (const Inflater inflater : {Inflater::isal, Inflater::libdeflate}) {
      const auto inflate = [&] {
        const auto data = inflated_data(png, inflater, 151 * 8, arena, checkpoint);
        ByteVector all;
        for (int strip = 0; strip < 5; ++strip) {
          const Bytes bytes = data->take(151 * 8, checkpoint);
          all.insert(all.end(), bytes.begin(), bytes.end());
        }
        data->finish(checkpoint);
        return all;
      };
      if (change == 0) {
        EXPECT_EQ(inflate(), rows.filtered);
      } else {
        EXPECT_THROW(inflate(), DecodeError) << change;
      }
    }
    EXPECT_EQ(arena.stats().bytes_in_use, 0u);
  }
}

}  // namespace
}  // namespace fastlane::kernels::image
