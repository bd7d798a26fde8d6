// The CPU rows that mark bytes, 64 at a time.
#include "kernels/records/byte_index.hpp"

#include <immintrin.h>

#include <stdexcept>

#include "kernels/cpu.hpp"
#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {
namespace {

// Text comes from memory for the first time here: asking for it some pages ahead keeps the
// hardware's own prefetching, which stops at the end of each page, from falling behind.
constexpr std::size_t kAhead = 8192;

[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2")]] bool mark_avx512(
    const MarkJob& job) {
  std::uint64_t any = 0;
  for (std::size_t block = 0; block < job.blocks; ++block) {
    __builtin_prefetch(job.text + block * 64 + kAhead);
    const __m512i bytes = _mm512_loadu_si512(job.text + block * 64);
    std::uint64_t* words = job.words + block;
    for (std::size_t which = 0; which < job.count; ++which) {
      const __m512i pattern = _mm512_load_si512(job.patterns[which].data());
      *words = _mm512_cmpeq_epi8_mask(bytes, pattern);
      words += job.stride;
    }
    *words = _mm512_movepi8_mask(bytes);
    any |= *words;
  }
  return any != 0;
}

[[gnu::target("avx2,bmi,bmi2")]] bool mark_avx2(const MarkJob& job) {
  std::uint64_t any = 0;
  for (std::size_t block = 0; block < job.blocks; ++block) {
    __builtin_prefetch(job.text + block * 64 + kAhead);
    const auto* text = reinterpret_cast<const __m256i*>(job.text + block * 64);
    const __m256i low = _mm256_loadu_si256(text);
    const __m256i high = _mm256_loadu_si256(text + 1);
    std::uint64_t* words = job.words + block;
    for (std::size_t which = 0; which < job.count; ++which) {
      const __m256i pattern =
          _mm256_load_si256(reinterpret_cast<const __m256i*>(job.patterns[which].data()));
      const auto first =
          static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, pattern)));
      const auto second =
          static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, pattern)));
      *words = first | (std::uint64_t{second} << 32);
      words += job.stride;
    }
    *words = static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
             (std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32);
    any |= *words;
  }
  return any != 0;
}

bool mark_baseline(const MarkJob& job) {
  std::uint64_t any = 0;
  for (std::size_t block = 0; block < job.blocks; ++block) {
    __builtin_prefetch(job.text + block * 64 + kAhead);
    const auto* text = reinterpret_cast<const __m128i*>(job.text + block * 64);
    __m128i bytes[4];
    std::uint64_t high = 0;
    for (std::size_t part = 0; part < 4; ++part) {
      bytes[part] = _mm_loadu_si128(text + part);
      high |= std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(bytes[part]))}
              << (part * 16);
    }
    std::uint64_t* words = job.words + block;
    for (std::size_t which = 0; which < job.count; ++which) {
      const __m128i pattern =
          _mm_load_si128(reinterpret_cast<const __m128i*>(job.patterns[which].data()));
      std::uint64_t word = 0;
      for (std::size_t part = 0; part < 4; ++part) {
        const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(bytes[part], pattern));
        word |= std::uint64_t{static_cast<std::uint32_t>(found)} << (part * 16);
      }
      *words = word;
      words += job.stride;
    }
    *words = high;
    any |= high;
  }
  return any != 0;
}

constexpr std::array<MarkRow, 3> kRows = {{
    {cpu::Level::avx512, mark_avx512},
    {cpu::Level::avx2, mark_avx2},
    {cpu::Level::baseline, mark_baseline},
}};

}  // namespace

std::span<const MarkRow> mark_rows() { return kRows; }

ByteIndex::ByteIndex(std::string_view classes, const MarkRow& row)
    : row_(row), count_(classes.size()) {
  if (count_ > kMostByteClasses) throw std::length_error("more classes of bytes than an index has");
  for (std::size_t which = 0; which < count_; ++which) patterns_[which].fill(classes[which]);
}

void ByteIndex::build(const char* text, std::size_t size) {
  const std::size_t blocks = (size + 63) / 64;
  if (stride_ < blocks + 2) {
    stride_ = blocks + 2;
    words_.assign(stride_ * (count_ + 1), 0);
  }
  size_ = size;
  // What stands behind the text ends every search and is never reported as a place in it.
  any_high_ = false;
  const MarkJob job{text, size / 64, patterns_.data(), count_, words_.data(), stride_};
  any_high_ = row_.mark(job);
  if (size % 64 != 0) {
    std::array<char, 64> rest{};
    std::memcpy(rest.data(), text + size / 64 * 64, size % 64);
    MarkJob last = job;
    last.text = rest.data();
    last.blocks = 1;
    last.words += size / 64;
    any_high_ = row_.mark(last) || any_high_;
  }
  const std::uint64_t behind = size % 64 == 0 ? 0 : ~std::uint64_t{0} << (size % 64);
  for (std::size_t which = 0; which < count_; ++which) {
    std::uint64_t* words = words_.data() + which * stride_;
    if (behind != 0) words[blocks - 1] |= behind;
    words[blocks] = ~std::uint64_t{0};
    words[blocks + 1] = 0;  // read beside the word before it, and never needed
  }
}

bool ByteIndex::has_high(std::size_t from, std::size_t to) const {
  const std::uint64_t* words = words_.data() + count_ * stride_;
  const std::size_t last = (to - 1) / 64;
  for (std::size_t at = from / 64; at <= last; ++at) {
    std::uint64_t word = words[at];
    if (at == from / 64) word &= ~std::uint64_t{0} << (from % 64);
    if (at == last && to % 64 != 0) word &= (std::uint64_t{1} << (to % 64)) - 1;
    if (word != 0) return true;
  }
  return false;
}

}  // namespace fastlane::kernels::records
