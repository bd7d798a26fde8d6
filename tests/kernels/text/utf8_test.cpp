// Lengths, surrogates and encoding against a plain encoder, between unmapped pages.
#include "kernels/text/utf8.hpp"

#include "tests/kernels/text/guarded_text.hpp"

namespace fastlane::kernels::text {
namespace {

std::vector<std::uint8_t> encoded(std::uint32_t point) {
  const auto byte = [](std::uint32_t value) { return static_cast<std::uint8_t>(value); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xC0 + point / 64), byte(0x80 + point % 64)};
  if (point < 0x10000) {
    return {byte(0xE0 + point / 4096), byte(0x80 + point / 64 % 64), byte(0x80 + point % 64)};
  }
  return {byte(0xF0 + point / 262144), byte(0x80 + point / 4096 % 64), byte(0x80 + point / 64 % 64),
          byte(0x80 + point % 64)};
}

template <class T>
class Utf8 : public ::testing::Test {
 public:
  std::uint32_t random_point() {
    const std::uint32_t most = sizeof(T) == 1 ? 0xFF : sizeof(T) == 2 ? 0xFFFF : 0x10FFFF;
    const std::uint32_t limits[] = {0x80, 0x100, 0x800, 0x1000, 0x10000, 0x110000};
    std::uint32_t point;
    do {
      point = static_cast<std::uint32_t>(random_()) % limits[random_() % 6];
    } while (point > most || is_surrogate(point));
    return point;
  }
  std::mt19937 random_{7};
};
TYPED_TEST_SUITE(Utf8, CodePoints);

TYPED_TEST(Utf8, EncodesIntoExactlyItsLength) {
  Checkpoint checkpoint;
  for (std::size_t size = 0; size < 20000; size += size < 100 ? 1 : 3331) {
    std::vector<TypeParam> content(size);
    std::vector<std::uint8_t> expected;
    const bool mostly_ascii = size % 2 == 0;
    for (auto& point : content) {
      point = mostly_ascii && this->random_() % 50 != 0
                  ? static_cast<TypeParam>('a' + this->random_() % 26)
                  : static_cast<TypeParam>(this->random_point());
      const auto bytes = encoded(point);
      expected.insert(expected.end(), bytes.begin(), bytes.end());
    }
    GuardedText<TypeParam> text(content);
    for (const auto& row : rows_that_run<TypeParam>()) {
      SCOPED_TRACE(cpu::name_of(row.level));
      EXPECT_EQ(utf8_length(row, text.text(), checkpoint), expected.size());
      EXPECT_EQ(find_surrogate(row, text.text(), checkpoint), size);
    }
    testing::GuardedBytes out(expected.size());
    EXPECT_EQ(encode_utf8(text.text(), out.ending<std::byte>(), checkpoint), expected.size());
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), out.ending<std::uint8_t>().begin()));
  }
}

TYPED_TEST(Utf8, FindsTheFirstSurrogate) {
  if constexpr (sizeof(TypeParam) > 1) {
    Checkpoint checkpoint;
    for (std::size_t place :
         std::initializer_list<std::size_t>{0, 1, 63, 64, 5000, 8191, 8192, 20000}) {
      for (std::uint32_t surrogate :
           std::initializer_list<std::uint32_t>{0xD800, 0xDBFF, 0xDC00, 0xDFFF}) {
        std::vector<TypeParam> text(20001, 0xE000);
        text[place] = static_cast<TypeParam>(surrogate);
        text[20000] = 0xD800;
        for (const auto& row : rows_that_run<TypeParam>()) {
          SCOPED_TRACE(cpu::name_of(row.level));
          EXPECT_EQ(find_surrogate(row, std::span<const TypeParam>(text), checkpoint), place);
          EXPECT_EQ(utf8_length(row, std::span<const TypeParam>(text), checkpoint), 60003u);
        }
      }
    }
  }
}

}  // namespace
}  // namespace fastlane::kernels::text
