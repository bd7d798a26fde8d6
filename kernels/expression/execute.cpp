// See kernels/expression/execute.hpp.
#include "kernels/expression/execute.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <new>
#include <vector>

#include "kernels/expression/short_array.hpp"
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

// Writes one element `count` times.
void repeat(std::byte* target, const std::byte* element, std::size_t item, std::size_t count) {
  using Words = Lanes<std::uint64_t, 2>;
  std::uint64_t word = 0;  // the element as often as it fits
  for (std::size_t i = 0; i < sizeof word; i += item) {
    std::memcpy(reinterpret_cast<std::byte*>(&word) + i, element, item);
  }
  const auto words = Words::filled(word);
  const std::size_t bytes = count * item;
  std::size_t done = 0;
  for (; bytes - done >= kCacheLine; done += kCacheLine) {
    for (std::size_t i = 0; i < kCacheLine; i += sizeof words) words.stored(target + done + i);
  }
  for (; done < bytes; done += item) std::memcpy(target + done, &word, item);
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
  alignas(kCacheLine) std::byte few_[6 * kBlockBytes];
  std::byte* start_ = nullptr;
  std::byte* many_ = nullptr;
};

// All views of an execution, the outputs first.
class Views : public ShortArray<const ArrayView*, 8> {
 public:
  Views(std::span<const ArrayView> inputs, std::span<const ArrayView> outputs)
      : ShortArray(inputs.size() + outputs.size()) {
    const ArrayView** next = begin();
    for (const ArrayView& view : outputs) *next++ = &view;
    for (const ArrayView& view : inputs) *next++ = &view;
  }
};

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

// A place whose contents lie in a view, and move on with the walk.
struct Moving {
  std::size_t place;
  std::size_t view;
  std::size_t item;
};

class Execution {
 public:
  Execution(const Program& program, std::span<const ArrayView> inputs,
            std::span<const ArrayView> outputs, const LoopTable& table, bool streams)
      : program_(program),
        inputs_(inputs),
        outputs_(outputs),
        table_(table),
        views_(inputs, outputs),
        walk_({views_.begin(), views_.end()}),
        block_(block_of(program, walk_.remaining())),
        place_bytes_(block_ * program.widest()),
        memory_(program.place_count() * place_bytes_),
        places_(program.place_count()),
        moving_(views_.size()),
        streams_(streams) {
    for (const ArrayView& input : inputs) {
      for (const ArrayView& output : outputs) in_place_ |= input.data == output.data;
    }
  }

  void run(Checkpoint& checkpoint) {
    if (walk_.remaining() == 0) return;
    fill_what_stays();
    while (walk_.remaining() != 0) {
      const std::size_t ready = count_ready();
      if (ready != 0) {
        run_where_it_lies(ready, checkpoint);
      } else {
        run_block(next_count(), checkpoint);
      }
    }
    if (streams_) finish_streaming();
  }

 private:
  void run_block(std::size_t count, Checkpoint& checkpoint) {
    place_inputs(count);
    place_outputs(count);
    for (const Step& step : program_.steps()) do_step(step, in_groups(count));
    deliver(count);
    walk_.advance(count);
    spend(count, checkpoint);
  }

  // The usual case, with little between the steps of a block and those of the next one.
  void run_where_it_lies(std::size_t count, Checkpoint& checkpoint) {
    place_inputs(count);
    place_outputs(count);
    walk_.advance(count);
    while (true) {
      const std::size_t block = std::min(block_, count);
      for (const Step& step : program_.steps()) do_step(step, block);
      spend(block, checkpoint);
      count -= block;
      if (count == 0) return;
      for (const Moving& place : moving()) places_[place.place] += block * place.item;
    }
  }

  // How many of the next elements can be used where they lie, in all views.
  std::size_t count_ready() const {
    if (streams_ || in_place_) return 0;
    const std::size_t count = walk_.left_in_run() / kLoopGroup * kLoopGroup;
    for (const Moving& place : moving()) {
      if (!lies_ready(place, count)) return 0;
    }
    return count;
  }

  void spend(std::size_t count, Checkpoint& checkpoint) const {
    checkpoint.spend(count * program_.widest() * program_.steps().size());
  }

  std::byte* own(std::size_t place) const { return memory_.start() + place * place_bytes_; }
  std::size_t view_of_input(std::size_t input) const { return outputs_.size() + input; }
  // The outputs, then the inputs that are not one element.
  std::span<const Moving> moving() const { return {moving_.begin(), moving_count_}; }

  void do_step(const Step& step, std::size_t count) const {
    const auto at = [&](std::size_t operand) { return places_[step.operands[operand]]; };
    loop_of(table_, step)(places_[step.target], at(0), at(1), at(2), at(3), count);
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
    for (std::size_t i = 0; i < outputs_.size(); ++i) {
      moving_[moving_count_++] = {program_.first_output() + i, i, outputs_[i].item_size()};
    }
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      const std::size_t view = view_of_input(i);
      if (walk_.is_one_element(view)) {
        repeat(own(i), walk_.at(view), inputs_[i].item_size(), block_);
      } else {
        moving_[moving_count_++] = {i, view, inputs_[i].item_size()};
      }
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

  bool lies_ready(const Moving& place, std::size_t count) const {
    return count % kLoopGroup == 0 && count <= walk_.left_in_run() &&
           walk_.stride(place.view) == static_cast<std::ptrdiff_t>(place.item) &&
           reinterpret_cast<std::uintptr_t>(walk_.at(place.view)) % place.item == 0;
  }

  void place_inputs(std::size_t count) {
    for (const Moving& input : moving().subspan(outputs_.size())) {
      if (lies_ready(input, count)) {
        places_[input.place] = walk_.at(input.view);
        continue;
      }
      std::byte* const block = own(input.place);
      places_[input.place] = block;
      walk_.collect(input.view, block, count);
      // What fills the last group up is a copy of an element, so that it cannot be an error.
      repeat(block + count * input.item, block + (count - 1) * input.item, input.item,
             in_groups(count) - count);
    }
  }

  void place_outputs(std::size_t count) {
    for (const Moving& output : moving().first(outputs_.size())) {
      const bool direct = !streams_ && !in_place_ && lies_ready(output, count);
      places_[output.place] = direct ? walk_.at(output.view) : own(output.place);
    }
  }

  void deliver(std::size_t count) {
    for (const Moving& output : moving().first(outputs_.size())) {
      const std::byte* const block = own(output.place);
      if (places_[output.place] != block) continue;
      std::byte* const target = walk_.at(output.view);
      const std::size_t bytes = count * output.item;
      if (streams_ && lies_ready(output, count) && is_line_aligned(target) &&
          bytes % kCacheLine == 0) {
        table_.stream(target, block, bytes / kCacheLine);
      } else {
        walk_.distribute(output.view, block, count);
      }
    }
  }

  const Program& program_;
  std::span<const ArrayView> inputs_;
  std::span<const ArrayView> outputs_;
  const LoopTable& table_;
  Views views_;
  Walk walk_;
  std::size_t block_;
  std::size_t place_bytes_;
  AlignedMemory memory_;
  ShortArray<std::byte*, 16> places_;
  ShortArray<Moving, 8> moving_;
  std::size_t moving_count_ = 0;
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
  const bool streams = pays_to_stream_into(outputs[0], bytes_touched(inputs, outputs));
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
  const bool streams = pays_to_stream_into(outputs[0], bytes_touched(inputs, outputs));
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
