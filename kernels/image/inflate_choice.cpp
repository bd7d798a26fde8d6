// Which library inflates a picture faster. The lengths of the codes in the head of the first block
// say how likely each symbol is: a code of n bits stands for a symbol that the writer met once in
// 2^n. Where most symbols are literals, ISA-L's tables of several symbols win; where most are
// repeats, libdeflate's copying does.
#include <array>

#include "kernels/image/inflate.hpp"

namespace fastlane::kernels::image {
namespace {

// libdeflate makes the whole at once, without asking the checkpoint.
constexpr std::size_t kMostAtOnce = std::size_t{64} << 20;
constexpr std::size_t kFewBytes = std::size_t{64} << 10;

constexpr std::size_t kLiterals = 256;

// Bits of a deflate stream, the lowest first. Behind the end there are zeros.
class Bits {
 public:
  explicit Bits(Bytes data) : data_(data) {}
  unsigned take(unsigned count) {
    unsigned bits = 0;
    for (unsigned i = 0; i < count; ++i, ++at_) {
      if (at_ / 8 < data_.size()) {
        bits |= (std::to_integer<unsigned>(data_[at_ / 8]) >> (at_ % 8) & 1u) << i;
      }
    }
    return bits;
  }
  bool is_past_end() const { return at_ > 8 * data_.size(); }

 private:
  Bytes data_;
  std::size_t at_ = 0;
};

using CodeLengths = std::array<std::uint8_t, 19>;

// The symbol of the canonical code that comes next, or 19 when there is none.
unsigned take_symbol(Bits& bits, const CodeLengths& lengths) {
  unsigned code = 0;
  unsigned first = 0;
  for (unsigned length = 1; length <= 7; ++length) {
    code |= bits.take(1);
    unsigned index = 0;
    for (unsigned symbol = 0; symbol < lengths.size(); ++symbol) {
      if (lengths[symbol] != length) continue;
      if (first + index == code) return symbol;
      ++index;
    }
    first = (first + index) << 1;
    code <<= 1;
  }
  return static_cast<unsigned>(lengths.size());
}

struct BlockHead {
  bool is_known = false;
  double literals = 0;  // how likely the next symbol is one
};

BlockHead read_block_head(Bytes stream) {
  constexpr std::array<std::uint8_t, 19> kOrder = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                                   11, 4,  12, 3, 13, 2, 14, 1, 15};
  Bits bits(stream.subspan(2));
  static_cast<void>(bits.take(1));
  constexpr unsigned kDynamic = 2;
  if (bits.take(2) != kDynamic) return {};
  const std::size_t literal_codes = bits.take(5) + 257;
  static_cast<void>(bits.take(5));
  const std::size_t length_codes = bits.take(4) + 4;
  CodeLengths lengths{};
  for (std::size_t i = 0; i < length_codes; ++i) {
    lengths[kOrder[i]] = static_cast<std::uint8_t>(bits.take(3));
  }
  BlockHead head;
  unsigned last = 0;
  for (std::size_t symbol = 0; symbol < literal_codes && symbol < kLiterals;) {
    const unsigned code = take_symbol(bits, lengths);
    if (code > 18 || bits.is_past_end()) return {};
    unsigned repeats = 1;
    unsigned length = code;
    if (code == 16) {
      length = last;
      repeats = 3 + bits.take(2);
    } else if (code == 17) {
      length = 0;
      repeats = 3 + bits.take(3);
    } else if (code == 18) {
      length = 0;
      repeats = 11 + bits.take(7);
    }
    last = length;
    for (; repeats != 0 && symbol < kLiterals; --repeats, ++symbol) {
      if (length != 0) head.literals += 1.0 / static_cast<double>(1u << length);
    }
  }
  head.is_known = true;
  return head;
}

}  // namespace

Inflater inflater_for(const Png& png) noexcept {
  constexpr double kFlat = 0.4;  // tools/bench image shows where the libraries meet
  const std::size_t bytes = png.filtered_bytes();
  if (bytes > kMostAtOnce || bytes < kFewBytes || png.data.empty()) return Inflater::isal;
  const Bytes first = png.data.front();
  if (first.size() < 128) return Inflater::isal;
  const BlockHead head = read_block_head(first);
  return head.is_known && head.literals < kFlat ? Inflater::libdeflate : Inflater::isal;
}

}  // namespace fastlane::kernels::image
