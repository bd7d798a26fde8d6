// One writer for each layout of values in memory. Floats are written with as many digits as it
// takes to read the same number again.
#include "kernels/records/arrow_columns.hpp"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace fastlane::kernels::records {
namespace {

bool is_valid(const ArrowArray& array, std::int64_t row) {
  if (array.n_buffers == 0) return false;
  const auto* bits = static_cast<const std::uint8_t*>(array.buffers[0]);
  return bits == nullptr || ((bits[row / 8] >> (row % 8)) & 1) != 0;
}

void append(Buffer<char>& text, std::string_view more) { text.append(more.data(), more.size()); }

// Calls `write_value` for what is not null.
class Nullable : public ArrowColumn {
 public:
  void write(const ArrowArray& array, std::int64_t row, Buffer<char>& text) const final {
    if (is_valid(array, row)) {
      write_value(array, row, text);
    } else {
      append(text, "null");
    }
  }

 private:
  virtual void write_value(const ArrowArray& array, std::int64_t row, Buffer<char>& text) const = 0;
};

class Nulls final : public ArrowColumn {
 public:
  void write(const ArrowArray&, std::int64_t, Buffer<char>& text) const override {
    append(text, "null");
  }
};

class Flags final : public Nullable {
  void write_value(const ArrowArray& array, std::int64_t row, Buffer<char>& text) const override {
    const auto* bits = static_cast<const std::uint8_t*>(array.buffers[1]);
    append(text, ((bits[row / 8] >> (row % 8)) & 1) != 0 ? "true" : "false");
  }
};

template <class T>
class Numbers final : public Nullable {
  void write_value(const ArrowArray& array, std::int64_t row, Buffer<char>& text) const override {
    const T value = static_cast<const T*>(array.buffers[1])[row];
    std::array<char, 40> digits;
    if constexpr (std::is_floating_point_v<T>) {
      if (std::isnan(value)) return append(text, "NaN");
      if (std::isinf(value)) return append(text, value < 0 ? "-Infinity" : "Infinity");
      const auto wide = static_cast<double>(value);
      char* end = std::to_chars(digits.data(), digits.data() + digits.size(), wide).ptr;
      const std::string_view number(digits.data(), static_cast<std::size_t>(end - digits.data()));
      append(text, number);
      // A float stays one, also where it is whole.
      if (number.find_first_of(".e") == std::string_view::npos) append(text, ".0");
    } else {
      char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
      text.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
    }
  }
};

void append_quoted(Buffer<char>& text, std::string_view value) {
  text.reserve(value.size() + 2);
  text.push_back('"');
  std::size_t begin = 0;
  for (std::size_t at = 0; at < value.size(); ++at) {
    const char letter = value[at];
    if (static_cast<unsigned char>(letter) >= 0x20 && letter != '"' && letter != '\\') continue;
    append(text, value.substr(begin, at - begin));
    constexpr std::string_view kDigits = "0123456789abcdef";
    const std::array<char, 6> escaped = {'\\',
                                         'u',
                                         '0',
                                         '0',
                                         kDigits[static_cast<unsigned char>(letter) >> 4],
                                         kDigits[static_cast<unsigned char>(letter) & 15]};
    text.append(escaped.data(), escaped.size());
    begin = at + 1;
  }
  append(text, value.substr(begin));
  text.push_back('"');
}

template <class Offset>
class Texts final : public Nullable {
  void write_value(const ArrowArray& array, std::int64_t row, Buffer<char>& text) const override {
    const auto* offsets = static_cast<const Offset*>(array.buffers[1]) + row;
    const auto size = static_cast<std::size_t>(offsets[1] - offsets[0]);
    if (size == 0) return append(text, "\"\"");
    append_quoted(text, {static_cast<const char*>(array.buffers[2]) + offsets[0], size});
  }
};

// Sixteen bytes a text: its size, and either the text or where it is.
class TextViews final : public Nullable {
  void write_value(const ArrowArray& array, std::int64_t row, Buffer<char>& text) const override {
    const char* view = static_cast<const char*>(array.buffers[1]) + row * 16;
    std::array<std::int32_t, 4> words;
    std::memcpy(words.data(), view, sizeof words);
    const auto size = static_cast<std::size_t>(words[0]);
    if (size > 12) view = static_cast<const char*>(array.buffers[2 + words[2]]) + words[3] - 4;
    append_quoted(text, {view + 4, size});
  }
};

// Counts of a unit since 1970, in UTC.
class Times final : public Nullable {
 public:
  explicit Times(std::int64_t per_second) : per_second_(per_second) {}

 private:
  void write_value(const ArrowArray& array, std::int64_t row, Buffer<char>& text) const override {
    const std::int64_t value = static_cast<const std::int64_t*>(array.buffers[1])[row];
    const std::int64_t seconds = value / per_second_ - (value % per_second_ < 0 ? 1 : 0);
    const std::int64_t micros = per_second_ > 1000000
                                    ? (value - seconds * per_second_) / (per_second_ / 1000000)
                                    : (value - seconds * per_second_) * (1000000 / per_second_);
    const std::int64_t day = seconds / 86400 - (seconds % 86400 < 0 ? 1 : 0);
    const std::int64_t second = seconds - day * 86400;
    // Beyond the years that chrono has; the reader refuses what is written then.
    constexpr std::int64_t kMostDays = 11000000;
    if (day > kMostDays || day < -kMostDays) return append(text, "\"beyond\"");
    const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
    std::array<char, 48> written;
    const int size =
        std::snprintf(written.data(), written.size(), "\"%04d-%02u-%02uT%02d:%02d:%02d.%06dZ\"",
                      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()), static_cast<int>(second / 3600),
                      static_cast<int>(second / 60 % 60), static_cast<int>(second % 60),
                      static_cast<int>(micros));
    text.append(written.data(), static_cast<std::size_t>(size));
  }

  std::int64_t per_second_;
};

// Codes, and the values that they stand for in the array's dictionary.
template <class Code>
class Coded final : public Nullable {
 public:
  explicit Coded(std::unique_ptr<ArrowColumn> values) : values_(std::move(values)) {}

 private:
  void write_value(const ArrowArray& array, std::int64_t row, Buffer<char>& text) const override {
    const auto code = static_cast<std::int64_t>(static_cast<const Code*>(array.buffers[1])[row]);
    const ArrowArray& dictionary = *array.dictionary;
    if (code < 0 || code >= dictionary.length) throw ArrowFailure("a code without a value");
    values_->write(dictionary, dictionary.offset + code, text);
  }

  std::unique_ptr<ArrowColumn> values_;
};

// Of integers: the values themselves, or codes for `values`.
template <class T>
std::unique_ptr<ArrowColumn> make_integers(std::unique_ptr<ArrowColumn> values) {
  if (values != nullptr) return std::make_unique<Coded<T>>(std::move(values));
  return std::make_unique<Numbers<T>>();
}

std::unique_ptr<ArrowColumn> make_times(char unit) {
  constexpr std::string_view kUnits = "smun";
  constexpr std::array<std::int64_t, 4> kPerSecond = {1, 1000, 1000000, 1000000000};
  const std::size_t which = kUnits.find(unit);
  return which == std::string_view::npos ? nullptr : std::make_unique<Times>(kPerSecond[which]);
}

}  // namespace

bool is_time(const ArrowSchema& type) { return std::strncmp(type.format, "ts", 2) == 0; }

std::unique_ptr<ArrowColumn> make_column(const ArrowSchema& type) {
  std::unique_ptr<ArrowColumn> values;
  if (type.dictionary != nullptr) {
    values = make_column(*type.dictionary);
    if (values == nullptr) return nullptr;
  }
  const std::string_view format = type.format;
  if (format == "vu") return std::make_unique<TextViews>();
  if (is_time(type)) return make_times(format.size() > 2 ? format[2] : ' ');
  if (format.size() != 1) return nullptr;
  switch (format[0]) {
    case 'n':
      return std::make_unique<Nulls>();
    case 'b':
      return std::make_unique<Flags>();
    case 'c':
      return make_integers<std::int8_t>(std::move(values));
    case 'C':
      return make_integers<std::uint8_t>(std::move(values));
    case 's':
      return make_integers<std::int16_t>(std::move(values));
    case 'S':
      return make_integers<std::uint16_t>(std::move(values));
    case 'i':
      return make_integers<std::int32_t>(std::move(values));
    case 'I':
      return make_integers<std::uint32_t>(std::move(values));
    case 'l':
      return make_integers<std::int64_t>(std::move(values));
    case 'L':
      return make_integers<std::uint64_t>(std::move(values));
    case 'f':
      return std::make_unique<Numbers<float>>();
    case 'g':
      return std::make_unique<Numbers<double>>();
    case 'u':
      return std::make_unique<Texts<std::int32_t>>();
    case 'U':
      return std::make_unique<Texts<std::int64_t>>();
    default:
      return nullptr;
  }
}

}  // namespace fastlane::kernels::records
