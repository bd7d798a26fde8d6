// The loops of expressions for the CPU row baseline.
#include "kernels/expression/loop_table.hpp"
#include "kernels/streaming.hpp"

namespace fastlane::kernels::expression {
namespace {

struct Baseline {
  static constexpr bool kFused = false;

  template <class L>
  static void run(std::byte* __restrict target, const std::byte* __restrict a,
                  const std::byte* __restrict b, const std::byte* __restrict c,
                  const std::byte* __restrict d, std::size_t count) {
    L::run(target, a, b, c, d, count);
  }

  static void stream(std::byte* target, const std::byte* source, std::size_t lines) {
    stream_lines_baseline(target, source, lines);
  }
};

constexpr LoopTable kTable = TableOfLoops<Baseline>::made(cpu::Level::baseline, Baseline::stream);

}  // namespace

const LoopTable& loops_baseline() { return kTable; }

}  // namespace fastlane::kernels::expression
