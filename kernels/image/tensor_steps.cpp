// Each step once as a loop, and once as a function for each CPU row.
#include "kernels/image/tensor_steps.hpp"

#include <cpuid.h>
#include <immintrin.h>

#include <bit>
#include <span>

#include "kernels/cpu.hpp"
#include "kernels/lanes.hpp"
#include "kernels/streaming.hpp"

namespace fastlane::kernels::image {
namespace {

// ---- Loops --------------------------------------------------------------------------------------

template <class T, std::size_t kChannels>
struct Split {
  [[gnu::always_inline]] static void run(const std::byte* pixels, std::size_t count,
                                         std::byte* planes) {
    T* __restrict plane = reinterpret_cast<T*>(planes);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t channel = 0; channel < kChannels; ++channel) {
        plane[channel * kPixelsOfBlock + i] =
            load<T>(pixels + (i * kChannels + channel) * sizeof(T));
      }
    }
  }
};

template <class T>
struct Luma {
  [[gnu::always_inline]] static void run(const std::byte* red, const std::byte* green,
                                         const std::byte* blue, std::size_t count,
                                         std::byte* luma) {
    const T* r = reinterpret_cast<const T*>(red);
    const T* g = reinterpret_cast<const T*>(green);
    const T* b = reinterpret_cast<const T*>(blue);
    T* __restrict out = reinterpret_cast<T*>(luma);
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t sum = 19595u * r[i] + 38470u * g[i] + 7471u * b[i] + 0x8000u;
      out[i] = static_cast<T>(sum >> 16);
    }
  }
};

template <class T>
struct Map {
  [[gnu::always_inline]] static void run(const std::byte* samples, std::size_t count,
                                         const ChannelMap& channel, float* numbers) {
    const T* from = reinterpret_cast<const T*>(samples);
    float* __restrict to = numbers;
    const ChannelMap map = channel;
    for (std::size_t i = 0; i < count; ++i) {
      to[i] = ((static_cast<float>(from[i]) - map.zero) - map.zero_rest) * map.slope + map.constant;
    }
  }
};

// Adding 1.5 * 2^23 leaves the integer in the lowest bits.
struct Round {
  [[gnu::always_inline]] static void run(const float* numbers, std::size_t count,
                                         std::uint8_t* bytes) {
    std::uint8_t* __restrict to = bytes;
    for (std::size_t i = 0; i < count; ++i) {
      const float least = numbers[i] > 0.0f ? numbers[i] : 0.0f;
      const float bounded = least < 255.0f ? least : 255.0f;
      to[i] = static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(bounded + 12582912.0f));
    }
  }
};

// ---- Functions ----------------------------------------------------------------------------------

// Rounds to nearest, ties to even, as the instructions do.
Half half_of(float number) {
  const auto bits = std::bit_cast<std::uint32_t>(number);
  const auto sign = static_cast<Half>(bits >> 16 & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {  // NaN stays one, quiet
    return static_cast<Half>(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
  }
  if (magnitude >= 0x47800000u) return static_cast<Half>(sign | 0x7c00u);  // infinity
  if (magnitude < 0x38800000u) {  // subnormal: adding 0.5 leaves multiples of 2^-24
    const float rest = std::bit_cast<float>(magnitude) + 0.5f;
    return static_cast<Half>(sign | (std::bit_cast<std::uint32_t>(rest) - 0x3f000000u));
  }
  const std::uint32_t is_odd = magnitude >> 13 & 1u;
  const std::uint32_t rounded = magnitude + 0xfffu + is_odd - (std::uint32_t{112} << 23);
  return static_cast<Half>(sign | rounded >> 13);
}

struct Baseline {
  static constexpr TensorSteps::Map kMapStreaming = nullptr;

  template <class Step, class... Args>
  static void run(Args... args) {
    Step::run(args...);
  }
  static void halve(const float* numbers, std::size_t count, Half* halves) {
    for (std::size_t i = 0; i < count; ++i) halves[i] = half_of(numbers[i]);
  }
  static void stream(void* target, const void* lines, std::size_t count) {
    stream_lines_baseline(target, lines, count);
  }
};

struct Avx2 {
  static constexpr TensorSteps::Map kMapStreaming = nullptr;

  template <class Step, class... Args>
  [[gnu::target("avx2,fma,bmi2")]] static void run(Args... args) {
    Step::run(args...);
  }
  [[gnu::target("avx2,fma,bmi2,f16c")]] static void halve(const float* numbers, std::size_t count,
                                                          Half* halves) {
    const std::size_t whole = count / 8 * 8;
    for (std::size_t i = 0; i < whole; i += 8) {
      const __m128i eight =
          _mm256_cvtps_ph(_mm256_loadu_ps(numbers + i), _MM_FROUND_TO_NEAREST_INT);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(halves + i), eight);
    }
    for (std::size_t i = whole; i < count; ++i) {
      halves[i] = _cvtss_sh(numbers[i], _MM_FROUND_TO_NEAREST_INT);
    }
  }
  [[gnu::target("avx2,fma,bmi2")]] static void stream(void* target, const void* lines,
                                                      std::size_t count) {
    stream_lines_avx2(target, lines, count);
  }
};

struct Avx512 {
  template <class Step, class... Args>
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void run(
      Args... args) {
    Step::run(args...);
  }
  static void halve(const float* numbers, std::size_t count, Half* halves) {
    Avx2::halve(numbers, count, halves);
  }
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void stream(
      void* target, const void* lines, std::size_t count) {
    stream_lines_avx512(target, lines, count);
  }
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void map_streaming(
      const std::byte* samples, std::size_t count, const ChannelMap& map, float* numbers) {
    constexpr std::size_t kFloatsOfLine = kCacheLine / sizeof(float);
    const __m512 zero = _mm512_set1_ps(map.zero);
    const __m512 rest = _mm512_set1_ps(map.zero_rest);
    const __m512 slope = _mm512_set1_ps(map.slope);
    const __m512 constant = _mm512_set1_ps(map.constant);
    for (std::size_t i = 0; i < count; i += kFloatsOfLine) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(samples + i));
      const __m512 line =
          _mm512_maskz_cvtepi32_ps(0xffff, _mm512_maskz_cvtepu8_epi32(0xffff, bytes));
      const __m512 mapped = _mm512_add_ps(
          _mm512_mul_ps(_mm512_sub_ps(_mm512_sub_ps(line, zero), rest), slope), constant);
      _mm512_stream_ps(numbers + i, mapped);
    }
  }
  static constexpr TensorSteps::Map kMapStreaming = map_streaming;
};

// ---- Rows ---------------------------------------------------------------------------------------

struct Row {
  cpu::Level level;
  TensorSteps steps;
};

template <class Cpu, class T>
constexpr std::array<TensorSteps::Split, 3> splits_of() {
  return {Cpu::template run<Split<T, 2>>, Cpu::template run<Split<T, 3>>,
          Cpu::template run<Split<T, 4>>};
}

template <class Cpu>
constexpr Row row_of(cpu::Level level) {
  return {
      level,
      {
          .split = {splits_of<Cpu, std::uint8_t>(), splits_of<Cpu, std::uint16_t>()},
          .luma = {Cpu::template run<Luma<std::uint8_t>>, Cpu::template run<Luma<std::uint16_t>>},
          .map = {Cpu::template run<Map<std::uint8_t>>, Cpu::template run<Map<std::uint16_t>>},
          .map_streaming = Cpu::kMapStreaming,
          .round = Cpu::template run<Round>,
          .halve = Cpu::halve,
          .stream = Cpu::stream,
      }};
}

constexpr std::array<Row, 3> kRows = {row_of<Avx512>(cpu::Level::avx512),
                                      row_of<Avx2>(cpu::Level::avx2),
                                      row_of<Baseline>(cpu::Level::baseline)};

bool has_f16c() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}

}  // namespace

const TensorSteps& tensor_steps() {
  // Every CPU with AVX2 has F16C; where a hypervisor hides it, the baseline row serves.
  static const Row& row = has_f16c() ? cpu::choose(std::span<const Row>(kRows)) : kRows.back();
  return row.steps;
}

}  // namespace fastlane::kernels::image
