// The loops of kernels/arrays/linspace.hpp and the choice between plain and streaming stores.
#include "kernels/arrays/linspace.hpp"

#include <algorithm>
#include <array>

#include "kernels/blocks.hpp"
#include "kernels/lanes.hpp"
#include "kernels/streaming.hpp"

namespace fastlane::kernels {
namespace {

constexpr std::size_t kStage = 128;  // elements computed before their lines are streamed
constexpr std::size_t kPiece = kBytesPerCheckpoint / sizeof(double);

// A piece is short, so that the index within it is a 32-bit number, which every CPU row converts
// quickly; the sum with the first index is exact.
[[gnu::always_inline]] inline void write(std::byte* target, const Spacing& spacing,
                                         std::size_t first, std::size_t count) {
  const auto base = static_cast<double>(first);
  const double start = spacing.start;
  const auto length = static_cast<int>(count);
  if (spacing.divides) {
    const double intervals = spacing.intervals;
    const double delta = spacing.delta;
    for (int i = 0; i < length; ++i) {
      store<double>(target + i * 8, (base + i) / intervals * delta + start);
    }
  } else {
    const double step = spacing.step;
    for (int i = 0; i < length; ++i) store<double>(target + i * 8, (base + i) * step + start);
  }
}

struct Baseline {
  static void plain(std::byte* target, const Spacing& spacing, std::size_t first,
                    std::size_t count) {
    write(target, spacing, first, count);
  }
  static void streaming(std::byte* target, const Spacing& spacing, std::size_t first,
                        std::size_t count) {
    alignas(kCacheLine) std::byte stage[kStage * sizeof(double)];
    for (std::size_t done = 0; done < count; done += kStage) {
      const std::size_t part = std::min(kStage, count - done);
      write(stage, spacing, first + done, part);
      stream_lines_baseline(target + done * sizeof(double), stage, part / 8);
    }
  }
};

struct Avx2 {
  [[gnu::target("avx2,fma,bmi2")]] static void plain(std::byte* target, const Spacing& spacing,
                                                     std::size_t first, std::size_t count) {
    write(target, spacing, first, count);
  }
  [[gnu::target("avx2,fma,bmi2")]] static void streaming(std::byte* target, const Spacing& spacing,
                                                         std::size_t first, std::size_t count) {
    alignas(kCacheLine) std::byte stage[kStage * sizeof(double)];
    for (std::size_t done = 0; done < count; done += kStage) {
      const std::size_t part = std::min(kStage, count - done);
      write(stage, spacing, first + done, part);
      stream_lines_avx2(target + done * sizeof(double), stage, part / 8);
    }
  }
};

struct Avx512 {
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void plain(
      std::byte* target, const Spacing& spacing, std::size_t first, std::size_t count) {
    write(target, spacing, first, count);
  }
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void streaming(
      std::byte* target, const Spacing& spacing, std::size_t first, std::size_t count) {
    alignas(kCacheLine) std::byte stage[kStage * sizeof(double)];
    for (std::size_t done = 0; done < count; done += kStage) {
      const std::size_t part = std::min(kStage, count - done);
      write(stage, spacing, first + done, part);
      stream_lines_avx512(target + done * sizeof(double), stage, part / 8);
    }
  }
};

constexpr std::array<LinspaceRow, 3> kRows = {{
    {cpu::Level::avx512, Avx512::plain, Avx512::streaming},
    {cpu::Level::avx2, Avx2::plain, Avx2::streaming},
    {cpu::Level::baseline, Baseline::plain, Baseline::streaming},
}};

// Follows NumPy: one element has no step and is 0 * delta + start, which is NaN for an infinite
// delta.
Spacing spacing_of(std::size_t count, double start, double stop) {
  Spacing spacing = {start, stop - start, stop - start, 0, false};
  if (count < 2) return spacing;
  spacing.intervals = static_cast<double>(count - 1);
  spacing.step = spacing.delta / spacing.intervals;
  spacing.divides = spacing.step == 0;
  return spacing;
}

void write_contiguous(std::byte* target, std::size_t count, const Spacing& spacing, bool streams,
                      Checkpoint& checkpoint, const LinspaceRow& row) {
  for (std::size_t first = 0; first < count;) {
    std::size_t piece = std::min(kPiece, count - first);
    std::byte* place = target + first * sizeof(double);
    const std::size_t into_line = reinterpret_cast<std::uintptr_t>(place) % kCacheLine;
    if (!streams || into_line % sizeof(double) != 0) {
      row.plain(place, spacing, first, piece);
    } else if (into_line != 0) {
      piece = std::min(piece, (kCacheLine - into_line) / sizeof(double));
      row.plain(place, spacing, first, piece);
    } else {
      const std::size_t in_lines = piece - piece % (kCacheLine / sizeof(double));
      row.streaming(place, spacing, first, in_lines);
      row.plain(place + in_lines * sizeof(double), spacing, first + in_lines, piece - in_lines);
    }
    checkpoint.spend(piece * sizeof(double));
    first += piece;
  }
  if (streams) finish_streaming();
}

}  // namespace

std::span<const LinspaceRow> linspace_rows() { return kRows; }

const LinspaceRow& linspace_row() {
  static const LinspaceRow& row = cpu::choose(linspace_rows());
  return row;
}

void linspace(std::byte* target, std::ptrdiff_t stride, std::size_t count, double start,
              double stop, Checkpoint& checkpoint, const LinspaceRow& row) {
  const Spacing spacing = spacing_of(count, start, stop);
  if (stride == sizeof(double) || count < 2) {
    const bool streams =
        pays_to_stream_at(target + count / 2 * sizeof(double), count * sizeof(double));
    write_contiguous(target, count, spacing, streams, checkpoint, row);
  } else {
    for (std::size_t first = 0; first < count;) {
      double block[1024];
      const std::size_t part = std::min<std::size_t>(1024, count - first);
      row.plain(reinterpret_cast<std::byte*>(block), spacing, first, part);
      for (std::size_t i = 0; i < part; ++i) {
        store<double>(target + static_cast<std::ptrdiff_t>(first + i) * stride, block[i]);
      }
      checkpoint.spend(part * sizeof(double));
      first += part;
    }
  }
  if (count > 1) store<double>(target + static_cast<std::ptrdiff_t>(count - 1) * stride, stop);
}

void linspace(std::byte* target, std::ptrdiff_t stride, std::size_t count, double start,
              double stop, Checkpoint& checkpoint) {
  // Too few elements to choose a row for: they are written before that would be done.
  static constexpr std::size_t kFew = 32;
  const double step = (stop - start) / static_cast<double>(static_cast<std::ptrdiff_t>(count) - 1);
  if (count < 2 || count > kFew || stride != sizeof(double) || step == 0) {
    linspace(target, stride, count, start, stop, checkpoint, linspace_row());
    return;
  }
  for (int i = 0; i < static_cast<int>(count); ++i) store<double>(target + i * 8, i * step + start);
  store<double>(target + (count - 1) * sizeof(double), stop);
}

}  // namespace fastlane::kernels
