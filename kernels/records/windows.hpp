// Cuts the inputs into windows that end at line ends. Where the cuts are depends on the content and
// the window's size alone, so that whoever parses the windows, the result is the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "kernels/checkpoint.hpp"
#include "kernels/mapped_file.hpp"
#include "kernels/records/buffer.hpp"

namespace fastlane::kernels::records {

struct Input {
  std::string_view bytes;
  const MappedFile* file = nullptr;  // whose content the bytes are, if it is one
};

struct Window {
  std::size_t index = 0;  // counts all windows of all inputs
  std::size_t input = 0;
  std::size_t begin = 0, end = 0;  // in the input
  bool is_one_long_row = false;    // a single row, longer than rows may be
};

class WindowCutter {
 public:
  // The inputs outlive the cutter. Precondition: sizes are at least 1.
  WindowCutter(std::span<const Input> inputs, std::size_t window_bytes, std::size_t max_row_bytes)
      : inputs_(inputs), window_bytes_(window_bytes), max_row_bytes_(max_row_bytes) {}

  // The next window; false behind the last. Throws what the checkpoint throws.
  bool next(Window& window, Checkpoint& checkpoint);

 private:
  void end_at_line(Window& window, Checkpoint& checkpoint) const;

  std::span<const Input> inputs_;
  std::size_t window_bytes_;
  std::size_t max_row_bytes_;
  std::size_t input_ = 0;
  std::size_t position_ = 0;
  std::size_t index_ = 0;
};

// The window's text as parsers want it: ending with a newline and padded. Only at the end of an
// input does that take a copy, which is made in `copy`. Throws std::bad_alloc.
std::string_view padded_text(const Window& window, const Input& input, Buffer<char>& copy);

}  // namespace fastlane::kernels::records
