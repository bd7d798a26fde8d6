// The cuts.
#include "kernels/records/windows.hpp"

#include <algorithm>
#include <cstring>

#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// The place behind the first newline of text[from, to), or npos.
std::size_t behind_newline(std::string_view text, std::size_t from, std::size_t to) {
  if (from >= to) return std::string_view::npos;
  const void* found = std::memchr(text.data() + from, '\n', to - from);
  if (found == nullptr) return std::string_view::npos;
  return static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) + 1;
}

}  // namespace

bool WindowCutter::next(Window& window, Checkpoint& checkpoint) {
  while (input_ < inputs_.size() && position_ == inputs_[input_].bytes.size()) {
    ++input_;
    position_ = 0;
  }
  if (input_ == inputs_.size()) return false;
  const std::string_view text = inputs_[input_].bytes;
  if (position_ == 0 && text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    position_ = kByteOrderMark.size();
    if (position_ == text.size()) return next(window, checkpoint);
  }
  window = {index_++, input_, position_, text.size(), false};
  if (text.size() - position_ > window_bytes_) end_at_line(window, checkpoint);
  position_ = window.end;
  return true;
}

void WindowCutter::end_at_line(Window& window, Checkpoint& checkpoint) const {
  const std::string_view text = inputs_[window.input].bytes;
  const std::size_t begin = window.begin;
  const void* last = ::memrchr(text.data() + begin, '\n', window_bytes_);
  if (last != nullptr) {
    window.end = static_cast<std::size_t>(static_cast<const char*>(last) - text.data()) + 1;
    return;
  }
  // A row that is as long as rows may be still has its line end, of two bytes at most, within
  // reach.
  const std::size_t left = text.size() - begin;
  const std::size_t reach = begin + std::min(left, max_row_bytes_ + 2);
  std::size_t end = behind_newline(text, begin + std::min(left, window_bytes_), reach);
  window.is_one_long_row = end == std::string_view::npos && left > max_row_bytes_ + 2;
  constexpr std::size_t kStep = std::size_t{1} << 20;
  for (std::size_t at = reach; end == std::string_view::npos && at < text.size();) {
    const std::size_t until = at + std::min(kStep, text.size() - at);
    end = behind_newline(text, at, until);
    checkpoint.spend(until - at);
    if (inputs_[window.input].file != nullptr) inputs_[window.input].file->forget(at, until - at);
    at = until;
  }
  window.end = end == std::string_view::npos ? text.size() : end;
}

std::string_view padded_text(const Window& window, const Input& input, Buffer<char>& copy) {
  const std::string_view text = input.bytes.substr(window.begin, window.end - window.begin);
  if (text.back() == '\n' && input.bytes.size() - window.end >= kPadding) return text;
  copy.clear();
  char* bytes = copy.extend(text.size() + 1 + kPadding);
  std::memcpy(bytes, text.data(), text.size());
  std::memset(bytes + text.size(), 0, 1 + kPadding);
  if (text.back() == '\n') return {bytes, text.size()};
  bytes[text.size()] = '\n';
  return {bytes, text.size() + 1};
}

}  // namespace fastlane::kernels::records
