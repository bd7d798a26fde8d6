// The loops of kernels/arrays/scale.hpp and the choice between plain and streaming stores.
#include "kernels/arrays/scale.hpp"

#include <algorithm>
#include <array>

#include "kernels/blocks.hpp"
#include "kernels/lanes.hpp"
#include "kernels/runs.hpp"
#include "kernels/shares.hpp"
#include "kernels/streaming.hpp"

namespace fastlane::kernels {
namespace {

// Elements that are computed before their lines are streamed: few enough to stay in registers or
// the nearest cache, enough to keep several lines under way.
constexpr std::size_t kStageBytes = 1024;

template <class T>
[[gnu::always_inline]] inline void multiply(std::byte* target, const std::byte* source, T factor,
                                            std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    store<T>(target + i * sizeof(T), load<T>(source + i * sizeof(T)) * factor);
  }
}

struct Baseline {
  template <class T>
  static void plain(std::byte* target, const std::byte* source, T factor, std::size_t count) {
    multiply(target, source, factor, count);
  }
  template <class T>
  static void streaming(std::byte* target, const std::byte* source, T factor, std::size_t count) {
    alignas(kCacheLine) std::byte stage[kStageBytes];
    for (std::size_t left = count * sizeof(T); left != 0;) {
      const std::size_t bytes = std::min(left, kStageBytes);
      multiply(stage, source, factor, bytes / sizeof(T));
      stream_lines_baseline(target, stage, bytes / kCacheLine);
      target += bytes;
      source += bytes;
      left -= bytes;
    }
  }
};

struct Avx2 {
  template <class T>
  [[gnu::target("avx2,fma,bmi2")]] static void plain(std::byte* target, const std::byte* source,
                                                     T factor, std::size_t count) {
    multiply(target, source, factor, count);
  }
  template <class T>
  [[gnu::target("avx2,fma,bmi2")]] static void streaming(std::byte* target, const std::byte* source,
                                                         T factor, std::size_t count) {
    alignas(kCacheLine) std::byte stage[kStageBytes];
    for (std::size_t left = count * sizeof(T); left != 0;) {
      const std::size_t bytes = std::min(left, kStageBytes);
      multiply(stage, source, factor, bytes / sizeof(T));
      stream_lines_avx2(target, stage, bytes / kCacheLine);
      target += bytes;
      source += bytes;
      left -= bytes;
    }
  }
};

struct Avx512 {
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void plain(
      std::byte* target, const std::byte* source, T factor, std::size_t count) {
    multiply(target, source, factor, count);
  }
  template <class T>
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void streaming(
      std::byte* target, const std::byte* source, T factor, std::size_t count) {
    alignas(kCacheLine) std::byte stage[kStageBytes];
    for (std::size_t left = count * sizeof(T); left != 0;) {
      const std::size_t bytes = std::min(left, kStageBytes);
      multiply(stage, source, factor, bytes / sizeof(T));
      stream_lines_avx512(target, stage, bytes / kCacheLine);
      target += bytes;
      source += bytes;
      left -= bytes;
    }
  }
};

template <class Level>
constexpr ScaleRow row_of(cpu::Level level) {
  return {level,
          {Level::template plain<double>, Level::template streaming<double>},
          {Level::template plain<float>, Level::template streaming<float>}};
}

constexpr std::array<ScaleRow, 3> kRows = {row_of<Avx512>(cpu::Level::avx512),
                                           row_of<Avx2>(cpu::Level::avx2),
                                           row_of<Baseline>(cpu::Level::baseline)};

template <class T>
void scale_contiguous(std::byte* target, const std::byte* source, T factor, std::size_t count,
                      bool streams, Checkpoint& checkpoint, const ScaleLoops<T>& loops) {
  constexpr std::size_t kPiece = kBytesPerCheckpoint / sizeof(T);
  while (count != 0) {
    std::size_t piece = std::min(count, kPiece);
    const std::size_t into_line = reinterpret_cast<std::uintptr_t>(target) % kCacheLine;
    if (!streams || into_line % sizeof(T) != 0) {
      loops.plain(target, source, factor, piece);
    } else if (into_line != 0) {
      piece = std::min(piece, (kCacheLine - into_line) / sizeof(T));
      loops.plain(target, source, factor, piece);
    } else {
      const std::size_t in_lines = piece - piece % (kCacheLine / sizeof(T));
      loops.streaming(target, source, factor, in_lines);
      loops.plain(target + in_lines * sizeof(T), source + in_lines * sizeof(T), factor,
                  piece - in_lines);
    }
    checkpoint.spend(piece * sizeof(T));
    target += piece * sizeof(T);
    source += piece * sizeof(T);
    count -= piece;
  }
  if (streams) finish_streaming();
}

template <class T>
void scale_view(const ArrayView& target, const ArrayView& source, double factor, bool streams,
                Checkpoint& checkpoint, const ScaleLoops<T>& loops) {
  constexpr std::ptrdiff_t kItem = sizeof(T);
  const auto rounded = static_cast<T>(factor);
  const Runs<2> runs({&target, &source}, RunOrder::any);
  runs.for_each([&](const std::array<std::byte*, 2>& data, std::ptrdiff_t count,
                    const std::array<std::ptrdiff_t, 2>& strides) {
    if (strides[0] == kItem && strides[1] == kItem) {
      scale_contiguous<T>(data[0], data[1], rounded, static_cast<std::size_t>(count), streams,
                          checkpoint, loops);
      return;
    }
    constexpr std::ptrdiff_t kPiece = kBytesPerCheckpoint / sizeof(T);
    for (std::ptrdiff_t first = 0; first < count; first += kPiece) {
      const std::ptrdiff_t end = std::min(count, first + kPiece);
      for (std::ptrdiff_t i = first; i < end; ++i) {
        store<T>(data[0] + i * strides[0], load<T>(data[1] + i * strides[1]) * rounded);
      }
      checkpoint.spend(static_cast<std::size_t>(end - first) * sizeof(T));
    }
  });
}

}  // namespace

std::span<const ScaleRow> scale_rows() { return kRows; }

const ScaleRow& scale_row() {
  static const ScaleRow& row = cpu::choose(scale_rows());
  return row;
}

void scale(const ArrayView& target, const ArrayView& source, double factor, Checkpoint& checkpoint,
           std::size_t threads, const ScaleRow& row) {
  const std::size_t bytes_touched = 2 * target.size() * target.item_size();
  const bool streams = target.data != source.data && pays_to_stream_into(target, bytes_touched);
  const auto work = [&](const ArrayView& to, const ArrayView& from, Checkpoint& mine) {
    if (to.dtype == DType::float64) {
      scale_view<double>(to, from, factor, streams, mine, row.float64);
    } else {
      scale_view<float>(to, from, factor, streams, mine, row.float32);
    }
  };
  threads = threads_for(bytes_touched, threads);
  if (threads == 1) return work(target, source, checkpoint);
  for_each_share(
      Shares<2>({&target, &source}), threads, checkpoint,
      [&](std::size_t, const auto& views, Checkpoint& mine) { work(views[0], views[1], mine); });
}

void scale_inplace(const ArrayView& view, double factor, Checkpoint& checkpoint,
                   const ScaleRow& row) {
  scale(view, view, factor, checkpoint, 1, row);
}

}  // namespace fastlane::kernels
