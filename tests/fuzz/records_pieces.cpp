// The comparison of a run in one piece with a run in many.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "kernels/records/layout.hpp"
#include "kernels/records/run.hpp"
#include "kernels/records/streams.hpp"
#include "tests/fuzz/records_fuzz.hpp"

namespace fastlane::fuzz {
namespace {

namespace records = kernels::records;

// The text in chunks of one size, none of which outlives the next.
class Chunks final : public records::ByteStream {
 public:
  Chunks(std::string_view text, std::size_t size) : rest_(text), size_(size) {}
  std::string_view next(kernels::Checkpoint&) override {
    chunk_ = std::string(rest_.substr(0, size_));
    rest_.remove_prefix(chunk_.size());
    taken_ += chunk_.size();
    return chunk_;
  }
  std::uint64_t taken() const override { return taken_; }

 private:
  std::string_view rest_;
  std::size_t size_;
  std::string chunk_;
  std::uint64_t taken_ = 0;
};

void expect(bool holds, const char* rule) {
  if (holds) return;
  std::fprintf(stderr, "broken: %s\n", rule);
  std::abort();
}

template <class T>
bool same(const records::Buffer<T>& one, const records::Buffer<T>& other) {
  return one.size() == other.size() &&
         (one.empty() || std::memcmp(one.begin(), other.begin(), one.size() * sizeof(T)) == 0);
}

void compare(const records::RunResult& one, const records::RunResult& other) {
  expect(one.damage.has_value() == other.damage.has_value(), "damage");
  if (one.damage) expect(one.damage->what == other.damage->what, "kind of damage");
  expect(one.rows_in == other.rows_in, "rows_in");
  expect(one.rows_bad == other.rows_bad, "rows_bad");
  expect(one.rows_blank == other.rows_blank, "rows_blank");
  expect(one.columns.size() == other.columns.size(), "columns");
  for (std::size_t column = 0; column < one.columns.size(); ++column) {
    const records::Column& left = one.columns[column];
    const records::Column& right = other.columns[column];
    expect(left.length == right.length, "length");
    expect(left.null_count == right.null_count, "null_count");
    expect(same(left.values, right.values), "values");
    expect(same(left.texts, right.texts), "texts");
  }
  expect(one.errors.size() == other.errors.size(), "errors");
  for (std::size_t index = 0; index < one.errors.size(); ++index) {
    const records::ErrorDetail& left = one.errors[index];
    const records::ErrorDetail& right = other.errors[index];
    expect(left.row == right.row && left.line == right.line, "place of an error");
    expect(left.byte_offset == right.byte_offset, "offset of an error");
    expect(left.field == right.field && left.code == right.code, "kind of an error");
    expect(left.raw == right.raw && left.got == right.got, "text of an error");
  }
}

}  // namespace

void run_in_pieces(const records::Program& program, const std::uint8_t* data, std::size_t size) {
  if (size < 2) return;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  kernels::Checkpoint checkpoint;
  Chunks chunks(text, std::size_t{data[1]} + 1);
  const records::Input whole{text, nullptr, nullptr};
  const records::Input pieces{{}, nullptr, &chunks};
  records::RunOptions small;
  small.window_bytes = std::size_t{data[0]} + 1;
  bool refused = false;
  try {
    const records::RunResult one = records::run(program, {&whole, 1}, checkpoint);
    compare(one, records::run(program, {&pieces, 1}, checkpoint, small));
    expect(one.rows_bad <= one.rows_in, "more bad rows than rows");
  } catch (const records::HeaderError&) {
    refused = true;
  }
  if (!refused) return;
  try {
    static_cast<void>(records::run(program, {&whole, 1}, checkpoint, small));
    expect(false, "a header that is refused in one piece only");
  } catch (const records::HeaderError&) {
  }
}

records::Field field_of(std::string_view name, records::Type type) {
  records::Field field;
  field.name = name;
  field.token = name;
  field.path = {records::PathStep{std::string(name), -1}};
  field.type = type;
  field.allow_nan = type == records::Type::float64;
  field.nullable = type == records::Type::int16 || type == records::Type::category;
  if (type == records::Type::timestamp) field.format = "iso8601";
  return field;
}

records::Program with_all_selected(records::Program program) {
  program.max_row_bytes = 300;
  for (std::size_t field = 0; field < program.fields.size(); ++field) {
    program.select.push_back(field);
  }
  check(program);
  return program;
}

records::Program program_of(records::SourceKind kind) {
  using records::Type;
  records::Program program;
  program.kind = kind;
  program.fields = {field_of("a", Type::int64),    field_of("b", Type::float64),
                    field_of("c", Type::string),   field_of("d", Type::category),
                    field_of("e", Type::boolean),  field_of("f", Type::int16),
                    field_of("g", Type::timestamp)};
  return with_all_selected(std::move(program));
}

}  // namespace fastlane::fuzz
