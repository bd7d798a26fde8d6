// Programs, logs and comparisons for the tests of the whole engine.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kernels/records/run.hpp"
#include "tests/kernels/records/reference.hpp"

namespace fastlane::kernels::records {

inline const std::string kGood =
    "83.149.9.216 - frank [17/May/2015:10:05:03 +0000] \"GET /a/b.png HTTP/1.1\" 200 203023 "
    "\"http://example.com/\" \"Mozilla/5.0 (Macintosh)\"";
inline const std::string kEscaped =
    "::1 - - [17/May/2015:10:05:59 +0130] \"HEAD /a\\\"b\\\\c HTTP/1.0\" 404 - \"-\" "
    "\"caf\\xc3\\xa9 \xC3\xA9\"";

inline Number whole(Integer value) { return {true, value, 0.0}; }

inline Program combined() {
  Program program;
  program.source.tokens = {
      {"host", TokenKind::plain, " "},        {"ident", TokenKind::plain, " "},
      {"user", TokenKind::plain, " ["},       {"time", TokenKind::plain, "] \""},
      {"request", TokenKind::request, "\" "}, {"status", TokenKind::plain, " "},
      {"bytes", TokenKind::plain, " \""},     {"referer", TokenKind::quoted, "\" \""},
      {"agent", TokenKind::quoted, "\""}};
  const auto add = [&](const char* name, Type type) -> Field& {
    Field field;
    field.name = field.token = name;
    field.type = type;
    program.fields.push_back(field);
    return program.fields.back();
  };
  add("host", Type::string).max_length = 40;
  add("user", Type::category).null_text = "-";
  program.fields.back().nullable = true;
  add("time", Type::timestamp).format = "%d/%b/%Y:%H:%M:%S %z";
  Field& method = add("method", Type::category);
  method.has_one_of = true;
  method.one_of_texts = {"GET", "HEAD", "POST"};
  add("path", Type::string).starts_with = "/";
  Field& status = add("status", Type::int16);
  status.ge = whole(100);
  status.le = whole(599);
  Field& bytes = add("bytes", Type::int64);
  bytes.ge = whole(0);
  bytes.null_text = "-";
  bytes.nullable = true;
  Field& size = add("size", Type::float64);
  size.token = "bytes";
  size.null_text = "-";
  size.default_text = "-1";
  size.lt = Number{false, 0, 1e6};
  Field& referer = add("referer", Type::string);
  referer.null_text = "-";
  referer.nullable = true;
  add("agent", Type::string).min_length = 3;
  for (std::size_t field = 0; field < program.fields.size(); ++field)
    program.select.push_back(field);
  return program;
}

inline Program grouped(std::vector<std::size_t> keys) {
  Program program = combined();
  program.group_by = std::move(keys);
  program.aggregates = {{"n", Function::count, {}},  {"counted", Function::count, 6},
                        {"total", Function::sum, 6}, {"least", Function::min, 6},
                        {"most", Function::max, 6},  {"mean", Function::mean, 6},
                        {"codes", Function::sum, 5}, {"last", Function::max, 2}};
  return program;
}

// As many threads as there are workers; the pool itself is tested elsewhere.
inline void run_on_threads(std::size_t workers, const Work& work, Checkpoint& checkpoint) {
  std::exception_ptr failure;
  std::mutex mutex;
  const auto guarded = [&](Checkpoint& mine) {
    try {
      work(mine);
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  };
  std::vector<std::thread> threads;
  for (std::size_t worker = 1; worker < workers; ++worker) {
    threads.emplace_back([&] {
      Checkpoint mine;
      guarded(mine);
    });
  }
  guarded(checkpoint);
  for (std::thread& thread : threads) thread.join();
  if (failure) std::rethrow_exception(failure);
}

// The inputs lie in heap blocks of just their size, so that AddressSanitizer sees every step
// beyond.
inline RunResult run_engine(const Program& program, const std::vector<std::string>& inputs,
                            std::size_t window_bytes = std::size_t{1} << 20,
                            std::size_t workers = 1) {
  check(program);
  std::vector<std::unique_ptr<char[]>> blocks;
  std::vector<Input> views;
  for (const std::string& input : inputs) {
    blocks.push_back(std::make_unique<char[]>(input.size()));
    std::copy(input.begin(), input.end(), blocks.back().get());
    views.push_back({{blocks.back().get(), input.size()}, nullptr});
  }
  RunOptions options;
  options.window_bytes = window_bytes;
  options.workers = workers;
  if (workers > 1) options.executor = run_on_threads;
  Checkpoint checkpoint;
  return run(program, views, checkpoint, options);
}

inline std::string shown(const Column& column, std::size_t row) {
  const std::byte* place = column.values.begin() + row * width_of(column.type);
  char text[40];
  switch (column.type) {
    case Type::string:
      return {column.texts.begin() + column.offsets[row],
              static_cast<std::size_t>(column.offsets[row + 1] - column.offsets[row])};
    case Type::category: {
      std::int32_t code = 0;
      std::memcpy(&code, place, sizeof code);
      return std::string(column.dictionary[static_cast<std::size_t>(code)]);
    }
    case Type::float64: {
      double value = 0;
      std::memcpy(&value, place, sizeof value);
      std::snprintf(text, sizeof text, "%.17g", value);
      return text;
    }
    case Type::int16: {
      std::int16_t value = 0;
      std::memcpy(&value, place, sizeof value);
      return std::to_string(value);
    }
    default: {
      std::int64_t value = 0;
      std::memcpy(&value, place, sizeof value);
      return std::to_string(value);
    }
  }
}

inline std::vector<reference::Value> values_of(const Column& column) {
  std::vector<reference::Value> values;
  for (std::size_t row = 0; row < column.length; ++row) {
    const bool valid =
        column.null_count == 0 || ((column.validity[row / 8] >> (row % 8)) & 1U) != 0;
    values.push_back(valid ? reference::Value(shown(column, row)) : std::nullopt);
  }
  return values;
}

inline std::vector<reference::Error> errors_of(const Program& program, const RunResult& result) {
  std::vector<reference::Error> errors;
  for (const ErrorDetail& detail : result.errors) {
    const std::string field = detail.field == kWholeRow
                                  ? ""
                                  : program.fields[static_cast<std::size_t>(detail.field)].name;
    errors.push_back(
        {detail.row, detail.line, detail.byte_offset, detail.source, field, detail.code});
    EXPECT_FALSE(detail.expected.empty());
  }
  EXPECT_TRUE(std::is_sorted(errors.begin(), errors.end(), [](const auto& left, const auto& right) {
    return left.row < right.row;
  }));
  std::sort(errors.begin(), errors.end());
  return errors;
}

inline bool is_mean(const Program& program, const std::string& name) {
  return std::any_of(program.aggregates.begin(), program.aggregates.end(), [&](const auto& each) {
    return each.name == name && each.function == Function::mean;
  });
}

inline void expect_like_reference(Program program, const std::vector<std::string>& inputs,
                                  std::size_t window_bytes = std::size_t{1} << 20,
                                  std::size_t workers = 1) {
  program.max_errors = 1000000;
  const RunResult result = run_engine(program, inputs, window_bytes, workers);
  const reference::Result wanted = reference::run(program, inputs);
  ASSERT_EQ(result.rows_in, wanted.rows_in);
  ASSERT_EQ(result.rows_bad, wanted.rows_bad);
  ASSERT_EQ(result.rows_blank, wanted.rows_blank);
  const std::vector<reference::Error> errors = errors_of(program, result);
  for (std::size_t error = 0; error < std::min(errors.size(), wanted.errors.size()); ++error) {
    ASSERT_EQ(errors[error], wanted.errors[error]);
  }
  ASSERT_EQ(errors.size(), wanted.errors.size());
  std::int64_t counted = 0;
  for (std::size_t place = 0; place <= program.fields.size(); ++place) {
    for (std::size_t code = 0; code < kErrorCodeNames.size(); ++code) {
      counted += result.error_counts.of(static_cast<std::int16_t>(static_cast<int>(place) - 1),
                                        static_cast<ErrorCode>(code));
    }
  }
  ASSERT_EQ(counted, static_cast<std::int64_t>(wanted.errors.size()));
  ASSERT_EQ(result.columns.size(), wanted.columns.size());
  for (std::size_t column = 0; column < result.columns.size(); ++column) {
    std::vector<reference::Value> values = values_of(result.columns[column]);
    if (is_mean(program, result.names[column])) {
      for (reference::Value& value : values) {
        char text[40];
        if (value) std::snprintf(text, sizeof text, "%.15g", std::stod(*value));
        if (value) value = text;
      }
    }
    const auto& expected = wanted.columns.at(result.names[column]);
    if (expected.empty()) {
      ASSERT_TRUE(values.empty());
      continue;
    }
    ASSERT_EQ(values, expected) << result.names[column];
  }
}

// Lines that are good, or broken at a few places.
inline std::string random_log(std::mt19937_64& random, std::size_t lines, unsigned percent_broken) {
  const std::string bytes = "\"\\ -[]/:x09aG\r\t\0\xC3\xA9\xFF.+";
  const std::vector<std::string> hosts = {
      "::1", "10.0.0.1", "h", "a-host-with-a-longer-name.example.org", std::string(60, 'h')};
  const std::vector<std::string> requests = {"GET / HTTP/1.1",
                                             "POST /x HTTP/1.0",
                                             "HEAD /\\\"q\\\" HTTP/2",
                                             "GET nowhere HTTP/1.1",
                                             "BREW /pot HTCPCP/1.0",
                                             "-",
                                             "GET  / H",
                                             "GET / H ",
                                             "GET /\xC3\xA9 HTTP/1.1",
                                             "GET /\\xff HTTP/1.1",
                                             ""};
  const std::vector<std::string> numbers = {"-",
                                            "0",
                                            "+7",
                                            "00012",
                                            "999999",
                                            "1000000",
                                            "-1",
                                            "1.5",
                                            "",
                                            "99999999999999999999",
                                            "9223372036854775807"};
  std::string log;
  for (std::size_t line = 0; line < lines; ++line) {
    if (random() % 40 == 0) {
      log += random() % 2 == 0 ? "\n" : "\r\n";
      continue;
    }
    const bool odd = random() % 100 < percent_broken;
    const auto pick = [&](const std::vector<std::string>& from) {
      return from[random() % (odd ? from.size() : 2)];
    };
    std::string text = pick(hosts) + " - " + (random() % 3 == 0 ? "-" : "frank") + " [";
    text += "0" + std::to_string(1 + random() % 9) + "/Feb/201" + std::to_string(random() % 10);
    text += ":10:" + std::to_string(10 + random() % (odd ? 55 : 50)) + ":07 +0000] \"";
    text +=
        pick(requests) + "\" " + std::to_string(odd ? random() % 1000 : 200 + random() % 3) + " ";
    text += pick(numbers) + " \"" + (random() % 2 == 0 ? "-" : "http://r/") + "\" \"agent";
    text += odd && random() % 4 == 0 ? "\\\\" : "";
    text += "\"";
    if (odd && random() % 2 == 0) {
      for (std::size_t change = 0; change <= random() % 3 && !text.empty(); ++change) {
        const std::size_t place = random() % text.size();
        const char byte = bytes[random() % bytes.size()];
        if (random() % 3 == 0)
          text.erase(place, 1 + random() % 9);
        else if (random() % 2 == 0)
          text.insert(place, 1, byte);
        else
          text[place] = byte;
      }
    }
    log += text + (random() % 9 == 0 ? "\r\n" : "\n");
  }
  if (random() % 2 == 0 && !log.empty()) log.pop_back();
  return log;
}

}  // namespace fastlane::kernels::records
