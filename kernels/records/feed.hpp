// The inputs as windows of whole rows, ready to be parsed. Where the cuts are depends on the
// content and the window's size alone, not on the pieces in which it came, so that whoever parses
// the windows, the result is the same. Bytes in memory are cut where they are; those that come in
// pieces (gzip, chunks) are gathered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "kernels/checkpoint.hpp"
#include "kernels/mapped_file.hpp"
#include "kernels/records/borders.hpp"
#include "kernels/records/buffer.hpp"
#include "kernels/records/program.hpp"
#include "kernels/records/streams.hpp"

namespace fastlane::kernels::records {

class Layout;

inline constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // skipped at an input's start

struct Input {
  std::string_view bytes;
  const MappedFile* file = nullptr;  // whose content the bytes are, if it is one
  ByteStream* stream = nullptr;      // instead of bytes, for what comes in pieces
};

struct Window {
  std::size_t index = 0;  // counts all windows of all inputs
  std::size_t input = 0;
  std::uint64_t begin = 0, end = 0;  // in the input, unpacked
  std::uint64_t first_line = 0;      // lines of the input before the window that no window has
  // Not none: a single bad row that nobody parses, too long or cut off; `text` is its start.
  ErrorCode refused = ErrorCode::none;
  std::uint64_t single_lines = 0;    // so many bytes from the start, rows do not go beyond a line
  std::string_view text;             // ends with a newline; kPadding readable bytes behind it
  const MappedFile* file = nullptr;  // whose pages the window uses
};

// What is wrong with an input that broke off.
struct Damage {
  std::size_t input = 0;
  std::string what;
};

class Feed {
 public:
  // Inputs and layout outlive the feed. Preconditions: sizes are at least 1.
  Feed(std::span<const Input> inputs, Layout& layout, std::size_t window_bytes,
       std::size_t max_row_bytes);

  // The next window, whose text may lie in `copy`; false behind the last, and ever after something
  // was thrown: std::bad_alloc, HeaderError, and what checkpoint and streams throw. One thread at a
  // time.
  bool next(Window& window, Buffer<char>& copy, Checkpoint& checkpoint);

  // Bytes taken from the inputs, packed as they are, and how many there are; 0: nobody knows.
  std::uint64_t bytes_taken() const;
  std::uint64_t bytes_in_all() const { return bytes_in_all_; }
  const std::optional<Damage>& damage() const { return damage_; }

 private:
  bool open_input(Checkpoint& checkpoint);
  void close_input();
  std::string_view rest() const;
  void gather(std::size_t size, Checkpoint& checkpoint);
  void skip_mark(Checkpoint& checkpoint);
  void read_header(Checkpoint& checkpoint);
  std::size_t find_end(Window& window, Checkpoint& checkpoint);
  void take_refused(Window& window, Buffer<char>& copy, Checkpoint& checkpoint);
  void skip(std::size_t size);
  void take_text(Window& window, std::size_t size, Buffer<char>& copy);

  std::span<const Input> inputs_;
  Layout& layout_;
  std::unique_ptr<RowBorders> borders_;
  std::size_t window_bytes_;
  std::size_t max_row_bytes_;
  std::uint64_t bytes_in_all_ = 0;
  std::uint64_t bytes_before_ = 0;  // of the inputs before this one
  std::size_t input_ = 0;
  bool is_open_ = false;
  std::uint64_t position_ = 0;  // in the present input, unpacked
  std::uint64_t header_lines_ = 0;
  ByteStream* stream_ = nullptr;  // of the present input, if it comes in pieces
  std::unique_ptr<ByteStream> memory_, unpacking_;
  Buffer<char> pending_;  // what came and is not yet in a window, from pending_begin_ on
  std::size_t pending_begin_ = 0;
  std::size_t cut_off_ = 0;  // bytes at the end of `pending_`: of the row in which the damage is
  bool ended_ = false;
  bool is_over_ = false;
  std::size_t index_ = 0;
  std::optional<Damage> damage_;
};

}  // namespace fastlane::kernels::records
