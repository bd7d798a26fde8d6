// Every row of the scans against a plain loop, on text that ends at an unmapped page.
#include "kernels/text/scan.hpp"

#include "kernels/text/marks.hpp"
#include "tests/kernels/text/guarded_text.hpp"

namespace fastlane::kernels::text {
namespace {

template <class T>
class ScanRows : public ::testing::Test {};
TYPED_TEST_SUITE(ScanRows, CodePoints);

std::vector<std::size_t> sizes() {
  std::vector<std::size_t> all;
  for (std::size_t size = 0; size < 200; ++size) all.push_back(size);
  for (std::size_t size :
       std::initializer_list<std::size_t>{255, 256, 257, 300, 511, 512, 513, 1000, 4095, 4096})
    all.push_back(size);
  return all;
}

bool bit(const BlockMarks& marks, std::size_t index) {
  return (marks[index / kBitsPerWord] >> index % kBitsPerWord & 1) != 0;
}

std::uint64_t words_with_marks(const BlockMarks& marks, std::size_t size) {
  std::uint64_t marked = 0;
  for (std::size_t word = 0; word < words_for(size); ++word) {
    if (marks[word] != 0) marked |= std::uint64_t{1} << word;
  }
  return marked;
}

TYPED_TEST(ScanRows, BaselineComesLastAndAlwaysRuns) {
  const auto rows = scan_rows<TypeParam>();
  EXPECT_EQ(rows.back().level, cpu::Level::baseline);
  EXPECT_EQ(scan<TypeParam>().level, cpu::level());
}

TYPED_TEST(ScanRows, FindCountAndMarkOneCodePoint) {
  std::mt19937 random(1);
  for (const auto& row : rows_that_run<TypeParam>()) {
    SCOPED_TRACE(cpu::name_of(row.level));
    for (std::size_t size : sizes()) {
      const unsigned letters = 1 + static_cast<unsigned>(random() % 200);
      GuardedText<TypeParam> guarded(random_text<TypeParam>(size, letters, random));
      const auto text = guarded.text();
      const auto wanted = static_cast<TypeParam>('a' + random() % letters);
      std::vector<std::size_t> places;
      for (std::size_t i = 0; i < size; ++i) {
        if (text[i] == wanted) places.push_back(i);
      }
      const std::size_t first = places.empty() ? size : places.front();
      const std::size_t last = places.empty() ? size : places.back();
      EXPECT_EQ(row.find_equal(text.data(), size, wanted), first);
      EXPECT_EQ(row.find_last_equal(text.data(), size, wanted), last);
      EXPECT_EQ(row.count_equal(text.data(), size, wanted), places.size());

      BlockMarks marks;
      const std::uint64_t marked = row.mark_equal(text.data(), size, wanted, marks.data());
      EXPECT_EQ(marked, words_with_marks(marks, size));
      std::vector<std::int64_t> written(places.size() + 1);
      EXPECT_EQ(write_places(marks.data(), marked, 7, written.data()), places.size());
      for (std::size_t i = 0; i < places.size(); ++i) {
        EXPECT_EQ(written[i], static_cast<std::int64_t>(places[i]) + 7);
      }
    }
  }
}

TYPED_TEST(ScanRows, MarkPairs) {
  std::mt19937 random(2);
  for (const auto& row : rows_that_run<TypeParam>()) {
    SCOPED_TRACE(cpu::name_of(row.level));
    for (std::size_t size : sizes()) {
      if (size < 2) continue;
      GuardedText<TypeParam> guarded(random_text<TypeParam>(size, 3, random));
      const auto text = guarded.text();
      const std::size_t distance = random() % (size - 1);
      const std::size_t count = size - distance;
      const auto first = static_cast<TypeParam>('a' + random() % 3);
      const auto second = static_cast<TypeParam>('a' + random() % 3);
      BlockMarks marks;
      const std::uint64_t marked =
          row.mark_pairs(text.data(), count, distance, first, second, marks.data());
      for (std::size_t i = 0; i < count; ++i) {
        const bool expected = text[i] == first && text[i + distance] == second;
        EXPECT_EQ(bit(marks, i), expected) << size << " " << i;
      }
      EXPECT_EQ(marked, words_with_marks(marks, count));
    }
  }
}

TYPED_TEST(ScanRows, CountAtLeastComparesWithoutSign) {
  std::mt19937 random(3);
  for (const auto& row : rows_that_run<TypeParam>()) {
    SCOPED_TRACE(cpu::name_of(row.level));
    for (std::size_t size : sizes()) {
      std::vector<TypeParam> content(size);
      for (auto& point : content) point = static_cast<TypeParam>(random());
      GuardedText<TypeParam> guarded(content);
      const auto text = guarded.text();
      for (std::uint32_t bound :
           {0u, 1u, 0x7Fu, 0x80u, 0xFFu, 0x800u, 0x8000u, 0xFFFFu, 0x80000000u}) {
        const auto limit = static_cast<TypeParam>(bound);
        std::size_t expected = 0;
        for (TypeParam point : text) expected += point >= limit ? 1 : 0;
        EXPECT_EQ(row.count_at_least(text.data(), size, limit), expected) << size << " " << bound;
      }
      std::size_t tails = 0;
      for (std::uint64_t point : text) {
        tails += (point >= 0x80 ? 1u : 0u) + (point >= 0x800 ? 1u : 0u);
        tails += point >= 0x10000 ? 1 : 0;
      }
      EXPECT_EQ(row.count_tail_bytes(text.data(), size), tails) << size;
    }
  }
}

}  // namespace
}  // namespace fastlane::kernels::text
