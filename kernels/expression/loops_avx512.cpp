// The loops of expressions for the CPU row avx512.
#include "kernels/expression/loop_table.hpp"
#include "kernels/streaming.hpp"

namespace fastlane::kernels::expression {
namespace {

struct Avx512 {
  static constexpr bool kFused = true;

  template <class L>
  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void run(
      std::byte* __restrict target, const std::byte* __restrict a, const std::byte* __restrict b,
      const std::byte* __restrict c, const std::byte* __restrict d, std::size_t count) {
    L::run(target, a, b, c, d, count);
  }

  [[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] static void stream(
      std::byte* target, const std::byte* source, std::size_t lines) {
    stream_lines_avx512(target, source, lines);
  }
};

constexpr LoopTable kTable = TableOfLoops<Avx512>::made(cpu::Level::avx512, Avx512::stream);

}  // namespace

const LoopTable& loops_avx512() { return kTable; }

}  // namespace fastlane::kernels::expression
