// The CPU rows that mark bytes, 64 at a time.
#include "kernels/records/byte_index.hpp"

#include <immintrin.h>

#include <algorithm>
#include <stdexcept>

#include "kernels/cpu.hpp"
#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {
namespace {

// Text comes from memory for the first time here: asking for it some pages ahead keeps the
// hardware's own prefetching, which stops at the end of each page, from falling behind.
constexpr std::size_t kAhead = 8192;

// So many blocks stay in the first-level cache while one class after the other is marked in them.
constexpr std::size_t kBlocks = 64;

[[gnu::target("avx512f,avx512bw,avx512vl,avx512dq,bmi,bmi2")]] bool mark_avx512(
    const MarkJob& job) {
  std::uint64_t any = 0;
  for (std::size_t first = 0; first < job.blocks; first += kBlocks) {
    const std::size_t count = std::min(job.blocks - first, kBlocks);
    const char* text = job.text + first * 64;
    std::uint64_t* words = job.words + first + (job.bytes + job.ranges) * job.stride;
    for (std::size_t block = 0; block < count; ++block) {
      __builtin_prefetch(text + block * 64 + kAhead);
      words[block] = _mm512_movepi8_mask(_mm512_loadu_si512(text + block * 64));
      any |= words[block];
    }
    words = job.words + first;
    const Pattern* pattern = job.patterns;
    for (std::size_t which = 0; which < job.bytes; ++which, words += job.stride) {
      const __m512i wanted = _mm512_load_si512((pattern++)->data());
      for (std::size_t block = 0; block < count; ++block) {
        words[block] = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(text + block * 64), wanted);
      }
    }
    for (std::size_t which = 0; which < job.ranges; ++which, words += job.stride) {
      const __m512i start = _mm512_load_si512((pattern++)->data());
      const __m512i span = _mm512_load_si512((pattern++)->data());
      for (std::size_t block = 0; block < count; ++block) {
        const __m512i bytes = _mm512_loadu_si512(text + block * 64);
        words[block] = _mm512_cmple_epu8_mask(_mm512_sub_epi8(bytes, start), span);
      }
    }
  }
  return any != 0;
}

// Half a block.
[[gnu::target("avx2"), gnu::always_inline]] inline __m256i load_avx2(const char* text) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text));
}

[[gnu::target("avx2"), gnu::always_inline]] inline std::uint64_t mask_avx2(__m256i low,
                                                                           __m256i high) {
  return static_cast<std::uint32_t>(_mm256_movemask_epi8(low)) |
         (std::uint64_t{static_cast<std::uint32_t>(_mm256_movemask_epi8(high))} << 32);
}

[[gnu::target("avx2"), gnu::always_inline]] inline __m256i within_avx2(__m256i bytes, __m256i start,
                                                                       __m256i span) {
  const __m256i above = _mm256_sub_epi8(bytes, start);
  return _mm256_cmpeq_epi8(_mm256_min_epu8(above, span), above);
}

[[gnu::target("avx2,bmi,bmi2")]] bool mark_avx2(const MarkJob& job) {
  std::uint64_t any = 0;
  for (std::size_t first = 0; first < job.blocks; first += kBlocks) {
    const std::size_t count = std::min(job.blocks - first, kBlocks);
    const char* text = job.text + first * 64;
    std::uint64_t* words = job.words + first + (job.bytes + job.ranges) * job.stride;
    for (std::size_t block = 0; block < count; ++block) {
      const char* bytes = text + block * 64;
      __builtin_prefetch(bytes + kAhead);
      words[block] = mask_avx2(load_avx2(bytes), load_avx2(bytes + 32));
      any |= words[block];
    }
    words = job.words + first;
    const Pattern* pattern = job.patterns;
    for (std::size_t which = 0; which < job.bytes; ++which, words += job.stride) {
      const __m256i wanted = load_avx2((pattern++)->data());
      for (std::size_t block = 0; block < count; ++block) {
        const char* bytes = text + block * 64;
        words[block] = mask_avx2(_mm256_cmpeq_epi8(load_avx2(bytes), wanted),
                                 _mm256_cmpeq_epi8(load_avx2(bytes + 32), wanted));
      }
    }
    for (std::size_t which = 0; which < job.ranges; ++which, words += job.stride) {
      const __m256i start = load_avx2((pattern++)->data());
      const __m256i span = load_avx2((pattern++)->data());
      for (std::size_t block = 0; block < count; ++block) {
        const char* bytes = text + block * 64;
        words[block] = mask_avx2(within_avx2(load_avx2(bytes), start, span),
                                 within_avx2(load_avx2(bytes + 32), start, span));
      }
    }
  }
  return any != 0;
}

// A bit for each byte of a block, from what `mark` makes of each quarter.
template <class Mark>
inline std::uint64_t mask_of_quarters(const char* text, Mark mark) {
  std::uint64_t word = 0;
  for (std::size_t part = 0; part < 4; ++part) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + part * 16));
    const int found = _mm_movemask_epi8(mark(bytes));
    word |= std::uint64_t{static_cast<std::uint32_t>(found)} << (part * 16);
  }
  return word;
}

bool mark_baseline(const MarkJob& job) {
  std::uint64_t any = 0;
  for (std::size_t block = 0; block < job.blocks; ++block) {
    const char* text = job.text + block * 64;
    __builtin_prefetch(text + kAhead);
    std::uint64_t* words = job.words + block;
    const Pattern* pattern = job.patterns;
    const auto next_pattern = [&pattern] {
      return _mm_load_si128(reinterpret_cast<const __m128i*>((pattern++)->data()));
    };
    for (std::size_t which = 0; which < job.bytes; ++which, words += job.stride) {
      const __m128i wanted = next_pattern();
      *words = mask_of_quarters(text, [&](__m128i bytes) { return _mm_cmpeq_epi8(bytes, wanted); });
    }
    for (std::size_t which = 0; which < job.ranges; ++which, words += job.stride) {
      const __m128i start = next_pattern();
      const __m128i span = next_pattern();
      *words = mask_of_quarters(text, [&](__m128i bytes) {
        const __m128i above = _mm_sub_epi8(bytes, start);
        return _mm_cmpeq_epi8(_mm_min_epu8(above, span), above);
      });
    }
    *words = mask_of_quarters(text, [](__m128i bytes) { return bytes; });
    any |= *words;
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

ByteIndex::ByteIndex(std::string_view classes, std::span<const ByteRange> ranges,
                     const MarkRow& row)
    : row_(row), bytes_(classes.size()), ranges_(ranges.size()), count_(bytes_ + ranges_) {
  if (bytes_ + 2 * ranges_ > kMostByteClasses) {
    throw std::length_error("more classes of bytes than an index has");
  }
  std::size_t at = 0;
  for (const char byte : classes) patterns_[at++].fill(byte);
  for (const ByteRange& range : ranges) {
    patterns_[at++].fill(static_cast<char>(range.first));
    patterns_[at++].fill(static_cast<char>(range.last - range.first));
  }
}

void ByteIndex::unite(std::size_t which, std::size_t other) {
  const std::size_t blocks = (size_ + 63) / 64;
  std::uint64_t* to = words_.data() + which * stride_;
  const std::uint64_t* from = words(other);
  for (std::size_t block = 0; block < blocks; ++block) to[block] |= from[block];
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
  const MarkJob job{text, size / 64, patterns_.data(), bytes_, ranges_, words_.data(), stride_};
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
