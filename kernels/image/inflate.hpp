// The compressed data of a PNG picture as a stream of bytes, by one of two libraries behind one
// interface: ISA-L, which decodes piece by piece, or libdeflate, which is better at long repeats
// but makes the whole at once. Both check the zlib frame and its Adler-32.
#pragma once

#include <cstddef>
#include <memory>

#include "kernels/arena.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/image/png.hpp"

namespace fastlane::kernels::image {

enum class Inflater { isal, libdeflate };

class InflatedData {
 public:
  InflatedData() = default;
  InflatedData(const InflatedData&) = delete;
  InflatedData& operator=(const InflatedData&) = delete;
  virtual ~InflatedData() = default;

  // The next bytes of the stream, valid until the next call.
  // Contract: `bytes` is at most what was announced; throws DecodeError when there are fewer or
  // they are damaged, and what the checkpoint throws.
  virtual Bytes take(std::size_t bytes, Checkpoint& checkpoint) = 0;

  // Call when all has been taken: throws DecodeError when there is more, or the checksum is wrong.
  virtual void finish(Checkpoint& checkpoint) = 0;
};

// Contract: `png` outlives the stream; nobody takes more than `most` bytes at once. Its memory
// comes from `arena`; throws bad_alloc, DecodeError, and what the checkpoint throws.
std::unique_ptr<InflatedData> inflated_data(const Png& png, Inflater inflater, std::size_t most,
                                            Arena& arena, Checkpoint& checkpoint);

// The library for this picture, from its size and a look at the head of its first block.
// Contract: never allocates, never throws.
Inflater inflater_for(const Png& png) noexcept;

}  // namespace fastlane::kernels::image
