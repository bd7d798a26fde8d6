// CSV and NDJSON over random bytes: whatever the windows, the workers and the pieces in which the
// input comes, the result is the same; and the two ways through each source agree.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <vector>

#include "kernels/records/json_source.hpp"
#include "kernels/records/run.hpp"
#include "tests/kernels/records/engine.hpp"

namespace fastlane::kernels::records {
namespace {

Program two_texts(SourceKind kind) {
  Program program;
  program.kind = kind;
  program.csv.has_header = false;
  for (const char* name : {"a", "b"}) {
    Field field;
    field.name = field.token = name;
    field.path = {{name, -1}};
    field.type = Type::string;
    field.nullable = true;
    program.fields.push_back(field);
    program.select.push_back(program.select.size());
  }
  program.max_errors = 1000000;
  return program;
}

// Hands the content out in pieces of random size.
class Pieces final : public ByteStream {
 public:
  Pieces(std::string content, unsigned seed) : content_(std::move(content)), random_(seed) {}
  std::string_view next(Checkpoint&) override {
    const std::size_t size = std::min(content_.size() - at_, std::size_t{1} + random_() % 9);
    at_ += size;
    piece_.assign(content_, at_ - size, size);
    return piece_;
  }
  std::uint64_t taken() const override { return at_; }

 private:
  std::string content_;
  std::string piece_;
  std::minstd_rand random_;
  std::size_t at_ = 0;
};

// Everything that a result says, as one text.
std::string told(const Program& program, const RunResult& result) {
  std::string text = std::to_string(result.rows_in) + " " + std::to_string(result.rows_bad) + " " +
                     std::to_string(result.rows_blank) + "\n";
  for (const Column& column : result.columns) {
    for (const reference::Value& value : values_of(column)) text += value.value_or("NULL") + "|";
    text += "\n";
  }
  for (const ErrorDetail& error : result.errors) {
    text += std::to_string(error.row) + " " + std::to_string(error.line) + " " +
            std::to_string(error.byte_offset) + " " + std::to_string(error.field) + " " +
            std::string(name_of(error.code)) + " " + error.expected + " " + error.got + " " +
            error.raw + "\n";
  }
  static_cast<void>(program);
  return text;
}

RunResult run_pieces(const Program& program, const std::string& input, std::size_t window_bytes) {
  Pieces pieces(input, static_cast<unsigned>(input.size()));
  const std::vector<Input> inputs = {{{}, nullptr, &pieces}};
  RunOptions options;
  options.window_bytes = window_bytes;
  Checkpoint checkpoint;
  return run(program, inputs, checkpoint, options);
}

std::string random_text(std::mt19937_64& random, std::string_view bytes, std::size_t most) {
  std::string text;
  for (std::size_t left = random() % most; left != 0; --left) {
    text += bytes[random() % bytes.size()];
  }
  return text;
}

void expect_same_however_cut(Program program, const std::string& input) {
  for (const std::uint32_t max_row_bytes : {5U, 40U, 1U << 20}) {
    program.max_row_bytes = max_row_bytes;
    const std::string whole = told(program, run_engine(program, {input}));
    for (const std::size_t window_bytes : {1U, 2U, 7U, 64U, 150U, 1000U}) {
      ASSERT_EQ(told(program, run_engine(program, {input}, window_bytes)), whole)
          << window_bytes << " " << max_row_bytes << "\n"
          << input;
      ASSERT_EQ(told(program, run_pieces(program, input, window_bytes)), whole) << window_bytes;
    }
    ASSERT_EQ(told(program, run_engine(program, {input}, 70, 3)), whole);
  }
}

TEST(CsvSource, DoesNotDependOnTheCuts) {
  std::mt19937_64 random(5);
  const Program program = two_texts(SourceKind::csv);
  for (int round = 0; round < 200; ++round) {
    expect_same_however_cut(program, random_text(random, "\",\n\ra\",\nb\xC3\xA9", 300));
  }
}

TEST(CsvSource, DoesNotDependOnTheCutsOfRegularText) {
  std::mt19937_64 random(6);
  const Program program = two_texts(SourceKind::csv);
  for (int round = 0; round < 20; ++round) {
    std::string text;
    for (int row = 0; row < 700; ++row) {
      text += random() % 3 == 0 ? "\"" + random_text(random, "a,\n \t", 60) + "\"" : "plain";
      text += random() % 50 == 0 ? "\n" : ",\"x\"\"y\"\r\n";
      if (random() % 200 == 0) text += "\"";
    }
    expect_same_however_cut(program, text);
  }
}

TEST(CsvSource, StaysLinearWhenEveryRowOpensAQuote) {
  Program program = two_texts(SourceKind::csv);
  program.max_errors = 10;
  std::string text;
  for (int row = 0; row < 200000; ++row) text += "x\",\"\n";
  const RunResult result = run_engine(program, {text + "\"a"});
  EXPECT_GT(result.rows_bad, 0);
}

TEST(JsonSource, DoesNotDependOnTheCuts) {
  std::mt19937_64 random(7);
  const Program program = two_texts(SourceKind::ndjson);
  for (int round = 0; round < 60; ++round) {
    std::string text;
    for (int row = 0; row < 40; ++row) {
      std::string line = R"({"a":"x","b":"y\n"})";
      if (random() % 3 == 0)
        line.insert(random() % line.size(), random_text(random, "{}\"\\,:a1 \r", 4));
      text += line + "\n";
    }
    expect_same_however_cut(program, text);
  }
}

// Each line by the template, if one was learned, and by the parser alone.
TEST(JsonSource, TemplateAndParserAgree) {
  std::mt19937_64 random(8);
  const Program program = two_texts(SourceKind::ndjson);
  const JsonLayout layout(program);
  std::uint64_t by_template = 0;
  for (int round = 0; round < 400; ++round) {
    JsonSource quick(layout, 1 << 20);
    JsonSource plain(layout, 1 << 20, false);
    const std::vector<std::string> shapes = {
        R"({"a":"x","b":"yy"})", R"({"b": -1.5e3, "a": null, "c": [true, {"d": "e"}]})",
        R"({"a":{"a":"z"},"b":false})", R"({"a":"a-long-text-of-more-than-sixteen-bytes"})"};
    const std::string& shape = shapes[random() % shapes.size()];
    std::string text;
    std::uint64_t lines = 0;
    for (; lines < 60; ++lines) {
      std::string line = shape;
      if (random() % 3 == 0) {
        const std::size_t place = random() % line.size();
        const std::string_view bytes = "{}[]\"\\,:ab1.e- \r\tnu";
        if (random() % 2 == 0) line.erase(place, 1 + random() % 3);
        line.insert(std::min(place, line.size()), 1, bytes[random() % bytes.size()]);
      }
      text += line + "\n";
    }
    const std::string padded = text + std::string(kPadding, '\0');
    Window window;
    window.text = std::string_view(padded).substr(0, text.size());
    quick.open(window);
    plain.open(window);
    RowBlock one(layout.slot_count());
    RowBlock other(layout.slot_count());
    while (quick.next(one)) {
      ASSERT_TRUE(plain.next(other));
      ASSERT_EQ(one.rows, other.rows) << text;
      ASSERT_EQ(one.problems.size(), other.problems.size());
      for (std::size_t row = 0; row < one.rows; ++row) {
        ASSERT_EQ(one.places[row].begin, other.places[row].begin);
        for (std::size_t slot = 0; slot < layout.slot_count(); ++slot) {
          const Slice left = one.slot(slot)[row];
          const Slice right = other.slot(slot)[row];
          ASSERT_EQ(left.begin(), right.begin()) << text;
          ASSERT_EQ(left.size(), right.size());
          ASSERT_EQ(left.kind(), right.kind());
        }
      }
    }
    ASSERT_FALSE(plain.next(other));
    ASSERT_EQ(plain.parsed_lines(), lines);
    by_template += lines - quick.parsed_lines();
  }
  EXPECT_GT(by_template, 8000U);
}

}  // namespace
}  // namespace fastlane::kernels::records
