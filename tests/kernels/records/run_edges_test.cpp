// The edges of the whole engine: odd inputs, long rows, errors in words, sums that do not fit,
// files.
#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "kernels/mapped_file.hpp"
#include "tests/kernels/records/engine.hpp"

namespace fastlane::kernels::records {
namespace {

TEST(RunEdges, TakesSeveralInputsAsOneStreamOfRows) {
  expect_like_reference(combined(), {kGood, "", "\xEF\xBB\xBF" + kEscaped, "\n\n", kGood + "\n"},
                        64, 2);
  expect_like_reference(combined(), {});
}

TEST(RunEdges, KnowsTheEdges) {
  const std::string nul("a\0b", 3);
  for (const std::string& log :
       {std::string(), std::string("\n"), std::string("\r"), std::string("\r\n"),
        std::string("\r\r\n"), std::string("\xEF\xBB\xBF"), std::string("\xEF\xBB"),
        std::string(1, '\0'), nul + " " + kGood, kGood + nul, kGood + "\r", kGood + "\n\r",
        std::string("\\"), kGood.substr(0, kGood.size() - 1) + "\\\"",
        kGood.substr(0, kGood.size() - 1) + "\\", kGood + " ", " " + kGood,
        kGood + "\n" + std::string(200000, 'x') + "\n" + kGood}) {
    expect_like_reference(combined(), {log});
    expect_like_reference(combined(), {log}, 16);
    if (HasFatalFailure()) return;
  }
}

TEST(RunEdges, GrowsAWindowForALongRowAndRefusesATooLongOne) {
  Program program = combined();
  program.fields[4].max_length = 100;
  const std::string head = kGood.substr(0, kGood.find("/a/b"));
  const std::string tail = kGood.substr(kGood.find(" HTTP"));
  const std::string ten_megabytes = head + "/" + std::string(10 << 20, 'p') + tail;
  const std::string log = kGood + "\n" + ten_megabytes + "\r\n" + kGood + "\n";
  expect_like_reference(program, {log});
  program.max_row_bytes = 1 << 20;
  expect_like_reference(program, {log, ten_megabytes, log});
  for (const std::uint32_t limit : {1U, 7U, 100U, 1000U}) {
    for (const std::uint32_t size : {limit - 1, limit, limit + 1, limit + 2, limit + 3}) {
      program.max_row_bytes = limit;
      for (const char* end : {"", "\n", "\r\n", "\r", "\r\r\n"}) {
        for (const std::size_t window : {1U, 5U, limit, limit + 1, 5000U}) {
          const std::string row(size, 'x');
          expect_like_reference(program, {row + end, row + end + row + end, "a\n" + row + end},
                                window);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(RunEdges, AgreesOnOtherFormats) {
  Program program;
  program.source.prefix = "<<<a prefix that is longer than a word>>> ";
  program.source.tokens = {{"a", TokenKind::plain, " -|- and more literal text -|- "},
                           {"method", TokenKind::plain, "; "},
                           {"request", TokenKind::request, "\""},
                           {"rest", TokenKind::plain, ""}};
  for (const char* name : {"a", "method", "path", "request", "rest"}) {
    Field field;
    field.name = field.token = name;
    program.fields.push_back(field);
    program.select.push_back(program.select.size());
  }
  const std::string line = program.source.prefix +
                           "x -|- and more y -|- and more literal text -|- m; "
                           "GET /p HTTP/1.1\" the rest \"of\" it";
  expect_like_reference(program, {line});
  std::mt19937_64 random(25);
  for (int round = 0; round < 3000; ++round) {
    std::string changed = line;
    for (std::size_t change = 0; change < 2; ++change) {
      changed[random() % changed.size()] = line[random() % line.size()];
    }
    if (round % 3 == 0) changed.resize(random() % changed.size());
    expect_like_reference(program, {changed + "\n" + line});
    if (HasFatalFailure()) return;
  }
}

TEST(RunEdges, KeepsTheFirstErrorsInFullAndCountsAll) {
  std::mt19937_64 random(26);
  const std::string log = random_log(random, 500, 100);
  Program program = combined();
  program.max_errors = 1000000;
  const RunResult all = run_engine(program, {log}, 3000);
  for (const std::uint64_t most : {0U, 1U, 10U, 333U}) {
    program.max_errors = most;
    const RunResult some = run_engine(program, {log}, 3000, 3);
    ASSERT_EQ(some.errors.size(), std::min<std::size_t>(most, all.errors.size()));
    for (std::size_t error = 0; error < some.errors.size(); ++error) {
      ASSERT_EQ(some.errors[error].row, all.errors[error].row);
      ASSERT_EQ(some.errors[error].raw, all.errors[error].raw);
      ASSERT_EQ(some.errors[error].got, all.errors[error].got);
      ASSERT_EQ(some.errors[error].field, all.errors[error].field);
    }
    for (std::int16_t field = kWholeRow; field < 10; ++field) {
      for (std::size_t code = 0; code < kErrorCodeNames.size(); ++code) {
        ASSERT_EQ(some.error_counts.of(field, static_cast<ErrorCode>(code)),
                  all.error_counts.of(field, static_cast<ErrorCode>(code)));
      }
    }
  }
}

TEST(RunEdges, SaysWhatWasExpectedAndWhatCame) {
  std::string line = kGood;
  line.replace(line.find("200 "), 4, "999 ");
  line.replace(line.find("GET"), 3, "BREW");
  const RunResult fields = run_engine(combined(), {line});
  ASSERT_EQ(fields.errors.size(), 2U);
  EXPECT_EQ(fields.errors[0].expected, "one of 'GET', 'HEAD', 'POST'");
  EXPECT_EQ(fields.errors[0].got, "BREW");
  EXPECT_EQ(fields.errors[1].expected, ">= 100 and <= 599");
  EXPECT_EQ(fields.errors[1].got, "999");
  EXPECT_EQ(fields.errors[1].raw, line);
  const RunResult row = run_engine(combined(), {kGood.substr(0, kGood.size() - 1)});
  ASSERT_EQ(row.errors.size(), 1U);
  EXPECT_EQ(row.errors[0].expected, "'\"' after agent");
  EXPECT_EQ(row.errors[0].got, "Mozilla/5.0 (Macintosh)");
}

TEST(RunEdges, NamesTheGroupWhoseSumDoesNotFit) {
  Program program = grouped({3});
  const auto line = [](const char* method, const char* bytes) {
    return "h - - [17/May/2015:10:05:03 +0000] \"" + std::string(method) + " / H\" 200 " + bytes +
           " \"-\" \"agent\"\n";
  };
  program.fields[7].type = Type::int64;  // a size of any size
  program.fields[7].lt.reset();
  const std::string most = "9223372036854775807";
  const std::string log = line("GET", "1") + line("POST", most.c_str());
  EXPECT_EQ(run_engine(program, {log}).rows_bad, 0);
  try {
    run_engine(program, {log + line("POST", "1")});
    FAIL() << "the sum was taken to fit";
  } catch (const std::overflow_error& error) {
    EXPECT_STREQ(error.what(), "sum(bytes) of the group method='POST' does not fit into int64");
  }
}

TEST(RunEdges, StopsWhenItsCheckpointThrows) {
  struct Stop {};
  std::string log;
  while (log.size() < (std::size_t{1} << 20)) log += kGood + "\n";
  const std::vector<Input> inputs(4000, Input{log, nullptr});
  const Program program = combined();
  RunOptions options;
  Checkpoint checkpoint([](void*) { throw Stop{}; }, nullptr);
  EXPECT_THROW(run(program, inputs, checkpoint, options), Stop);
  Checkpoint again([](void*) { throw Stop{}; }, nullptr);
  options.workers = 3;
  options.executor = run_on_threads;
  EXPECT_THROW(run(program, inputs, again, options), Stop);
}

TEST(RunEdges, ReadsMappedFiles) {
  std::string path = ::testing::TempDir() + "fastlane-records-XXXXXX";
  const int file = ::mkstemp(path.data());
  ASSERT_GE(file, 0);
  ::close(file);
  std::mt19937_64 random(27);
  const std::string log = random_log(random, 20000, 10);
  std::ofstream(path, std::ios::binary) << log;
  Checkpoint checkpoint;
  {
    const MappedFile mapped(path, checkpoint);
    ASSERT_TRUE(mapped.is_mapped());
    const Input input{mapped.bytes(), &mapped};
    const Program program = grouped({3, 5});
    RunOptions options;
    options.window_bytes = 100000;
    const RunResult from_file = run(program, {&input, 1}, checkpoint, options);
    const RunResult from_memory = run_engine(program, {log}, 100000);
    EXPECT_EQ(from_file.rows_bad, from_memory.rows_bad);
    for (std::size_t column = 0; column < from_file.columns.size(); ++column) {
      EXPECT_EQ(values_of(from_file.columns[column]), values_of(from_memory.columns[column]));
    }
  }
  ::unlink(path.c_str());
}

// The text as gzip that says how long its only block is, with damage behind it.
std::string damaged_gzip(std::string_view text) {
  std::string packed("\x1F\x8B\x08\0\0\0\0\0\0\xFF\0", 11);
  for (const std::size_t size : {text.size(), ~text.size()}) {
    packed += static_cast<char>(size & 0xFF);
    packed += static_cast<char>((size >> 8) & 0xFF);
  }
  packed += text;
  return packed + std::string(20, '\x07');
}

TEST(RunEdges, CountsTheRowsBeforeDamageWhateverTheWindows) {
  Program program = combined();
  for (const std::string& lines : {std::string(), kGood + "\n", "x\n\n" + kGood + "\r\n"}) {
    for (const std::size_t cut : {0U, 1U, 40U, 298U, 299U, 300U, 301U, 302U, 303U, 5000U}) {
      program.max_row_bytes = 300;
      const std::string packed = damaged_gzip(lines + std::string(cut, 'x'));
      const RunResult whole = run_engine(program, {packed});
      ASSERT_TRUE(whole.damage);
      ASSERT_EQ(whole.rows_in, std::ranges::count(lines, '\n') - whole.rows_blank + (cut != 0));
      ASSERT_EQ(whole.errors.empty(), lines.size() <= kGood.size() + 1 && cut == 0);
      if (cut != 0) {
        ASSERT_EQ(whole.errors.back().code, cut > 302 ? ErrorCode::too_long : ErrorCode::truncated);
        ASSERT_EQ(whole.errors.back().byte_offset, static_cast<std::int64_t>(lines.size()));
      }
      for (const std::size_t window : {1U, 5U, 41U, 300U, 1000U}) {
        const RunResult result = run_engine(program, {packed}, window);
        ASSERT_TRUE(result.damage);
        ASSERT_EQ(result.rows_in, whole.rows_in) << cut << " " << window;
        ASSERT_EQ(result.rows_bad, whole.rows_bad);
        ASSERT_EQ(result.errors.size(), whole.errors.size());
        for (std::size_t error = 0; error < whole.errors.size(); ++error) {
          ASSERT_EQ(result.errors[error].code, whole.errors[error].code) << cut << " " << window;
          ASSERT_EQ(result.errors[error].byte_offset, whole.errors[error].byte_offset);
          ASSERT_EQ(result.errors[error].raw, whole.errors[error].raw);
        }
      }
    }
  }
}

}  // namespace
}  // namespace fastlane::kernels::records
