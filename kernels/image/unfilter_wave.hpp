// Several PNG rows at once: in each step, row r of the group is at pixel t - r, so that what its
// filter looks at is known. One vector holds four bytes of every row; the pixel above comes from
// the neighbouring lane of the step before, the one at the upper left from the step before that.
// Written once for every vector width; the functions of unfilter.cpp choose the instruction set.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace fastlane::kernels::image {

template <std::size_t kRows>
struct WaveVectors {
  typedef std::uint8_t Bytes  // NOLINT(modernize-use-using)
      __attribute__((vector_size(4 * kRows)));
  typedef std::uint32_t Pixels  // NOLINT(modernize-use-using)
      __attribute__((vector_size(4 * kRows)));
};

typedef std::uint8_t Bytes16 __attribute__((vector_size(16)));  // NOLINT(modernize-use-using)
typedef std::uint8_t Bytes32 __attribute__((vector_size(32)));  // NOLINT(modernize-use-using)

// kPixel bytes lie from one pixel to the next, at most four.
template <std::size_t kRows, std::size_t kPixel>
class Wave {
 public:
  using Vector = typename WaveVectors<kRows>::Bytes;
  using Pixels = typename WaveVectors<kRows>::Pixels;

  // Row r of the group: its filter at filtered[r * stride], then its bytes.
  [[gnu::always_inline]] Wave(const std::byte* filtered, std::size_t row_bytes,
                              const std::byte* above, std::byte* out, std::ptrdiff_t out_stride)
      : filtered_(filtered),
        stride_(row_bytes + 1),
        width_(row_bytes / kPixel),
        above_(above),
        out_(out),
        out_stride_(out_stride) {
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto filter = std::to_integer<unsigned>(filtered[row * stride_]);
      for (std::size_t kind = 1; kind <= 4; ++kind) {
        lanes_[kind - 1][row] = filter == kind ? ~std::uint32_t{0} : 0;
      }
    }
  }

  [[gnu::always_inline]] void run() {
    const std::size_t end = width_ + kRows - 1;
    std::size_t time = 0;
    for (; time < kRows - 1 && time < end; ++time) step_alone(time);
    // Sixteen bytes from the foremost row's pixel on must lie within the row.
    while (time * kPixel + 16 <= width_ * kPixel) {
      four_steps(time);
      time += 4;
    }
    for (; time < end; ++time) step_alone(time);
  }

 private:
  [[gnu::always_inline]] const std::byte* source(std::size_t row, std::size_t pixel) const {
    return filtered_ + row * stride_ + 1 + pixel * kPixel;
  }
  [[gnu::always_inline]] std::byte* target(std::size_t row, std::size_t pixel) const {
    return out_ + static_cast<std::ptrdiff_t>(row) * out_stride_ +
           static_cast<std::ptrdiff_t>(pixel * kPixel);
  }

  // Makes the pixels of one step out of the filtered ones; `above` is the row above the group.
  [[gnu::always_inline]] void step(const Pixels& filtered, std::uint32_t above) {
    Pixels first{};
    first[0] = above;
    const Vector upper_left = upper_;
    shift_to_upper(first, std::make_index_sequence<kRows>());
    const Vector& left = made_;
    const Vector& up = upper_;

    const Vector up_gap = (up > upper_left ? up : upper_left) - (up > upper_left ? upper_left : up);
    const Vector left_gap =
        (left > upper_left ? left : upper_left) - (left > upper_left ? upper_left : left);
    const Vector low = left < up ? left : up;
    const Vector high = left < up ? up : left;
    // The third distance is the difference of the other two when the upper left one lies between
    // left and up; otherwise it is their sum, which is never less than either.
    const Vector gap =
        (up_gap > left_gap ? up_gap : left_gap) - (up_gap > left_gap ? left_gap : up_gap);
    const Vector least = up_gap < left_gap ? up_gap : left_gap;
    const Vector between = Vector(upper_left > low) & Vector(upper_left < high);
    const Vector chooses_corner = between & Vector(gap < least);
    const Vector chooses_left = Vector(up_gap <= left_gap);
    const Vector edge = (left & chooses_left) | (up & ~chooses_left);
    const Vector paeth = (upper_left & chooses_corner) | (edge & ~chooses_corner);

    const Vector mean = (left & up) + ((left ^ up) >> 1);
    made_ = Vector(filtered) + ((left & Vector(lanes_[0])) | (up & Vector(lanes_[1])) |
                                (mean & Vector(lanes_[2])) | (paeth & Vector(lanes_[3])));
  }

  // The pixels that the step before made, one lane further, behind the one from above the group.
  template <std::size_t... kLane>
  [[gnu::always_inline]] void shift_to_upper(const Pixels& first, std::index_sequence<kLane...>) {
    upper_ =
        Vector(__builtin_shufflevector(Pixels(made_), first, (kLane == 0 ? kRows : kLane - 1)...));
  }

  [[gnu::always_inline]] void step_alone(std::size_t time) {
    alignas(64) std::array<std::uint32_t, kRows> pixels{};
    for (std::size_t row = 0; row < kRows; ++row) {
      if (time >= row && time - row < width_) {
        std::memcpy(&pixels[row], source(row, time - row), kPixel);
      }
    }
    std::uint32_t above = 0;
    if (time < width_) std::memcpy(&above, above_ + time * kPixel, kPixel);
    Pixels filtered;
    std::memcpy(&filtered, pixels.data(), sizeof(filtered));
    step(filtered, above);
    std::memcpy(pixels.data(), &made_, sizeof(made_));
    for (std::size_t row = 0; row < kRows; ++row) {
      if (time >= row && time - row < width_) {
        std::memcpy(target(row, time - row), &pixels[row], kPixel);
      }
    }
  }

  [[gnu::always_inline]] void four_steps(std::size_t time) {
    Pixels square[4];
    for (std::size_t i = 0; i < 4; ++i) {
      Vector bytes;
      load_rows(i, time, bytes);
      spread(bytes, std::make_index_sequence<4 * kRows>());
      square[i] = Pixels(bytes);
    }
    transpose(square, std::make_index_sequence<kRows>());
    for (std::size_t i = 0; i < 4; ++i) {
      std::uint32_t above;
      std::memcpy(&above, above_ + (time + i) * kPixel, sizeof(above));
      step(square[i], above);
      square[i] = Pixels(made_);
    }
    transpose(square, std::make_index_sequence<kRows>());
    for (std::size_t i = 0; i < 4; ++i) {
      Vector bytes = Vector(square[i]);
      pack(bytes, std::make_index_sequence<4 * kRows>());
      store_rows(i, time, bytes);
    }
  }

  // Rows i, i + 4, i + 8 and so on, sixteen bytes of each.
  [[gnu::always_inline]] void load_rows(std::size_t i, std::size_t time, Vector& bytes) const {
    Bytes16 parts[kRows / 4];
    for (std::size_t part = 0; part < kRows / 4; ++part) {
      const std::size_t row = i + 4 * part;
      std::memcpy(&parts[part], source(row, time - row), sizeof(Bytes16));
    }
    if constexpr (kRows == 4) {
      bytes = parts[0];
    } else if constexpr (kRows == 8) {
      join(parts[0], parts[1], bytes, std::make_index_sequence<32>());
    } else {
      Bytes32 low;
      Bytes32 high;
      join(parts[0], parts[1], low, std::make_index_sequence<32>());
      join(parts[2], parts[3], high, std::make_index_sequence<32>());
      join(low, high, bytes, std::make_index_sequence<64>());
    }
  }
  template <class Half, class Whole, std::size_t... kByte>
  [[gnu::always_inline]] static void join(const Half& low, const Half& high, Whole& whole,
                                          std::index_sequence<kByte...>) {
    whole = __builtin_shufflevector(low, high, kByte...);
  }

  [[gnu::always_inline]] void store_rows(std::size_t i, std::size_t time,
                                         const Vector& bytes) const {
    for (std::size_t part = 0; part < kRows / 4; ++part) {
      const std::size_t row = i + 4 * part;
      std::memcpy(target(row, time - row), reinterpret_cast<const std::byte*>(&bytes) + 16 * part,
                  sizeof(Bytes16));
    }
  }

  // Within each sixteen bytes: four pixels to four bytes each, whatever the last of them hold, and
  // back.
  template <std::size_t... kByte>
  [[gnu::always_inline]] static void spread(Vector& bytes, std::index_sequence<kByte...>) {
    if constexpr (kPixel == 4) return;
    bytes = __builtin_shufflevector(bytes, bytes,
                                    (kByte / 16 * 16 + kByte % 16 / 4 * kPixel + kByte % 4)...);
  }
  template <std::size_t... kByte>
  [[gnu::always_inline]] static void pack(Vector& bytes, std::index_sequence<kByte...>) {
    if constexpr (kPixel == 4) return;
    bytes = __builtin_shufflevector(
        bytes, bytes,
        (kByte / 16 * 16 +
         (kByte % 16 < 4 * kPixel ? kByte % 16 / kPixel * 4 + kByte % 16 % kPixel : 0))...);
  }

  // Interleaves the lower, or the upper, two pixels of each sixteen bytes.
  template <std::size_t kLane>
  static constexpr int kLow = static_cast<int>(kLane / 4 * 4 + kLane % 4 / 2 + kLane % 2 * kRows);
  template <std::size_t kLane>
  static constexpr int kHigh = kLow<kLane> + 2;

  // Squares of four by four pixels, in each sixteen bytes of the four vectors.
  template <std::size_t... kLane>
  [[gnu::always_inline]] static void transpose(Pixels (&square)[4], std::index_sequence<kLane...>) {
    const Pixels low02 = __builtin_shufflevector(square[0], square[2], kLow<kLane>...);
    const Pixels high02 = __builtin_shufflevector(square[0], square[2], kHigh<kLane>...);
    const Pixels low13 = __builtin_shufflevector(square[1], square[3], kLow<kLane>...);
    const Pixels high13 = __builtin_shufflevector(square[1], square[3], kHigh<kLane>...);
    square[0] = __builtin_shufflevector(low02, low13, kLow<kLane>...);
    square[1] = __builtin_shufflevector(low02, low13, kHigh<kLane>...);
    square[2] = __builtin_shufflevector(high02, high13, kLow<kLane>...);
    square[3] = __builtin_shufflevector(high02, high13, kHigh<kLane>...);
  }

  const std::byte* filtered_;
  std::size_t stride_;
  std::size_t width_;
  const std::byte* above_;
  std::byte* out_;
  std::ptrdiff_t out_stride_;
  Pixels lanes_[4];  // by filter: which rows have it
  Vector made_{};    // the pixels of the step before
  Vector upper_{};   // and those above them
};

}  // namespace fastlane::kernels::image
