// The searches of every row against plain ones, on text and needles that end at unmapped pages,
// with alphabets so small that anchors, borders and periods are everywhere.
#include "kernels/text/search.hpp"

#include <algorithm>

#include "kernels/text/lines.hpp"
#include "kernels/text/needle.hpp"
#include "kernels/text/two_way.hpp"
#include "tests/kernels/text/guarded_text.hpp"

namespace fastlane::kernels::text {
namespace {

template <class T>
class Search : public ::testing::Test {};
TYPED_TEST_SUITE(Search, CodePoints);

template <class T>
std::vector<std::int64_t> plain_matches(std::span<const T> text, std::span<const T> needle) {
  std::vector<std::int64_t> found;
  for (auto at = text.begin();;) {
    at = std::search(at, text.end(), needle.begin(), needle.end());
    if (at == text.end()) return found;
    found.push_back(at - text.begin());
    at += static_cast<std::ptrdiff_t>(needle.size());
  }
}

template <class T>
std::size_t plain_last(std::span<const T> text, std::span<const T> needle) {
  const auto at = std::find_end(text.begin(), text.end(), needle.begin(), needle.end());
  return at == text.end() ? kNotFound : static_cast<std::size_t>(at - text.begin());
}

template <class T>
void expect_all_searches(std::span<const T> text, std::span<const T> needle) {
  Checkpoint checkpoint;
  const auto expected = plain_matches(text, needle);
  const std::size_t first = expected.empty() ? kNotFound : static_cast<std::size_t>(expected[0]);
  for (const auto& row : rows_that_run<T>()) {
    SCOPED_TRACE(cpu::name_of(row.level));
    EXPECT_EQ(find(row, text, needle, checkpoint), first);
    EXPECT_EQ(rfind(row, text, needle, checkpoint), plain_last(text, needle));
    EXPECT_EQ(count(row, text, needle, checkpoint), expected.size());
    Offsets offsets;
    find_all(row, text, needle, 10, offsets, checkpoint);
    ASSERT_EQ(offsets.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(offsets[i], expected[i] + 10);
  }
}

template <class T>
void expect_two_way(std::span<const T> text, std::span<const T> needle) {
  Checkpoint checkpoint;
  const TwoWay<T, 1> forward(needle, checkpoint);
  const TwoWay<T, -1> backward(needle, checkpoint);
  const auto expected = plain_matches(text, needle);
  std::vector<std::int64_t> found;
  for (std::size_t at = forward.find(text, 0); at != forward.kNone;) {
    found.push_back(static_cast<std::int64_t>(at));
    at = forward.find(text, at + needle.size());
  }
  EXPECT_EQ(found, expected);
  const std::size_t mirrored = backward.find(text, 0);
  EXPECT_EQ(mirrored == backward.kNone ? kNotFound : text.size() - mirrored - needle.size(),
            plain_last(text, needle));
}

TYPED_TEST(Search, FindsWhatAPlainSearchFinds) {
  std::mt19937 random(4);
  for (int round = 0; round < 3000; ++round) {
    const unsigned letters = 1 + static_cast<unsigned>(random() % 4);
    const std::size_t size = random() % (round % 10 == 0 ? 9000 : 300);
    const std::size_t length = 1 + random() % (round % 3 == 0 ? 70 : 6);
    GuardedText<TypeParam> text(random_text<TypeParam>(size, letters, random));
    auto wanted = random_text<TypeParam>(length, letters, random);
    if (round % 2 == 0 && size >= length) {
      const auto from = text.text().subspan(random() % (size - length + 1), length);
      std::copy(from.begin(), from.end(), wanted.begin());
    }
    GuardedText<TypeParam> needle(wanted);
    expect_all_searches(text.text(), needle.text());
    expect_two_way(text.text(), needle.text());
    if (this->HasFailure()) FAIL() << "round " << round;
  }
}

// Repeats of a short word, with a fault here and there: nearly every place looks like a match.
TYPED_TEST(Search, StaysRightWhereAnchorsAreEverywhere) {
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    const auto word = random_text<TypeParam>(1 + random() % 4, 2, random);
    std::vector<TypeParam> content(200 + random() % 40000);
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = word[i % word.size()];
    for (std::size_t faults = random() % 4; faults > 0; --faults) {
      content[random() % content.size()] = 'z';
    }
    std::vector<TypeParam> wanted(2 + random() % 190);
    for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = word[i % word.size()];
    if (round % 3 != 0) wanted[random() % wanted.size()] = round % 3 == 1 ? 'z' : 'b';
    GuardedText<TypeParam> text(content);
    GuardedText<TypeParam> needle(wanted);
    expect_all_searches(text.text(), needle.text());
    expect_two_way(text.text(), needle.text());
    if (this->HasFailure()) FAIL() << "round " << round;
  }
}

TYPED_TEST(Search, SamplesLongTextsAndStillFindsAll) {
  std::mt19937 random(6);
  for (int round = 0; round < 30; ++round) {
    auto content = random_text<TypeParam>(std::size_t{100} << 10, 26, random);
    const auto wanted = random_text<TypeParam>(2 + random() % 3000, 26, random);
    for (int copies = 0; copies < 20; ++copies) {
      const std::size_t place = random() % (content.size() - wanted.size() + 1);
      std::copy(wanted.begin(), wanted.end(), content.begin() + static_cast<std::ptrdiff_t>(place));
    }
    GuardedText<TypeParam> text(content);
    GuardedText<TypeParam> needle(wanted);
    expect_all_searches(text.text(), needle.text());
  }
}

TYPED_TEST(Search, EmptyNeedlesAndEmptyTexts) {
  Checkpoint checkpoint;
  const std::vector<TypeParam> text(5, 'a');
  const std::span<const TypeParam> none;
  for (const auto& row : rows_that_run<TypeParam>()) {
    SCOPED_TRACE(cpu::name_of(row.level));
    EXPECT_EQ(find(row, std::span(text), none, checkpoint), 0u);
    EXPECT_EQ(rfind(row, std::span(text), none, checkpoint), 5u);
    EXPECT_EQ(count(row, std::span(text), none, checkpoint), 6u);
    EXPECT_EQ(count(row, none, none, checkpoint), 1u);
    EXPECT_EQ(find(row, none, std::span(text), checkpoint), kNotFound);
    EXPECT_EQ(rfind(row, none, std::span(text), checkpoint), kNotFound);
    EXPECT_EQ(count(row, none, std::span(text), checkpoint), 0u);
  }
}

TYPED_TEST(Search, LineOffsets) {
  Checkpoint checkpoint;
  const auto lines_of = [&](std::string_view characters) {
    const std::vector<TypeParam> text(characters.begin(), characters.end());
    Offsets offsets;
    line_offsets(scan<TypeParam>(), std::span<const TypeParam>(text), offsets, checkpoint);
    return std::vector<std::int64_t>(offsets.data(), offsets.data() + offsets.size());
  };
  using Lines = std::vector<std::int64_t>;
  EXPECT_EQ(lines_of(""), (Lines{0}));
  EXPECT_EQ(lines_of("a"), (Lines{0, 1}));
  EXPECT_EQ(lines_of("a\nb"), (Lines{0, 2, 3}));
  EXPECT_EQ(lines_of("a\n"), (Lines{0, 2}));
  EXPECT_EQ(lines_of("\n\n"), (Lines{0, 1, 2}));
  EXPECT_EQ(lines_of("\r\nb\r"), (Lines{0, 2, 4}));
}

TEST(FittedNeedle, IsRewrittenOrDoesNotFit) {
  const std::vector<std::uint32_t> wide = {'a', 0xFF};
  const FittedNeedle<std::uint8_t> narrowed{std::span<const std::uint32_t>(wide)};
  ASSERT_TRUE(narrowed.fits());
  EXPECT_EQ(narrowed.points()[1], 0xFF);
  const std::vector<std::uint16_t> wider = {'a', 0x100};
  EXPECT_FALSE(FittedNeedle<std::uint8_t>{std::span<const std::uint16_t>(wider)}.fits());
  EXPECT_TRUE(FittedNeedle<std::uint32_t>{std::span<const std::uint16_t>(wider)}.fits());
}

TEST(Search, StopsWhenAsked) {
  const std::vector<std::uint8_t> text(std::size_t{8} << 20, 'a');
  std::vector<std::uint8_t> hopeless(1001, 'a');
  hopeless[500] = 'b';
  const std::vector<std::uint8_t> rare = {'x', 'y'};
  for (const auto& needle : {hopeless, rare}) {
    Checkpoint checkpoint([](void*) { throw 1; }, nullptr);
    const auto endless = [&] {
      for (int i = 0; i < 100000; ++i) {
        count(scan<std::uint8_t>(), std::span(text), std::span(needle), checkpoint);
      }
    };
    EXPECT_THROW(endless(), int);
  }
}

}  // namespace
}  // namespace fastlane::kernels::text
