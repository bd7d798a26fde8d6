// The memory of the text before: its bytes, and which of them must be the same.
#include <cstring>

#include "kernels/records/timestamps.hpp"
#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {

ErrorCode TimestampParser::read_anew(const char* text, std::size_t size,
                                     std::int64_t& microseconds) {
  TimestampFormat::Reading reading;
  const ErrorCode code = format_.read(std::string_view(text, size), reading);
  if (code != ErrorCode::none) return code;
  microseconds = reading.microseconds;
  const std::int64_t midnight = reading.microseconds - reading.time_of_day;
  const bool day_in_range =
      midnight >= kEarliestTime && midnight + kMicrosecondsOfDay <= kEndOfTimes;
  if (reading.positions_hold && day_in_range && size <= kWords * 8) remember(text, size, reading);
  return ErrorCode::none;
}

void TimestampParser::remember(const char* text, std::size_t size,
                               const TimestampFormat::Reading& reading) {
  std::array<unsigned char, kWords * 8> mask{};
  std::memset(mask.data(), 0xFF, size);
  for (const std::ptrdiff_t at : {reading.hour_at, reading.minute_at, reading.second_at}) {
    if (at >= 0) std::memset(mask.data() + at, 0, 2);
  }
  if (reading.fraction_at >= 0) {
    std::memset(mask.data() + reading.fraction_at, 0, reading.fraction_digits);
  }
  std::memcpy(mask_.data(), mask.data(), mask.size());
  std::memcpy(words_.data(), text, mask.size());
  for (std::size_t word = 0; word < kWords; ++word) words_[word] &= mask_[word];
  size_ = size;
  base_ = reading.microseconds - reading.time_of_day;
  hour_at_ = reading.hour_at;
  minute_at_ = reading.minute_at;
  second_at_ = reading.second_at;
  fraction_at_ = reading.fraction_at;
  fraction_digits_ = reading.fraction_digits;
}

bool TimestampParser::read_like_before(const char* text, std::int64_t& microseconds) const {
  std::uint64_t different = 0;
  for (std::size_t word = 0; word < kWords; ++word) {
    different |= (load_word(text + word * 8) & mask_[word]) ^ words_[word];
  }
  if (different != 0) return false;
  bool right = true;
  const auto two_digits = [text, &right](std::ptrdiff_t at, unsigned limit) -> std::int64_t {
    if (at < 0) return 0;
    const auto tens = static_cast<unsigned char>(text[at] - '0');
    const auto ones = static_cast<unsigned char>(text[at + 1] - '0');
    const unsigned number = tens * 10U + ones;
    right = right && tens <= 9 && ones <= 9 && number < limit;
    return number;
  };
  const std::int64_t seconds = two_digits(hour_at_, 24) * 3600 + two_digits(minute_at_, 60) * 60 +
                               two_digits(second_at_, 60);
  std::int64_t fraction = 0;
  if (fraction_at_ >= 0) {
    std::int64_t scale = kMicroseconds;
    for (std::size_t digit = 0; digit < fraction_digits_; ++digit) {
      const char byte = text[static_cast<std::size_t>(fraction_at_) + digit];
      right = right && static_cast<unsigned char>(byte - '0') <= 9;
      scale /= 10;
      fraction += scale * (byte - '0');
    }
  }
  if (!right) return false;
  microseconds = base_ + seconds * kMicroseconds + fraction;
  return true;
}

}  // namespace fastlane::kernels::records
