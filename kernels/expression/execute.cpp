// See kernels/expression/execute.hpp.
#include "kernels/expression/execute.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <new>
#include <vector>

#include "kernels/expression/walk.hpp"
#include "kernels/lanes.hpp"
#include "kernels/shares.hpp"
#include "kernels/streaming.hpp"

namespace fastlane::kernels::expression {
namespace {

// Of each value: so small that the blocks of a usual expression stay in the nearest cache together
// with the inputs', and large enough that the work beside the loops does not count.
constexpr std::size_t kBlockBytes = 4096;

// Runs shorter than this are collected, several into one block.
constexpr std::size_t kShortRun = 256;

std::size_t in_groups(std::size_t count) {
  return (count + kLoopGroup - 1) / kLoopGroup * kLoopGroup;
}

std::size_t block_of(const Program& program, std::size_t elements) {
  const std::size_t most = kBlockBytes / program.widest() / kLoopGroup * kLoopGroup;
  return std::min(most, in_groups(elements));
}

std::size_t bytes_touched(std::span<const ArrayView> inputs, std::span<const ArrayView> outputs) {
  std::size_t item = 0;
  for (const ArrayView& view : inputs) item += view.item_size();
  for (const ArrayView& view : outputs) item += view.item_size();
  return outputs[0].size() * item;
}

template <class T>
void repeat_item(std::byte* target, const std::byte* element, std::size_t count) {
  const T value = load<T>(element);
  for (std::size_t i = 0; i < count; ++i) store<T>(target + i * sizeof(T), value);
}

void repeat(std::byte* target, const std::byte* element, std::size_t item, std::size_t count) {
  switch (item) {
    case 1:
      return repeat_item<std::uint8_t>(target, element, count);
    case 2:
      return repeat_item<std::uint16_t>(target, element, count);
    case 4:
      return repeat_item<std::uint32_t>(target, element, count);
    default:
      return repeat_item<std::uint64_t>(target, element, count);
  }
}

class AlignedMemory {
 public:
  explicit AlignedMemory(std::size_t bytes) {
    if (bytes <= sizeof few_) {
      start_ = few_;
    } else {
      many_ = static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kCacheLine}));
      start_ = many_;
    }
  }
  AlignedMemory(const AlignedMemory&) = delete;
  AlignedMemory& operator=(const AlignedMemory&) = delete;
  ~AlignedMemory() { ::operator delete (many_, std::align_val_t{kCacheLine}); }

  std::byte* start() const { return start_; }

 private:
  alignas(kCacheLine) std::byte few_[4096];
  std::byte* start_ = nullptr;
  std::byte* many_ = nullptr;
};

std::vector<const ArrayView*> outputs_first(std::span<const ArrayView> inputs,
                                            std::span<const ArrayView> outputs) {
  std::vector<const ArrayView*> views;
  views.reserve(inputs.size() + outputs.size());
  for (const ArrayView& view : outputs) views.push_back(&view);
  for (const ArrayView& view : inputs) views.push_back(&view);
  return views;
}

// The views from one index of an axis on, as far as `shape` says.
std::vector<ArrayView> part_of(std::span<const ArrayView> views, int axis, std::size_t first,
                               const std::ptrdiff_t* shape) {
  std::vector<ArrayView> parts(views.begin(), views.end());
  for (ArrayView& part : parts) {
    part.data += static_cast<std::ptrdiff_t>(first) * part.strides[axis];
    part.shape = shape;
  }
  return parts;
}

class Execution {
 public:
  Execution(const Program& program, std::span<const ArrayView> inputs,
            std::span<const ArrayView> outputs, const LoopTable& table, bool streams)
      : program_(program),
        inputs_(inputs),
        outputs_(outputs),
        table_(table),
        views_(outputs_first(inputs, outputs)),
        walk_(views_),
        block_(block_of(program, walk_.remaining())),
        place_bytes_(block_ * program.widest()),
        memory_(program.place_count() * place_bytes_),
        places_(program.place_count()),
        streams_(streams) {
    for (const ArrayView& input : inputs) {
      for (const ArrayView& output : outputs) in_place_ |= input.data == output.data;
    }
  }

  void run(Checkpoint& checkpoint) {
    if (walk_.remaining() == 0) return;
    fill_what_stays();
    while (walk_.remaining() != 0) {
      const std::size_t count = next_count();
      place_inputs(count);
      place_outputs(count);
      for (const Step& step : program_.steps()) do_step(step, in_groups(count));
      deliver(count);
      walk_.advance(count);
      checkpoint.spend(count * program_.widest() * program_.steps().size());
    }
    if (streams_) finish_streaming();
  }

 private:
  std::byte* own(std::size_t place) const { return memory_.start() + place * place_bytes_; }
  std::size_t view_of_input(std::size_t input) const { return outputs_.size() + input; }

  void do_step(const Step& step, std::size_t count) const {
    loop_of(table_, step)(places_[step.target], places_[step.operands[0]],
                          places_[step.operands[1]], places_[step.operands[2]], count);
  }

  // Constants and what is made of them, inputs of one element, and memory for what steps give.
  void fill_what_stays() {
    for (std::size_t place = 0; place < places_.size(); ++place) places_[place] = own(place);
    for (std::size_t i = 0; i < program_.constants().size(); ++i) {
      const Constant& constant = program_.constants()[i];
      repeat(own(program_.first_constant() + i), reinterpret_cast<const std::byte*>(&constant.bits),
             size_of(constant.dtype), block_);
    }
    for (const Step& step : program_.first_steps()) do_step(step, block_);
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      if (!walk_.is_one_element(view_of_input(i))) continue;
      repeat(own(i), walk_.at(view_of_input(i)), inputs_[i].item_size(), block_);
    }
  }

  // Whole groups within one run where runs are long, so that memory can be used where it lies.
  std::size_t next_count() const {
    if (walk_.run_length() < kShortRun) return std::min(block_, walk_.remaining());
    std::size_t count = std::min(block_, walk_.left_in_run());
    if (streams_) {
      const std::size_t item = outputs_[0].item_size();
      const std::size_t into_line = reinterpret_cast<std::uintptr_t>(walk_.at(0)) % kCacheLine;
      if (into_line % item == 0 && into_line != 0) {
        return std::min(count, (kCacheLine - into_line) / item);
      }
    }
    if (count > kLoopGroup) count -= count % kLoopGroup;
    return count;
  }

  bool lies_ready(std::size_t view, std::size_t count) const {
    const std::size_t item = views_[view]->item_size();
    return count % kLoopGroup == 0 && count <= walk_.left_in_run() &&
           walk_.stride(view) == static_cast<std::ptrdiff_t>(item) &&
           reinterpret_cast<std::uintptr_t>(walk_.at(view)) % item == 0;
  }

  void place_inputs(std::size_t count) {
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const std::size_t view = view_of_input(i);
      if (walk_.is_one_element(view)) continue;
      if (lies_ready(view, count)) {
        places_[i] = walk_.at(view);
        continue;
      }
      places_[i] = own(i);
      walk_.collect(view, own(i), count);
      // What fills the last group up is a copy of an element, so that it cannot be an error.
      const std::size_t item = inputs_[i].item_size();
      repeat(own(i) + count * item, own(i) + (count - 1) * item, item, in_groups(count) - count);
    }
  }

  void place_outputs(std::size_t count) {
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      const std::size_t place = program_.first_output() + i;
      const bool direct = !streams_ && !in_place_ && lies_ready(i, count);
      places_[place] = direct ? walk_.at(i) : own(place);
    }
  }

  void deliver(std::size_t count) {
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      const std::size_t place = program_.first_output() + i;
      if (places_[place] != own(place)) continue;
      const std::size_t bytes = count * outputs_[i].item_size();
      if (streams_ && lies_ready(i, count) && is_line_aligned(walk_.at(i)) &&
          bytes % kCacheLine == 0) {
        table_.stream(walk_.at(i), own(place), bytes / kCacheLine);
      } else {
        walk_.distribute(i, own(place), count);
      }
    }
  }

  const Program& program_;
  std::span<const ArrayView> inputs_;
  std::span<const ArrayView> outputs_;
  const LoopTable& table_;
  std::vector<const ArrayView*> views_;
  Walk walk_;
  std::size_t block_;
  std::size_t place_bytes_;
  AlignedMemory memory_;
  std::vector<std::byte*> places_;
  bool streams_;
  bool in_place_ = false;  // an output is an input, which loops may not read after they wrote it
};

}  // namespace

std::span<const LoopRow> loop_rows() {
  static constexpr LoopRow kRows[] = {{cpu::Level::avx512, loops_avx512},
                                      {cpu::Level::avx2, loops_avx2},
                                      {cpu::Level::baseline, loops_baseline}};
  return kRows;
}

const LoopTable& loop_table() {
  static const LoopTable& table = cpu::choose(loop_rows()).table();
  return table;
}

void execute(const Program& program, std::span<const ArrayView> inputs,
             std::span<const ArrayView> outputs, Checkpoint& checkpoint, const LoopTable& table) {
  const bool streams = pays_to_stream(bytes_touched(inputs, outputs));
  Execution(program, inputs, outputs, table, streams).run(checkpoint);
}

void execute_shared(const Program& program, std::span<const ArrayView> inputs,
                    std::span<const ArrayView> outputs, Checkpoint& checkpoint,
                    std::size_t threads) {
  const ArrayView& whole = outputs[0];
  const std::size_t size = whole.size();
  threads = threads_for(size * program.widest() * (program.steps().size() + 1), threads);
  if (threads == 1 || size <= kLeastShare) return execute(program, inputs, outputs, checkpoint);
  const int axis = Slab::axis_to_cut(whole);
  const auto length = static_cast<std::size_t>(whole.shape[axis]);
  const std::size_t least = (kLeastShare * length + size - 1) / size;  // indices of the axis
  const std::size_t share = std::max(least, (length + kMostShares - 1) / kMostShares);
  const bool streams = pays_to_stream(bytes_touched(inputs, outputs));
  const auto work = [&](std::size_t index, Checkpoint& mine) {
    const std::size_t first = index * share;
    std::array<std::ptrdiff_t, kMaxDimensions> shape;
    std::copy_n(whole.shape, whole.ndim, shape.begin());
    shape[static_cast<std::size_t>(axis)] =
        static_cast<std::ptrdiff_t>(std::min(share, length - first));
    const std::vector<ArrayView> from = part_of(inputs, axis, first, shape.data());
    const std::vector<ArrayView> to = part_of(outputs, axis, first, shape.data());
    Execution(program, from, to, loop_table(), streams).run(mine);
  };
  pool().parallel_for((length + share - 1) / share, work, checkpoint, threads);
}

}  // namespace fastlane::kernels::expression
