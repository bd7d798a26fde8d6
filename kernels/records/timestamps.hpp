// Reads times into microseconds since 1970-01-01 UTC: a subset of strptime's directives, ISO 8601
// and epochs. A format is compiled once; a text that differs from the one before only in its time
// of day is read by comparing words. Knows nothing of fields or columns, nor of the machine's time
// zone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

inline constexpr std::int64_t kMicroseconds = 1000000;  // of a second
inline constexpr std::int64_t kMicrosecondsOfDay = 86400 * kMicroseconds;
inline constexpr std::int64_t kEarliestTime = -62135596800 * kMicroseconds;  // 0001-01-01
inline constexpr std::int64_t kEndOfTimes = 253402300800 * kMicroseconds;    // 10000-01-01

// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
std::int64_t days_from_date(std::int64_t year, unsigned month, unsigned day);

class TimestampFormat {
 public:
  // `format` is "iso8601", "epoch_s", "epoch_ms" or text with the directives
  // %a %A %b %B %d %e %f %H %j %m %M %S %y %Y %z %%. Throws std::invalid_argument for any other
  // one.
  explicit TimestampFormat(std::string_view format);

  // What was read, and where its time of day stood (-1: nowhere), so that the rest can be
  // remembered.
  struct Reading {
    std::int64_t microseconds = 0;
    std::ptrdiff_t hour_at = -1, minute_at = -1, second_at = -1, fraction_at = -1;
    std::size_t fraction_digits = 0;
    std::int64_t time_of_day = 0;  // the part of `microseconds` that stood at those places
    bool positions_hold =
        false;  // every one of them stood at two digits, the fraction at its digits
  };

  // Returns none, range or format. Never allocates, never throws.
  ErrorCode read(std::string_view text, Reading& reading) const;

 private:
  enum class Kind : std::uint8_t { directives, iso8601, epoch_s, epoch_ms };
  struct Step {
    char directive = 0;  // 0: a literal byte
    char literal = 0;
  };

  ErrorCode read_directives(std::string_view text, Reading& reading) const;

  Kind kind_ = Kind::directives;
  std::vector<Step> steps_;
};

// Reads a column of times: the format, and the memory of the text before.
class TimestampParser {
 public:
  explicit TimestampParser(std::string_view format) : format_(format) {}

  // Returns none, range or format. Precondition: 32 readable bytes from `text` on, whatever the
  // size.
  ErrorCode read(const char* text, std::size_t size, std::int64_t& microseconds) {
    if (size == size_ && read_like_before(text, microseconds)) return ErrorCode::none;
    return read_anew(text, size, microseconds);
  }

 private:
  static constexpr std::size_t kWords = 4;

  bool read_like_before(const char* text, std::int64_t& microseconds) const;
  ErrorCode read_anew(const char* text, std::size_t size, std::int64_t& microseconds);
  void remember(const char* text, std::size_t size, const TimestampFormat::Reading& reading);

  TimestampFormat format_;
  std::size_t size_ = ~std::size_t{0};  // of the text remembered
  std::array<std::uint64_t, kWords> words_{};
  std::array<std::uint64_t, kWords> mask_{};  // the bytes that must be the same
  std::int64_t base_ = 0;
  std::ptrdiff_t hour_at_ = -1, minute_at_ = -1, second_at_ = -1, fraction_at_ = -1;
  std::size_t fraction_digits_ = 0;
};

}  // namespace fastlane::kernels::records
