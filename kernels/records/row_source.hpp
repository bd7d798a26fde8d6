// What a source of rows does for the engine: it takes a window of text apart, a block of rows at a
// time.
// A source neither converts nor checks values.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/records/block.hpp"
#include "kernels/records/feed.hpp"

namespace fastlane::kernels::records {

class RowSource {
 public:
  RowSource() = default;
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;
  virtual ~RowSource() = default;

  // Begins a window, whose text stays where it is until the next one.
  virtual void open(const Window& window) = 0;

  // Fills the block with the next rows; false when the window has no more. Bad rows that are not in
  // the block are among its problems. Throws std::bad_alloc.
  virtual bool next(RowBlock& block) = 0;

  // Of the rows handed out since `open`.
  virtual std::uint32_t rows() const = 0;
  virtual std::uint32_t lines() const = 0;
  virtual std::uint32_t blank_lines() const = 0;
};

}  // namespace fastlane::kernels::records
