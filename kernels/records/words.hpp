// Loads and compares of up to eight bytes at a time, for text that may be read past its end.
// Row text always has kPadding readable bytes behind it; what lies there never reaches a result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace fastlane::kernels::records {

inline constexpr std::size_t kPadding = 64;

inline std::uint64_t load_word(const char* text) {
  std::uint64_t word;
  std::memcpy(&word, text, sizeof word);
  return word;
}

// The lowest `size` bytes of a word, all of them from eight on.
inline std::uint64_t byte_mask(std::size_t size) {
  return size >= 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (size * 8)) - 1;
}

// A literal that is compared against padded text: the first eight bytes as one word.
class Literal {
 public:
  Literal() = default;
  explicit Literal(std::string_view text) : size_(text.size()) {
    std::memcpy(&word_, text.data(), size_ < 8 ? size_ : 8);
    mask_ = byte_mask(size_);
    if (size_ > 8) rest_ = text.substr(8);
  }
  std::size_t size() const { return size_; }

  // Precondition: eight readable bytes, and `size` of them in the text when it is longer than
  // eight.
  bool matches(const char* text) const {
    if ((load_word(text) & mask_) != word_) return false;
    return size_ <= 8 || std::memcmp(text + 8, rest_.data(), rest_.size()) == 0;
  }

 private:
  std::uint64_t word_ = 0;
  std::uint64_t mask_ = 0;
  std::size_t size_ = 0;
  std::string_view rest_;  // of text that outlives the literal
};

}  // namespace fastlane::kernels::records
