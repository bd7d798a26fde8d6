// Channels apart, luma, maps, and the stores.
#include "kernels/image/tensor_blocks.hpp"

#include <cpuid.h>
#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

#include "kernels/cpu.hpp"
#include "kernels/lanes.hpp"
#include "kernels/streaming.hpp"

namespace fastlane::kernels::image {
namespace {

constexpr std::size_t kFloatsOfLine = kCacheLine / sizeof(float);

struct Half {
  std::uint16_t bits;
};

// What a row does with instructions of its own.
struct Stores {
  void (*stream)(void* target, const void* lines, std::size_t count);
  void (*halve)(const float* numbers, Half* halves, std::size_t count);  // whole sixteens
  // map_to_floats past the caches, to whole lines; null where it does not pay.
  void (*map_streaming)(const std::uint8_t* samples, std::size_t count, const ChannelMap& map,
                        float* out);
};

template <class T>
struct Planes {
  alignas(kCacheLine) T plane[kMostChannels][kPixelsOfBlock];
  const T* source[kMostChannels];  // by channel of the tensor
};

// ---- Channels apart -----------------------------------------------------------------------------

template <std::size_t kChannels, class T>
[[gnu::always_inline]] inline void split(const std::byte* pixels, std::size_t count,
                                         Planes<T>& planes) {
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t channel = 0; channel < kChannels; ++channel) {
      planes.plane[channel][i] = load<T>(pixels + (i * kChannels + channel) * sizeof(T));
    }
  }
}

template <class T>
[[gnu::always_inline]] inline void split_strided(const BlockJob& job, Planes<T>& planes) {
  for (std::size_t channel = 0; channel < job.plan->from; ++channel) {
    const std::byte* at = job.pixels + static_cast<std::ptrdiff_t>(channel) * job.channel_stride;
    for (std::size_t i = 0; i < job.count; ++i, at += job.pixel_stride) {
      planes.plane[channel][i] = load<T>(at);
    }
  }
}

// Channels in the order of their addresses when they lie side by side, forward or backward.
template <class T>
[[gnu::always_inline]] inline void split_channels(const BlockJob& job, Planes<T>& planes) {
  constexpr auto kItem = static_cast<std::ptrdiff_t>(sizeof(T));
  const std::size_t channels = job.plan->from;
  const auto width = static_cast<std::ptrdiff_t>(channels) * kItem;
  const bool is_backward = job.channel_stride == -kItem && channels > 1;
  for (std::size_t channel = 0; channel < channels; ++channel) {
    planes.source[channel] = planes.plane[is_backward ? channels - 1 - channel : channel];
  }
  if (job.pixel_stride != width || (job.channel_stride != kItem && !is_backward && channels > 1)) {
    for (std::size_t channel = 0; channel < channels; ++channel) {
      planes.source[channel] = planes.plane[channel];
    }
    return split_strided(job, planes);
  }
  const std::byte* pixels = job.pixels + (is_backward ? kItem - width : 0);
  switch (channels) {
    case 1:
      return split<1>(pixels, job.count, planes);
    case 2:
      return split<2>(pixels, job.count, planes);
    case 3:
      return split<3>(pixels, job.count, planes);
    default:
      return split<4>(pixels, job.count, planes);
  }
}

// ---- The channels that are wanted ---------------------------------------------------------------

// ITU-R 601 in sixteen bits, as Pillow computes it.
template <class T>
[[gnu::always_inline]] inline void make_luma(std::size_t count, Planes<T>& planes) {
  const T* red = planes.source[0];
  const T* green = planes.source[1];
  const T* blue = planes.source[2];
  T* luma = planes.plane[3];
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t sum = 19595u * red[i] + 38470u * green[i] + 7471u * blue[i] + 0x8000u;
    luma[i] = static_cast<T>(sum >> 16);
  }
  planes.source[0] = luma;
}

template <class T>
[[gnu::always_inline]] inline void choose_channels(const BlockJob& job, Planes<T>& planes) {
  const std::size_t from = job.plan->from;
  switch (job.plan->channels) {
    case Channels::same:
      return;
    case Channels::luma:
      if (from >= 3) make_luma(job.count, planes);
      return;
    case Channels::rgb:
    case Channels::rgb_alpha:
      break;
  }
  if (job.plan->channels == Channels::rgb_alpha) {
    if (from == 2) planes.source[3] = planes.source[1];
    if (from % 2 == 1) {
      std::fill_n(planes.plane[3], job.count, std::numeric_limits<T>::max());
      planes.source[3] = planes.plane[3];
    }
  }
  if (from <= 2) planes.source[1] = planes.source[2] = planes.source[0];
}

// ---- Numbers ------------------------------------------------------------------------------------

template <class T>
[[gnu::always_inline]] inline void map_to_floats(const T* samples, std::size_t count,
                                                 const ChannelMap& channel, float* out) {
  const ChannelMap map = channel;
  for (std::size_t i = 0; i < count; ++i) {
    out[i] =
        ((static_cast<float>(samples[i]) - map.zero) - map.zero_rest) * map.slope + map.constant;
  }
}

// To the nearest, ties to even, what is out of range to its end: adding 1.5 * 2^23 leaves the
// integer in the lowest bits.
[[gnu::always_inline]] inline void round_to_bytes(const float* numbers, std::size_t count,
                                                  std::uint8_t* out) {
  for (std::size_t i = 0; i < count; ++i) {
    const float least = numbers[i] > 0.0f ? numbers[i] : 0.0f;
    const float bounded = least < 255.0f ? least : 255.0f;
    out[i] = static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(bounded + 12582912.0f));
  }
}

template <class T, class Out>
[[gnu::always_inline]] inline void convert(const Stores& stores, const T* samples,
                                           std::size_t count, const ChannelMap& map, Out* out) {
  if constexpr (std::is_same_v<Out, float>) {
    map_to_floats(samples, count, map, out);
  } else {
    if constexpr (std::is_same_v<Out, std::uint8_t> && std::is_same_v<T, std::uint8_t>) {
      if (map.is_identity()) {
        std::memcpy(out, samples, count);
        return;
      }
    }
    alignas(kCacheLine) float numbers[kPixelsOfBlock];
    map_to_floats(samples, count, map, numbers);
    if constexpr (std::is_same_v<Out, std::uint8_t>) {
      round_to_bytes(numbers, count, out);
    } else {
      const std::size_t whole = count / 16 * 16;
      stores.halve(numbers, out, whole);
      if (whole == count) return;
      alignas(kCacheLine) float last[16] = {};
      Half halves[16];
      std::copy_n(numbers + whole, count - whole, last);
      stores.halve(last, halves, 16);
      std::copy_n(halves, count - whole, out + whole);
    }
  }
}

// ---- Stores -------------------------------------------------------------------------------------

// Past the caches, in whole lines; what is left at both ends takes the ordinary way.
[[gnu::always_inline]] inline void stream(const Stores& stores, const std::byte* from,
                                          std::size_t bytes, std::byte* to) {
  const std::size_t before = std::min(bytes, -reinterpret_cast<std::uintptr_t>(to) % kCacheLine);
  std::memcpy(to, from, before);
  const std::size_t lines = (bytes - before) / kCacheLine;
  stores.stream(to + before, from + before, lines);
  const std::size_t done = before + lines * kCacheLine;
  std::memcpy(to + done, from + done, bytes - done);
}

template <class T, class Out>
[[gnu::always_inline]] inline void write_block_loop(const BlockJob& job, const Stores& stores) {
  Planes<T> planes;
  split_channels(job, planes);
  choose_channels(job, planes);
  const auto item = static_cast<std::ptrdiff_t>(sizeof(Out));
  for (std::size_t channel = 0; channel < job.plan->to; ++channel) {
    std::byte* out = job.out + static_cast<std::ptrdiff_t>(channel) * job.out_channel_stride;
    const ChannelMap& map = job.plan->maps[channel];
    const bool is_aligned = reinterpret_cast<std::uintptr_t>(out) % alignof(Out) == 0;
    if (job.out_stride == item && !job.streams && is_aligned) {
      convert(stores, planes.source[channel], job.count, map, reinterpret_cast<Out*>(out));
      continue;
    }
    if constexpr (std::is_same_v<T, std::uint8_t> && std::is_same_v<Out, float>) {
      if (job.streams && stores.map_streaming != nullptr && job.count % kFloatsOfLine == 0 &&
          is_line_aligned(out)) {
        stores.map_streaming(planes.source[channel], job.count, map, reinterpret_cast<float*>(out));
        continue;
      }
    }
    alignas(kCacheLine) Out line[kPixelsOfBlock];
    convert(stores, planes.source[channel], job.count, map, line);
    if (job.out_stride == item) {
      stream(stores, reinterpret_cast<const std::byte*>(line), job.count * sizeof(Out), out);
      continue;
    }
    for (std::size_t i = 0; i < job.count; ++i, out += job.out_stride) {
      std::memcpy(out, &line[i], sizeof(Out));
    }
  }
}

// ---- Rows ---------------------------------------------------------------------------------------

void stream_baseline(void* target, const void* lines, std::size_t count) {
  stream_lines_baseline(target, lines, count);
}
[[gnu::target("avx2,fma,bmi2")]] void stream_avx2(void* target, const void* lines,
                                                  std::size_t count) {
  stream_lines_avx2(target, lines, count);
}
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] void stream_avx512(
    void* target, const void* lines, std::size_t count) {
  stream_lines_avx512(target, lines, count);
}

[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] void map_streaming_avx512(
    const std::uint8_t* samples, std::size_t count, const ChannelMap& map, float* out) {
  const __m512 zero = _mm512_set1_ps(map.zero);
  const __m512 rest = _mm512_set1_ps(map.zero_rest);
  const __m512 slope = _mm512_set1_ps(map.slope);
  const __m512 constant = _mm512_set1_ps(map.constant);
  for (std::size_t i = 0; i < count; i += kFloatsOfLine) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(samples + i));
    const __m512 numbers =
        _mm512_maskz_cvtepi32_ps(0xffff, _mm512_maskz_cvtepu8_epi32(0xffff, bytes));
    const __m512 mapped = _mm512_add_ps(
        _mm512_mul_ps(_mm512_sub_ps(_mm512_sub_ps(numbers, zero), rest), slope), constant);
    _mm512_stream_ps(out + i, mapped);
  }
}

// Rounds to nearest, ties to even, as the instructions do.
std::uint16_t half_of(float number) {
  const auto bits = std::bit_cast<std::uint32_t>(number);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {  // NaN stays one, quiet
    return static_cast<std::uint16_t>(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
  }
  if (magnitude >= 0x47800000u) return static_cast<std::uint16_t>(sign | 0x7c00u);  // infinity
  if (magnitude < 0x38800000u) {  // subnormal: adding 0.5 leaves multiples of 2^-24
    const float rest = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<std::uint16_t>(sign | (std::bit_cast<std::uint32_t>(rest) - 0x3f000000u));
  }
  const std::uint32_t is_odd = magnitude >> 13 & 1u;
  const std::uint32_t rounded = magnitude + 0xfffu + is_odd - (std::uint32_t{112} << 23);
  return static_cast<std::uint16_t>(sign | rounded >> 13);
}

void halve_baseline(const float* numbers, Half* halves, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) halves[i].bits = half_of(numbers[i]);
}
[[gnu::target("avx2,fma,bmi2,f16c")]] void halve_f16c(const float* numbers, Half* halves,
                                                      std::size_t count) {
  for (std::size_t i = 0; i < count; i += 8) {
    const __m128i eight = _mm256_cvtps_ph(_mm256_loadu_ps(numbers + i), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(halves + i), eight);
  }
}

constexpr Stores kStoresBaseline = {stream_baseline, halve_baseline, nullptr};
constexpr Stores kStoresAvx2 = {stream_avx2, halve_f16c, nullptr};
constexpr Stores kStoresAvx512 = {stream_avx512, halve_f16c, map_streaming_avx512};

template <class T, class Out>
void write_block_baseline(const BlockJob& job) {
  write_block_loop<T, Out>(job, kStoresBaseline);
}
template <class T, class Out>
[[gnu::target("avx2,fma,bmi2")]] void write_block_avx2(const BlockJob& job) {
  write_block_loop<T, Out>(job, kStoresAvx2);
}
template <class T, class Out>
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] void write_block_avx512(
    const BlockJob& job) {
  write_block_loop<T, Out>(job, kStoresAvx512);
}

struct Row {
  cpu::Level level;
  WriteBlock write[2][3];  // by bytes of a sample; float32, float16, uint8
};

constexpr std::array<Row, 3> kRows = {{
    {cpu::Level::avx512,
     {{write_block_avx512<std::uint8_t, float>, write_block_avx512<std::uint8_t, Half>,
       write_block_avx512<std::uint8_t, std::uint8_t>},
      {write_block_avx512<std::uint16_t, float>, write_block_avx512<std::uint16_t, Half>,
       write_block_avx512<std::uint16_t, std::uint8_t>}}},
    {cpu::Level::avx2,
     {{write_block_avx2<std::uint8_t, float>, write_block_avx2<std::uint8_t, Half>,
       write_block_avx2<std::uint8_t, std::uint8_t>},
      {write_block_avx2<std::uint16_t, float>, write_block_avx2<std::uint16_t, Half>,
       write_block_avx2<std::uint16_t, std::uint8_t>}}},
    {cpu::Level::baseline,
     {{write_block_baseline<std::uint8_t, float>, write_block_baseline<std::uint8_t, Half>,
       write_block_baseline<std::uint8_t, std::uint8_t>},
      {write_block_baseline<std::uint16_t, float>, write_block_baseline<std::uint16_t, Half>,
       write_block_baseline<std::uint16_t, std::uint8_t>}}},
}};

bool has_f16c() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}

const Row& row_in_use() {
  // Every CPU with AVX2 has F16C; where a hypervisor hides it, the baseline row serves.
  static const Row& row = has_f16c() ? cpu::choose(std::span<const Row>(kRows)) : kRows.back();
  return row;
}

}  // namespace

WriteBlock block_writer(std::size_t sample_bytes, DType dtype) {
  const std::size_t element = dtype == DType::float32 ? 0 : dtype == DType::float16 ? 1 : 2;
  return row_in_use().write[sample_bytes - 1][element];
}

}  // namespace fastlane::kernels::image
