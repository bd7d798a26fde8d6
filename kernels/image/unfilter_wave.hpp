// Several PNG rows at once: in each step, row r of the group is at pixel t - r, so that what its
// filter looks at is known. One vector holds four bytes of every row; the pixel above comes from
// the neighbouring lane of the step before, the one at the upper left from the step before that.
// Written once for every vector width; the functions of unfilter.cpp choose the instruction set.
#pragma once

#include <algorithm>
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

// Pixels at constant distances to others. Not inlined, nor are its rounds unrolled: it is for the
// edges of a picture.
template <std::size_t kPixel>
[[gnu::noinline]] void copy_pixels(const void* from, std::ptrdiff_t from_step, void* to,
                                   std::ptrdiff_t to_step, std::size_t count) {
  const auto* source = static_cast<const std::byte*>(from);
  auto* target = static_cast<std::byte*>(to);
  for (; count != 0; --count, source += from_step, target += to_step) {
    std::memcpy(target, source, kPixel);
  }
}

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
        stride_(static_cast<std::ptrdiff_t>(row_bytes) + 1),
        width_(row_bytes / kPixel),
        above_(above),
        out_(out),
        out_stride_(out_stride) {
    for (std::size_t row = 0; row < kRows; ++row) {
      const auto filter = std::to_integer<unsigned>(source(row, 0)[-1]);
      for (std::size_t kind = 1; kind <= 4; ++kind) {
        lanes_[kind - 1][row] = filter == kind ? ~std::uint32_t{0} : 0;
      }
    }
  }

  [[gnu::always_inline]] void run() {
    const std::size_t end = width_ + kRows - 1;
    for (std::size_t time = 0; time < end;) {
      // Sixteen bytes from the foremost row's pixel on must lie within the row.
      if (time >= kRows - 1 && time * kPixel + 16 <= width_ * kPixel) [[likely]] {
        four_steps(time);
        time += 4;
      } else {
        step_alone(time);
        ++time;
      }
    }
  }

 private:
  // SSE2 cannot shuffle bytes.
  static constexpr bool kGoesByPixels = kRows == 4 && kPixel != 4;

  [[gnu::always_inline]] const std::byte* source(std::size_t row, std::size_t pixel) const {
    return filtered_ + static_cast<std::ptrdiff_t>(row) * stride_ + 1 + pixel * kPixel;
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
    const Vector leaves_corner =
        Vector(upper_left <= low) | Vector(upper_left >= high) | Vector(gap >= least);
    const Vector chooses_left = Vector(up_gap <= left_gap);
    const Vector edge = (left & chooses_left) | (up & ~chooses_left);
    const Vector paeth = (edge & leaves_corner) | (upper_left & ~leaves_corner);

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

  // Where some rows have not begun, or are done already.
  [[gnu::always_inline]] void step_alone(std::size_t time) {
    constexpr auto kStep = static_cast<std::ptrdiff_t>(kPixel);  // further left in the next row
    const std::size_t first = time < width_ ? 0 : time - width_ + 1;
    const std::size_t count = std::min(time + 1, kRows) - first;
    alignas(64) std::array<std::uint32_t, kRows> pixels{};
    copy_pixels<kPixel>(source(first, time - first), stride_ - kStep, &pixels[first], 4, count);
    std::uint32_t above = 0;
    if (time < width_) std::memcpy(&above, above_ + time * kPixel, kPixel);
    Pixels filtered;
    std::memcpy(&filtered, pixels.data(), sizeof(filtered));
    step(filtered, above);
    std::memcpy(pixels.data(), &made_, sizeof(made_));
    copy_pixels<kPixel>(&pixels[first], 4, target(first, time - first), out_stride_ - kStep, count);
  }

  [[gnu::always_inline]] void four_steps(std::size_t time) {
    Pixels square[4];
    for (std::size_t i = 0; i < 4; ++i) load_rows(i, time, square[i]);
    transpose(square, std::make_index_sequence<kRows>());
    for (std::size_t i = 0; i < 4; ++i) {
      std::uint32_t above;
      std::memcpy(&above, above_ + (time + i) * kPixel, sizeof(above));
      step(square[i], above);
      square[i] = Pixels(made_);
    }
    transpose(square, std::make_index_sequence<kRows>());
    for (std::size_t i = 0; i < 4; ++i) store_rows(i, time, square[i]);
  }

  // Four pixels of rows i, i + 4, i + 8 and so on, each in four bytes whose last hold anything.
  [[gnu::always_inline]] void load_rows(std::size_t i, std::size_t time, Pixels& pixels) const {
    if constexpr (kGoesByPixels) {
      for (std::size_t pixel = 0; pixel < 4; ++pixel) {
        std::uint32_t bytes;
        std::memcpy(&bytes, source(i, time - i + pixel), sizeof(bytes));
        pixels[pixel] = bytes;
      }
      return;
    }
    Bytes16 parts[kRows / 4];
    for (std::size_t part = 0; part < kRows / 4; ++part) {
      const std::size_t row = i + 4 * part;
      std::memcpy(&parts[part], source(row, time - row), sizeof(Bytes16));
    }
    Vector bytes;
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
    spread(bytes, std::make_index_sequence<4 * kRows>());
    pixels = Pixels(bytes);
  }
  template <class Half, class Whole, std::size_t... kByte>
  [[gnu::always_inline]] static void join(const Half& low, const Half& high, Whole& whole,
                                          std::index_sequence<kByte...>) {
    whole = __builtin_shufflevector(low, high, kByte...);
  }

  // What goes beyond a row's four pixels is written again by its next step.
  [[gnu::always_inline]] void store_rows(std::size_t i, std::size_t time,
                                         const Pixels& pixels) const {
    if constexpr (kGoesByPixels) {
      for (std::size_t pixel = 0; pixel < 4; ++pixel) {
        const std::uint32_t bytes = pixels[pixel];
        std::memcpy(target(i, time - i + pixel), &bytes, sizeof(bytes));
      }
      return;
    }
    Vector bytes = Vector(pixels);
    pack(bytes, std::make_index_sequence<4 * kRows>());
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
  std::ptrdiff_t stride_;
  std::size_t width_;
  const std::byte* above_;
  std::byte* out_;
  std::ptrdiff_t out_stride_;
  Pixels lanes_[4];  // by filter: which rows have it
  Vector made_{};    // the pixels of the step before
  Vector upper_{};   // and those above them
};

}  // namespace fastlane::kernels::image
