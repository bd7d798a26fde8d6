// Hands the elements of a view to a kernel as contiguous blocks, in any order, each exactly once.
// What is contiguous is handed over where it lies (at any alignment); the rest is collected into a
// block on the stack first. So a reduction is written once, for contiguous memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "kernels/array_view.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/lanes.hpp"
#include "kernels/runs.hpp"

namespace fastlane::kernels {

inline constexpr std::size_t kBytesPerCheckpoint = std::size_t{256} << 10;

// Calls body(address, count) with `count` adjacent elements of type T. Pieces are as long as the
// memory allows; only the last piece of a run, and collected blocks, hold fewer than kMultiple.
// Contract: view.dtype has T's size; no allocation; throws what `checkpoint` and `body` throw.
template <class T, std::size_t kMultiple, class Body>
void for_each_block(const ArrayView& view, Checkpoint& checkpoint, Body&& body) {
  constexpr std::ptrdiff_t kItem = sizeof(T);
  constexpr std::size_t kPiece =
      std::max(kMultiple, kBytesPerCheckpoint / sizeof(T) / kMultiple * kMultiple);
  const Runs<1> runs({&view}, RunOrder::any);
  const auto in_pieces = [&](const std::byte* data, std::size_t count) {
    while (count > kPiece) {
      checkpoint.spend(kPiece * sizeof(T));
      body(data, kPiece);
      data += kPiece * sizeof(T);
      count -= kPiece;
    }
    body(data, count);
  };
  if (runs.is_single_run() && (runs.run_length() <= 1 || runs.run_strides()[0] == kItem)) {
    if (!runs.empty()) in_pieces(runs.data()[0], static_cast<std::size_t>(runs.run_length()));
    return;
  }

  alignas(64) T block[kMultiple];
  std::size_t filled = 0;
  const auto flush = [&] {
    checkpoint.spend(filled * sizeof(T));
    body(reinterpret_cast<const std::byte*>(block), filled);
    filled = 0;
  };
  runs.for_each([&](const std::array<std::byte*, 1>& data, std::ptrdiff_t length,
                    const std::array<std::ptrdiff_t, 1>& strides) {
    const std::byte* at = data[0];
    const std::ptrdiff_t stride = strides[0];
    auto left = static_cast<std::size_t>(length);
    if (stride == kItem && left >= kMultiple) {
      checkpoint.spend(left % kPiece * sizeof(T));
      in_pieces(at, left);
      return;
    }
    while (left != 0) {
      const std::size_t count = std::min(left, kMultiple - filled);
      T* place = block + filled;
      if (stride == kItem) {
        std::memcpy(place, at, count * sizeof(T));
      } else {
        for (std::size_t i = 0; i < count; ++i) {
          place[i] = load<T>(at + static_cast<std::ptrdiff_t>(i) * stride);
        }
      }
      at += static_cast<std::ptrdiff_t>(count) * stride;
      filled += count;
      left -= count;
      if (filled == kMultiple) flush();
    }
  });
  if (filled != 0) flush();
}

}  // namespace fastlane::kernels
