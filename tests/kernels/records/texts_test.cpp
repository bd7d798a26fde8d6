// Bytes and texts: UTF-8, escapes, the byte index in every CPU row, and dictionaries.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu.hpp"
#include "kernels/records/byte_index.hpp"
#include "kernels/records/dictionary.hpp"
#include "kernels/records/escapes.hpp"
#include "kernels/records/groups.hpp"
#include "kernels/records/utf8.hpp"
#include "tests/kernels/records/padded.hpp"

namespace fastlane::kernels::records {
namespace {

// Decodes by the definition: value by value, and refuses what has a shorter form or no meaning.
bool oracle_is_utf8(std::string_view text, std::size_t& code_points) {
  code_points = 0;
  std::size_t at = 0;
  while (at < text.size()) {
    const auto lead = static_cast<unsigned char>(text[at]);
    std::size_t more = 0;
    std::uint32_t value = lead;
    if (lead >= 0xF0) {
      more = 3;
      value = lead & 0x0FU;
    } else if (lead >= 0xE0) {
      more = 2;
      value = lead & 0x0FU;
    } else if (lead >= 0xC0) {
      more = 1;
      value = lead & 0x1FU;
    } else if (lead >= 0x80) {
      return false;
    }
    if (lead >= 0xF8 || text.size() - at <= more) return false;
    for (std::size_t byte = 1; byte <= more; ++byte) {
      const auto next = static_cast<unsigned char>(text[at + byte]);
      if ((next & 0xC0U) != 0x80U) return false;
      value = (value << 6) | (next & 0x3FU);
    }
    const std::uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    if (value < least[more] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
      return false;
    at += more + 1;
    ++code_points;
  }
  return true;
}

void expect_like_oracle(const std::string& text) {
  std::size_t code_points = 0;
  const bool wanted = oracle_is_utf8(text, code_points);
  ASSERT_EQ(is_utf8(text), wanted) << ::testing::PrintToString(text);
  if (wanted) {
    ASSERT_EQ(count_code_points(text), code_points);
  }
}

TEST(Utf8, JudgesEveryPairOfBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string pair{static_cast<char>(first), static_cast<char>(second)};
      expect_like_oracle(pair);
      expect_like_oracle("seven b" + pair);
      expect_like_oracle(pair + "\x80\x80");
      expect_like_oracle(pair + "\xBF");
    }
  }
}

TEST(Utf8, JudgesRandomTexts) {
  std::mt19937_64 random(1);
  const std::vector<std::string> pieces = {
      "a",    "\xC3\xA9",     "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "plain text",
      "\x80", "\xED\xA0\x80", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF"};
  for (int round = 0; round < 100000; ++round) {
    std::string text;
    for (std::size_t piece = 0; piece < random() % 12; ++piece) {
      text += pieces[random() % (round % 2 == 0 ? 5 : pieces.size())];
    }
    if (!text.empty() && round % 3 == 0) text[random() % text.size()] = static_cast<char>(random());
    if (!text.empty() && round % 5 == 0) text.resize(random() % text.size());
    expect_like_oracle(text);
    ASSERT_EQ(is_ascii(text),
              std::all_of(text.begin(), text.end(), [](char byte) { return byte >= 0; }));
  }
}

std::string undone(const std::string& text) {
  std::string out(text.size(), '?');
  out.resize(undo_escapes({}, text.data(), text.size(), out.data()));
  return out;
}

TEST(Escapes, AreUndoneOnceAndOnlyWhenTheyAreEscapes) {
  EXPECT_EQ(undone(R"(plain)"), "plain");
  EXPECT_EQ(undone(R"(a\"b\\c)"), "a\"b\\c");
  EXPECT_EQ(undone(R"(\b\n\r\t\v)"), "\b\n\r\t\v");
  EXPECT_EQ(undone(R"(\x41\x7a\xfF)"), "Az\xFF");
  EXPECT_EQ(undone(R"(\\x41)"), "\\x41");
  EXPECT_EQ(undone(R"(\x4)"), "\\x4");
  EXPECT_EQ(undone(R"(\xg1\q\)"), "\\xg1\\q\\");
  EXPECT_EQ(undone(R"(\\\)"), "\\\\");
  EXPECT_EQ(undone(""), "");
  EXPECT_EQ(undone(R"(\x00)"), std::string(1, '\0'));
}

class EachMarkRow : public ::testing::TestWithParam<const MarkRow*> {
 protected:
  void SetUp() override {
    if (!cpu::runs_here(GetParam()->level)) GTEST_SKIP() << "this CPU has no such level";
  }
};
std::vector<const MarkRow*> all_rows() {
  std::vector<const MarkRow*> rows;
  for (const MarkRow& row : mark_rows()) rows.push_back(&row);
  return rows;
}
INSTANTIATE_TEST_SUITE_P(Rows, EachMarkRow, ::testing::ValuesIn(all_rows()), [](const auto& test) {
  return std::string(cpu::name_of(test.param->level));
});

TEST_P(EachMarkRow, FindsEveryByteOfEveryClass) {
  std::mt19937_64 random(2);
  const std::string classes("\n\\\" ]\0x\xFF", 8);
  ByteIndex index(classes, {}, *GetParam());
  for (std::size_t size = 0; size < 400; ++size) {
    std::string text(size, 'a');
    for (char& byte : text) {
      if (random() % 5 == 0) byte = classes[random() % classes.size()];
      if (size % 3 == 0 && random() % 50 == 0) byte = static_cast<char>(0xC3);
    }
    const Padded padded(text);
    index.build(padded.text(), padded.size());
    for (std::size_t which = 0; which < classes.size(); ++which) {
      for (std::size_t from = 0; from <= size; ++from) {
        const std::size_t wanted = text.find(classes[which], from);
        const std::size_t found = index.next(which, from);
        if (wanted == std::string::npos) {
          ASSERT_GE(found, size);
        } else {
          ASSERT_EQ(found, wanted);
        }
      }
    }
    ASSERT_EQ(index.is_ascii(), is_ascii(text));
    for (std::size_t from = 0; from < size; from += 7) {
      for (std::size_t to = from + 1; to <= size; to += 13) {
        ASSERT_EQ(index.has_high(from, to),
                  !is_ascii(std::string_view(text).substr(from, to - from)));
      }
    }
  }
}

TEST_P(EachMarkRow, FindsRangesOfBytesAndWhatIsOutside) {
  std::mt19937_64 random(3);
  constexpr ByteRange kRanges[] = {{'0', '9'}, {0x00, 0x1F}, {0x7F, 0xFF}};
  constexpr std::size_t kDigit = 1, kControl = 2, kHigh = 3;
  ByteIndex index("x", kRanges, *GetParam());
  for (std::size_t size = 1; size < 400; ++size) {
    std::string text(size, '5');
    for (char& byte : text) {
      if (random() % 9 == 0 || size % 4 == 0) byte = static_cast<char>(random());
    }
    text.back() = '\n';
    const Padded padded(text);
    index.build(padded.text(), padded.size());
    const auto first = [&](std::size_t from, auto&& wanted) {
      while (from < size && !wanted(static_cast<unsigned char>(text[from]))) ++from;
      return from;
    };
    const auto is_digit = [](unsigned char byte) { return byte >= '0' && byte <= '9'; };
    for (std::size_t from = 0; from < size; ++from) {
      ASSERT_EQ(std::min(index.next(kDigit, from), size), first(from, is_digit));
      ASSERT_EQ(index.next_outside(kDigit, from),
                first(from, [&](unsigned char byte) { return !is_digit(byte); }));
      ASSERT_EQ(std::min(index.next(kControl, from), size),
                first(from, [](unsigned char byte) { return byte < 0x20; }));
      ASSERT_EQ(std::min(index.next(kHigh, from), size),
                first(from, [](unsigned char byte) { return byte >= 0x7F; }));
    }
    index.unite(kDigit, 0);
    for (std::size_t from = 0; from < size; ++from) {
      ASSERT_EQ(std::min(index.next(kDigit, from), size),
                first(from, [&](unsigned char byte) { return is_digit(byte) || byte == 'x'; }));
    }
  }
}

TEST(Dictionaries, NumberTextsInOrderOfArrival) {
  std::mt19937_64 random(4);
  Dictionary dictionary;
  for (int round = 0; round < 3; ++round) {
    std::map<std::string, std::int32_t> known;
    std::vector<std::string> order;
    for (int step = 0; step < 30000; ++step) {
      std::string text(random() % 40, 'k');
      for (char& byte : text) {
        if (random() % 4 == 0) byte = static_cast<char>(random());
      }
      if (step % 2 == 0 && !order.empty()) text = order[random() % order.size()];
      const Padded padded(text);
      ASSERT_EQ(dictionary.find(padded.view()), known.count(text) == 1 ? known[text] : -1);
      const auto [at, added] = known.try_emplace(text, static_cast<std::int32_t>(order.size()));
      if (added) order.push_back(text);
      ASSERT_EQ(dictionary.add(padded.view()), at->second);
    }
    ASSERT_EQ(dictionary.size(), order.size());
    for (std::size_t code = 0; code < order.size(); ++code)
      ASSERT_EQ(dictionary[code], order[code]);
    dictionary.clear();
    ASSERT_EQ(dictionary.size(), 0U);
  }
}

TEST(Dictionaries, TellTextsApartThatOnlyDifferInTheirLength) {
  Dictionary dictionary;
  for (std::size_t size = 0; size < 70; ++size) {
    EXPECT_EQ(dictionary.add(Padded(std::string(size, '\0')).view()),
              static_cast<std::int32_t>(size));
  }
}

TEST(GroupTables, NumberTuplesInOrderOfArrival) {
  std::mt19937_64 random(9);
  for (std::size_t width = 0; width < 5; ++width) {
    GroupTable table(width);
    std::map<std::vector<std::uint64_t>, std::uint32_t> known;
    for (int step = 0; step < 20000; ++step) {
      std::vector<std::uint64_t> words(width);
      for (std::uint64_t& word : words)
        word = random() % 9 + (step % 3 == 0 ? std::uint64_t{1} << 63 : 0);
      const auto at = known.try_emplace(words, static_cast<std::uint32_t>(known.size())).first;
      ASSERT_EQ(table.add(words.data()), at->second);
    }
    ASSERT_EQ(table.size(), known.size());
    for (const auto& [words, group] : known) {
      ASSERT_TRUE(std::equal(words.begin(), words.end(), table.words(group)));
    }
  }
}

}  // namespace
}  // namespace fastlane::kernels::records
