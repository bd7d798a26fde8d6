// Quotes first, if there are any; then the lists. Both loops once, inlined by each CPU row.
#include "kernels/records/csv_index.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string>

namespace fastlane::kernels::records {
namespace {

std::string classes_of(const CsvFormat& format) {
  std::string classes = {'\n', format.delimiter};
  if (format.has_quotes) classes += format.quote;
  return classes;
}

// Each bit becomes the parity of the bits up to it.
[[gnu::always_inline]] inline std::uint64_t running_parity(std::uint64_t word) {
  word ^= word << 1;
  word ^= word << 2;
  word ^= word << 4;
  word ^= word << 8;
  word ^= word << 16;
  word ^= word << 32;
  return word;
}

// The bits of `size` bytes in their last word.
[[gnu::always_inline]] inline std::uint64_t bits_of_last(std::size_t size) {
  return size % 64 == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << (size % 64)) - 1;
}

}  // namespace

[[gnu::always_inline]] inline bool CsvIndex::find_quoted(const char* text, std::size_t size) {
  const std::size_t words = (size + 63) / 64;
  if (inside_.size() < words) inside_.resize(words);
  const std::uint64_t* newlines = bytes_.words(kNewline);
  const std::uint64_t* delimiters = bytes_.words(kDelimiter);
  const std::uint64_t* quotes = bytes_.words(kQuote);
  std::uint64_t open_before = 0;       // all ones while a quote is open
  std::uint64_t separator_before = 1;  // the text begins with a row
  std::uint64_t close_before = 0;
  for (std::size_t at = 0; at < words; ++at) {
    const std::uint64_t here = at + 1 == words ? bits_of_last(size) : ~std::uint64_t{0};
    const std::uint64_t quote = quotes[at] & here;
    const std::uint64_t inside = running_parity(quote) ^ open_before;
    const std::uint64_t separators = (newlines[at] | delimiters[at]) & here & ~inside;
    const std::uint64_t opening = quote & inside;
    const std::uint64_t closing = quote & ~inside;
    // A quote opens behind a separator, or at once behind a closing one: then the two are an
    // escape.
    const std::uint64_t may_open =
        (separators << 1) | separator_before | (closing << 1) | close_before;
    if ((opening & ~may_open) != 0) return false;
    std::uint64_t loose = ((closing << 1) | close_before) & here & ~(separators | quote);
    for (; loose != 0; loose &= loose - 1) {
      const char* byte = text + at * 64 + std::countr_zero(loose);
      if (byte[0] != '\r' || byte[1] != '\n') return false;
    }
    has_inner_lines_ = has_inner_lines_ || (newlines[at] & here & inside) != 0;
    inside_[at] = inside;
    open_before = static_cast<std::uint64_t>(static_cast<std::int64_t>(inside) >> 63);
    separator_before = separators >> 63;
    close_before = closing >> 63;
  }
  return true;
}

[[gnu::always_inline]] inline void CsvIndex::list_separators(std::size_t words) {
  const std::uint64_t* newlines = bytes_.words(kNewline);
  const std::uint64_t* delimiters = bytes_.words(kDelimiter);
  const std::size_t size = bytes_.size();
  std::size_t most = 0;
  for (std::size_t at = 0; at < words; ++at) {
    most += static_cast<std::size_t>(std::popcount(newlines[at] | delimiters[at]));
  }
  // Places are written eight at a time.
  separators_.reserve(most + 72);
  row_ends_.reserve(most);
  std::uint32_t* places = separators_.begin();
  std::uint32_t* row_ends = row_ends_.begin();
  std::size_t count = 0;
  for (std::size_t at = 0; at < words; ++at) {
    const std::uint64_t here = at + 1 == words ? bits_of_last(size) : ~std::uint64_t{0};
    const std::uint64_t outside = has_quotes_ ? here & ~inside_[at] : here;
    const std::uint64_t both = (newlines[at] | delimiters[at]) & outside;
    const std::size_t written =
        write_places<8>(both, static_cast<std::uint32_t>(at * 64), places + count);
    std::uint64_t ends = newlines[at] & outside;
    for (; ends != 0; ends &= ends - 1) {
      const auto before = std::popcount(both & (ends ^ (ends - 1)) >> 1);
      *row_ends++ = static_cast<std::uint32_t>(count + static_cast<std::size_t>(before));
    }
    count += written;
  }
  separators_.resize(count);
  row_ends_.resize(static_cast<std::size_t>(row_ends - row_ends_.begin()));
}

// The loops for CPUs that count and clear bits by one instruction each.
struct CsvIndex::Row {
  cpu::Level level;
  bool (*find_quoted)(CsvIndex& index, const char* text, std::size_t size);
  void (*list_separators)(CsvIndex& index, std::size_t words);

  [[gnu::target("avx2,bmi,bmi2,popcnt")]] static bool find_quoted_avx2(CsvIndex& index,
                                                                       const char* text,
                                                                       std::size_t size) {
    return index.find_quoted(text, size);
  }
  [[gnu::target("avx2,bmi,bmi2,popcnt")]] static void list_separators_avx2(CsvIndex& index,
                                                                           std::size_t words) {
    index.list_separators(words);
  }
  static bool find_quoted_baseline(CsvIndex& index, const char* text, std::size_t size) {
    return index.find_quoted(text, size);
  }
  static void list_separators_baseline(CsvIndex& index, std::size_t words) {
    index.list_separators(words);
  }
};

const CsvIndex::Row& CsvIndex::row_in_use() {
  static constexpr std::array<Row, 2> kRows = {{
      {cpu::Level::avx2, Row::find_quoted_avx2, Row::list_separators_avx2},
      {cpu::Level::baseline, Row::find_quoted_baseline, Row::list_separators_baseline},
  }};
  return cpu::choose(std::span<const Row>(kRows));
}

CsvIndex::CsvIndex(const CsvFormat& format)
    : format_(format), row_(row_in_use()), bytes_(classes_of(format)) {}

bool CsvIndex::find_quotes(const char* text, std::size_t size) {
  bytes_.build(text, size);
  const std::size_t words = (size + 63) / 64;
  has_quotes_ = false;
  has_inner_lines_ = false;
  if (format_.has_quotes) {
    const std::uint64_t* quotes = bytes_.words(kQuote);
    std::uint64_t any = 0;
    for (std::size_t at = 0; at + 1 < words; ++at) any |= quotes[at];
    if (words != 0) any |= quotes[words - 1] & bits_of_last(size);
    has_quotes_ = any != 0;
    if (has_quotes_ && !row_.find_quoted(*this, text, size)) return false;
  }
  return true;
}

bool CsvIndex::build(const char* text, std::size_t size) {
  separators_.clear();
  row_ends_.clear();
  if (!find_quotes(text, size)) return false;
  row_.list_separators(*this, (size + 63) / 64);
  return true;
}

std::size_t CsvIndex::last_row_end() const {
  const std::uint64_t* newlines = bytes_.words(kNewline);
  const std::size_t size = bytes_.size();
  std::uint64_t here = bits_of_last(size);
  for (std::size_t at = (size + 63) / 64; at-- != 0; here = ~std::uint64_t{0}) {
    const std::uint64_t ends = newlines[at] & here & ~(has_quotes_ ? inside_[at] : 0);
    if (ends != 0) return at * 64 + 64 - static_cast<std::size_t>(std::countl_zero(ends));
  }
  return 0;
}

std::size_t CsvIndex::lines_between(std::size_t from, std::size_t to) const {
  if (from >= to) return 0;
  const std::uint64_t* newlines = bytes_.words(kNewline);
  std::size_t lines = 0;
  const std::size_t last = (to - 1) / 64;
  for (std::size_t at = from / 64; at <= last; ++at) {
    std::uint64_t word = newlines[at];
    if (at == from / 64) word &= ~std::uint64_t{0} << (from % 64);
    if (at == last) word &= bits_of_last(to);
    lines += static_cast<std::size_t>(std::popcount(word));
  }
  return lines;
}

}  // namespace fastlane::kernels::records
