// Stores that go past the caches. They pay when an output is too large to be found in the cache
// again and cost when it is not, so kernels ask `pays_to_stream` about the bytes that they read and
// write. After the last such store a kernel calls `finish_streaming`, before anybody else may look.
#pragma once

#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "kernels/array_view.hpp"

namespace fastlane::kernels {

inline constexpr std::size_t kCacheLine = 64;

// The working set in bytes from which streaming stores pay on this machine.
std::size_t streaming_threshold();

inline bool pays_to_stream(std::size_t bytes_touched) {
  return bytes_touched >= streaming_threshold();
}

// The same for memory that may be fresh. The system clears a fresh page when it is first touched,
// which leaves it in the caches: plain stores find it there, and streaming ones throw it out.
// `place` is an address in the middle of what is written, since the owner's notes at the edges make
// pages there look used. Asks the system, if it comes to that.
bool pays_to_stream_at(const std::byte* place, std::size_t bytes_touched);

inline bool pays_to_stream_into(const ArrayView& target, std::size_t bytes_touched) {
  const std::byte* place = target.data;
  for (int axis = 0; axis < target.ndim; ++axis) {
    place += target.shape[axis] / 2 * target.strides[axis];
  }
  return pays_to_stream_at(place, bytes_touched);
}

inline bool is_line_aligned(const void* address) {
  return reinterpret_cast<std::uintptr_t>(address) % kCacheLine == 0;
}

inline void finish_streaming() { _mm_sfence(); }

// Each writes `count` cache lines. Contract: `target` lies on a cache line.
[[gnu::always_inline]] inline void stream_lines_baseline(void* target, const void* source,
                                                         std::size_t count) {
  auto* to = static_cast<__m128i*>(target);
  const auto* from = static_cast<const __m128i*>(source);
  for (std::size_t i = 0; i < 4 * count; ++i) _mm_stream_si128(to + i, _mm_loadu_si128(from + i));
}

[[gnu::always_inline, gnu::target("avx2,fma,bmi2")]] inline void stream_lines_avx2(
    void* target, const void* source, std::size_t count) {
  auto* to = static_cast<__m256i*>(target);
  const auto* from = static_cast<const __m256i*>(source);
  for (std::size_t i = 0; i < 2 * count; ++i) {
    _mm256_stream_si256(to + i, _mm256_loadu_si256(from + i));
  }
}

[[gnu::always_inline, gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] inline void
stream_lines_avx512(void* target, const void* source, std::size_t count) {
  auto* to = static_cast<__m512i*>(target);
  const auto* from = static_cast<const __m512i*>(source);
  for (std::size_t i = 0; i < count; ++i) _mm512_stream_si512(to + i, _mm512_loadu_si512(from + i));
}

}  // namespace fastlane::kernels
