// The steps from the pixels of a block to elements of a tensor that are worth instructions of their
// own: a table of small functions for each CPU row. They know samples and numbers side by side in
// memory; where those come from and go to is the affair of tensor_blocks.cpp.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kernels/image/tensor.hpp"

namespace fastlane::kernels::image {

inline constexpr std::size_t kPixelsOfBlock = 1024;

// A float16 as its bits.
using Half = std::uint16_t;

// One function for uint8 samples, one for uint16.
template <class Step>
using BySample = std::array<Step, 2>;

struct TensorSteps {
  // Pixels of two, three or four channels apart: channel c to planes + c * kPixelsOfBlock samples.
  using Split = void (*)(const std::byte* pixels, std::size_t count, std::byte* planes);
  BySample<std::array<Split, 3>> split;

  // ITU-R 601 in sixteen bits, as Pillow computes it.
  using Luma = void (*)(const std::byte* red, const std::byte* green, const std::byte* blue,
                        std::size_t count, std::byte* luma);
  BySample<Luma> luma;

  using Map = void (*)(const std::byte* samples, std::size_t count, const ChannelMap& map,
                       float* numbers);
  BySample<Map> map;
  // The same for uint8 past the caches, in whole cache lines; null where it does not pay.
  Map map_streaming;

  // To the nearest, ties to even, what is out of range to its end.
  void (*round)(const float* numbers, std::size_t count, std::uint8_t* bytes);
  void (*halve)(const float* numbers, std::size_t count, Half* halves);

  // Whole cache lines past the caches, to one that begins at `target`.
  void (*stream)(void* target, const void* lines, std::size_t count);
};

// Those for this CPU. Contract of the functions: all of `count` is at most kPixelsOfBlock, memory
// does not overlap, samples and numbers are aligned but `pixels` need not be; no allocation, no
// exceptions; every CPU gives the same bits.
const TensorSteps& tensor_steps();

}  // namespace fastlane::kernels::image
