// Inflate, undo the filters, expand: one strip after the other.
#include "kernels/image/decode_png.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>

#include "kernels/image/decode_error.hpp"
#include "kernels/image/expand.hpp"
#include "kernels/image/inflate.hpp"
#include "kernels/image/unfilter.hpp"

namespace fastlane::kernels::image {
namespace {

// What a strip and its filtered rows take together stays in the second-level cache.
constexpr std::size_t kStripBytes = std::size_t{384} << 10;

std::size_t rows_of_strip(std::size_t row_bytes, std::size_t height) {
  const std::size_t group = rows_at_once();
  const std::size_t fitting = kStripBytes / (row_bytes + 1);
  const std::size_t rows =
      fitting >= group ? fitting / group * group : std::max<std::size_t>(fitting, 1);
  return std::min(rows, height);
}

class Decoder {
 public:
  Decoder(const Png& png, Arena& arena, Checkpoint& checkpoint)
      : png_(png),
        checkpoint_(checkpoint),
        row_bytes_(png.row_bytes(png.width)),
        strip_rows_(rows_of_strip(row_bytes_, png.height)),
        data_(inflated_data(png, inflater_for(png), strip_rows_ * (row_bytes_ + 1), arena,
                            checkpoint)),
        memory_(arena.allocate(workspace())) {}

  void decode(StripSink& sink) {
    if (png_.interlaced) {
      decode_interlaced(sink);
    } else {
      decode_in_order(sink);
    }
    data_->finish(checkpoint_);
  }

 private:
  // The row above the strip, unfiltered rows that are not yet pixels, and a row of a pass.
  std::size_t workspace() const {
    const std::size_t raw = png_.is_plain() && !png_.interlaced ? 0 : strip_rows_ * row_bytes_;
    return row_bytes_ + raw + (png_.interlaced ? shape_of(png_).row_bytes() : 0);
  }
  std::byte* above() const { return memory_.data(); }
  std::byte* raw() const { return above() + row_bytes_; }
  std::byte* pass_row() const { return raw() + strip_rows_ * row_bytes_; }

  void decode_in_order(StripSink& sink) {
    std::memset(above(), 0, row_bytes_);
    for (std::size_t first = 0; first < png_.height; first += strip_rows_) {
      const std::size_t count = std::min(strip_rows_, png_.height - first);
      const Place place = sink.place(first, count);
      if (png_.is_plain()) {
        unfilter_strip(first, count, row_bytes_, place);
      } else {
        unfilter_strip(first, count, row_bytes_, {raw(), static_cast<std::ptrdiff_t>(row_bytes_)});
        for (std::size_t i = 0; i < count; ++i) {
          expand(raw() + i * row_bytes_, png_.width, row_at(place, i));
        }
      }
      checkpoint_.spend(2 * count * row_bytes_);
      sink.done(first, count, checkpoint_);
    }
  }

  void decode_interlaced(StripSink& sink) {
    const Place place = sink.place(0, png_.height);
    const Passes passes = passes_of(png_);
    for (std::size_t i = 0; i < passes.count; ++i) {
      if (passes.pass[i].width != 0) decode_pass(passes.pass[i], place);
    }
    sink.done(0, png_.height, checkpoint_);
  }

  void decode_pass(const Pass& pass, const Place& place) {
    const std::size_t row_bytes = png_.row_bytes(pass.width);
    std::memset(above(), 0, row_bytes);
    for (std::size_t first = 0; first < pass.height; first += strip_rows_) {
      const std::size_t count = std::min<std::size_t>(strip_rows_, pass.height - first);
      unfilter_strip(first, count, row_bytes, {raw(), static_cast<std::ptrdiff_t>(row_bytes)});
      for (std::size_t i = 0; i < count; ++i) {
        expand(raw() + i * row_bytes, pass.width, pass_row());
        scatter(pass, row_at(place, pass.y_start + (first + i) * pass.y_step));
      }
      checkpoint_.spend(4 * count * row_bytes);
    }
  }

  // Takes the next rows and writes them to `place`, unfiltered.
  void unfilter_strip(std::size_t first, std::size_t count, std::size_t row_bytes,
                      const Place& place) {
    const Bytes filtered = data_->take(count * (row_bytes + 1), checkpoint_);
    const FilteredRows rows{filtered.data(), count, row_bytes, png_.filter_distance()};
    const std::size_t wrong = unfilter(rows, above(), place.rows, place.stride);
    if (wrong != kAllRows) {
      refuse("row " + std::to_string(first + wrong) + " has a filter that does not exist");
    }
    std::memcpy(above(), row_at(place, count - 1), row_bytes);
  }

  void expand(const std::byte* row, std::size_t pixels, std::byte* out) const {
    if (!expand_row(png_, row, pixels, out)) {
      refuse("a pixel has a palette index of " + std::to_string(png_.palette_size) +
             " or more, but the palette (PLTE) ends before it");
    }
  }

  void scatter(const Pass& pass, std::byte* row) const {
    const std::size_t pixel = png_.channels() * png_.sample_bytes();
    const std::byte* from = pass_row();
    std::byte* to = row + pass.x_start * pixel;
    for (std::size_t i = 0; i < pass.width; ++i) {
      std::memcpy(to, from, pixel);
      from += pixel;
      to += pass.x_step * pixel;
    }
  }

  [[noreturn]] void refuse(const std::string& problem) const {
    throw DecodeError("IDAT", png_.data_offset, problem);
  }

  static std::byte* row_at(const Place& place, std::size_t row) {
    return place.rows + static_cast<std::ptrdiff_t>(row) * place.stride;
  }

  const Png& png_;
  Checkpoint& checkpoint_;
  std::size_t row_bytes_;
  std::size_t strip_rows_;
  std::unique_ptr<InflatedData> data_;
  Block memory_;
};

}  // namespace

PictureShape shape_of(const Png& png) {
  return {png.height, png.width, png.channels(), png.sample_bytes()};
}

void decode_png(const Png& png, StripSink& sink, Arena& arena, Checkpoint& checkpoint) {
  Decoder(png, arena, checkpoint).decode(sink);
}

}  // namespace fastlane::kernels::image
