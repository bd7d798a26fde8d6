// The cuts, and what has to be gathered for them.
#include "kernels/records/feed.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/records/errors.hpp"
#include "kernels/records/layout.hpp"
#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {
Feed::Feed(std::span<const Input> inputs, Layout& layout, std::size_t window_bytes,
           std::size_t max_row_bytes)
    : inputs_(inputs),
      layout_(layout),
      borders_(layout.make_borders(max_row_bytes)),
      window_bytes_(window_bytes),
      max_row_bytes_(max_row_bytes) {
  layout_.expect_inputs(inputs.size());
  bool known = true;
  for (const Input& input : inputs) {
    known = known && input.stream == nullptr;
    bytes_in_all_ += input.bytes.size();
  }
  if (!known) bytes_in_all_ = 0;
}

std::uint64_t Feed::bytes_taken() const {
  if (!is_open_) return bytes_before_;
  if (memory_) return bytes_before_ + memory_->taken();
  return bytes_before_ + (stream_ != nullptr ? stream_->taken() : position_);
}

bool Feed::open_input(Checkpoint& checkpoint) {
  if (input_ == inputs_.size() || damage_) return false;
  const Input& input = inputs_[input_];
  is_open_ = true;
  position_ = 0;
  header_lines_ = 0;
  ended_ = false;
  borders_->restart();
  stream_ = input.stream;
  if (stream_ == nullptr && is_gzip(input.bytes)) {
    memory_ = stream_of(input.bytes, input.file);
    unpacking_ = unpack_gzip(*memory_);
    stream_ = unpacking_.get();
  } else if (stream_ != nullptr) {
    constexpr std::size_t kMagic = 3;
    std::string first;
    while (first.size() < kMagic) {
      const std::string_view piece = stream_->next(checkpoint);
      if (piece.empty()) break;
      first += piece;
    }
    const bool packed = is_gzip(first);
    memory_ = std::make_unique<Preceded>(std::move(first), *stream_);
    if (packed) unpacking_ = unpack_gzip(*memory_);
    stream_ = packed ? unpacking_.get() : memory_.get();
  }
  skip_mark(checkpoint);
  read_header(checkpoint);
  return true;
}

void Feed::close_input() {
  bytes_before_ = bytes_taken();
  is_open_ = false;
  ++input_;
  stream_ = nullptr;
  unpacking_.reset();
  memory_.reset();
  pending_.clear();
  pending_begin_ = 0;
  cut_off_ = 0;
}

// What is at hand of the input, from the present position on.
std::string_view Feed::rest() const {
  if (stream_ == nullptr) return inputs_[input_].bytes.substr(static_cast<std::size_t>(position_));
  return {pending_.begin() + pending_begin_, pending_.size() - pending_begin_ - cut_off_};
}

// Sees to it that more than `size` bytes are at hand, or all that there are.
void Feed::gather(std::size_t size, Checkpoint& checkpoint) {
  if (stream_ == nullptr) {
    ended_ = true;
    return;
  }
  while (!ended_ && pending_.size() - pending_begin_ <= size) {
    std::string_view piece;
    try {
      piece = stream_->next(checkpoint);
    } catch (const DamagedStream& damaged) {
      damage_ = Damage{input_, damaged.what()};
      cut_off_ = rest().size() - (rest().rfind('\n') + 1);
    }
    ended_ = piece.empty();
    // Room for a line end and the padding is always left.
    pending_.reserve(piece.size() + 1 + kPadding);
    pending_.append(piece.data(), piece.size());
  }
}

void Feed::skip_mark(Checkpoint& checkpoint) {
  gather(kByteOrderMark.size(), checkpoint);
  if (rest().substr(0, kByteOrderMark.size()) != kByteOrderMark) return;
  skip(kByteOrderMark.size());
}

// The first row that is not blank, if the source has headers.
void Feed::read_header(Checkpoint& checkpoint) {
  if (!layout_.has_header()) return;
  std::size_t size = 0;
  std::size_t at = 0;
  while (true) {
    gather(at + max_row_bytes_ + 3, checkpoint);
    const std::string_view text = rest().substr(at, max_row_bytes_ + 3);
    size = borders_->first_end(text, position_ + at, true);
    if (size == 0) size = text.size();
    const std::string_view row = text.substr(0, size);
    at += size;
    if (row.find_first_not_of("\r\n") != std::string_view::npos) {
      layout_.take_header(input_, row);
      break;
    }
    if (row.empty()) break;
  }
  const std::string_view taken = rest().substr(0, at);
  header_lines_ = static_cast<std::uint64_t>(std::count(taken.begin(), taken.end(), '\n'));
  skip(at);
}

bool Feed::next(Window& window, Buffer<char>& copy, Checkpoint& checkpoint) {
  if (is_over_) return false;
  is_over_ = true;  // for other threads, should this not come to its end
  while (true) {
    if (!is_open_ && !open_input(checkpoint)) return false;
    gather(window_bytes_, checkpoint);
    if (!rest().empty() || cut_off_ != 0) break;
    close_input();
  }
  window = Window{};
  window.index = index_++;
  window.input = input_;
  window.begin = position_;
  window.first_line = header_lines_;
  // What the cut itself finds out about rows in the window, their parser finds out as well.
  const std::uint64_t single = borders_->single_lines_until();
  window.single_lines = single > position_ ? single - position_ : 0;
  const std::size_t size = find_end(window, checkpoint);
  if (window.refused != ErrorCode::none) {
    take_refused(window, copy, checkpoint);
  } else {
    take_text(window, size, copy);
  }
  window.end = position_;
  is_over_ = false;
  return true;
}

// How many bytes belong to the window that begins here.
std::size_t Feed::find_end(Window& window, Checkpoint& checkpoint) {
  if (!rest().empty()) {
    if (ended_ && rest().size() <= window_bytes_) return rest().size();
    const std::size_t last = borders_->last_end(rest().substr(0, window_bytes_), position_);
    if (last != 0) return last;
    // A row that is as long as rows may be still has its line end, of two bytes at most, within
    // reach.
    gather(max_row_bytes_ + 2, checkpoint);
  }
  if (rest().empty()) {
    // All that is left is the row in which the damage is.
    window.refused = cut_off_ > max_row_bytes_ + 2 ? ErrorCode::too_long : ErrorCode::truncated;
    return cut_off_;
  }
  const std::size_t reach = std::min(rest().size(), max_row_bytes_ + 2);
  // One byte more tells a row that reaches so far from one that ends there.
  const std::size_t first = borders_->first_end(rest().substr(0, reach + 1), position_, true);
  if (first != 0) return first;
  if (rest().size() > reach) window.refused = ErrorCode::too_long;
  return reach;
}

void Feed::take_refused(Window& window, Buffer<char>& copy, Checkpoint& checkpoint) {
  const auto gather_row = [&](std::size_t size) {
    gather(size, checkpoint);
    // Without a line end at hand the row goes on in what was cut off.
    if (rest().empty()) cut_off_ = 0;
  };
  gather_row(kRawBytes);
  copy.clear();
  const std::string_view start = rest().substr(0, kRawBytes);
  copy.append(start.data(), start.size());
  window.text = {copy.begin(), copy.size()};
  constexpr std::size_t kStep = std::size_t{1} << 20;
  while (true) {
    gather_row(kStep);
    const std::string_view text = rest().substr(0, kStep);
    if (text.empty()) return;
    const std::size_t newline = text.find('\n');
    const std::size_t size = newline == std::string_view::npos ? text.size() : newline + 1;
    if (stream_ == nullptr) {
      checkpoint.spend(size);
      const MappedFile* file = inputs_[input_].file;
      if (file != nullptr) file->forget(static_cast<std::size_t>(position_), size);
    }
    skip(size);
    if (newline != std::string_view::npos && window.refused == ErrorCode::too_long) return;
  }
}

void Feed::skip(std::size_t size) {
  position_ += size;
  if (stream_ == nullptr) return;
  pending_begin_ += size;
  if (pending_begin_ != pending_.size()) return;
  pending_.clear();
  pending_begin_ = 0;
}

// Makes text of the next `size` bytes as parsers want it.
void Feed::take_text(Window& window, std::size_t size, Buffer<char>& copy) {
  const std::string_view text = rest().substr(0, size);
  const bool is_whole = text.back() == '\n';
  position_ += size;
  if (stream_ == nullptr) {
    const Input& input = inputs_[input_];
    if (is_whole && input.bytes.size() - position_ >= kPadding) {
      window.text = text;
      window.file = input.file;
      return;
    }
    copy.clear();
    copy.reserve(size + 1 + kPadding);
    copy.append(text.data(), size);
  } else {
    // The worker gets the block; what is left goes over into the worker's old one.
    const std::size_t begin = pending_begin_;
    const std::string_view left(pending_.begin() + begin + size, pending_.size() - begin - size);
    copy.clear();
    copy.reserve(left.size() + 1 + kPadding);
    copy.append(left.data(), left.size());
    std::swap(copy, pending_);
    pending_begin_ = 0;
    copy.resize(begin + size);
    copy.reserve(1 + kPadding);
    if (!is_whole) copy.push_back('\n');
    std::memset(copy.end(), 0, kPadding);
    window.text = {copy.begin() + begin, copy.size() - begin};
    return;
  }
  if (!is_whole) copy.push_back('\n');
  std::memset(copy.end(), 0, kPadding);
  window.text = {copy.begin(), copy.size()};
}

}  // namespace fastlane::kernels::records
