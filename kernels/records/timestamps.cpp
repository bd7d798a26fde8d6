// The calendar, and the readers of the directives, of ISO 8601 and of epochs.
#include "kernels/records/timestamps.hpp"

#include <stdexcept>

namespace fastlane::kernels::records {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"};
constexpr std::array<std::string_view, 7> kWeekdays = {
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

bool is_digit(char byte) { return static_cast<unsigned char>(byte - '0') <= 9; }
bool is_leap(std::int64_t year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

unsigned days_in_month(std::int64_t year, unsigned month) {
  constexpr std::array<unsigned char, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return kDays[month - 1] + (month == 2 && is_leap(year) ? 1U : 0U);
}

// Everything a text may say about one moment.
struct Moment {
  std::int64_t year = 1900;
  unsigned month = 1, day = 1, day_of_year = 0;
  unsigned hour = 0, minute = 0, second = 0;
  std::int64_t microsecond = 0;
  std::int64_t offset = 0;  // microseconds east of UTC
};

// A position in a text that every reader below moves forward. A reader returns false when the text
// does not have the form; values out of range are noted and reported once the whole form is right.
struct Scanner {
  std::string_view text;
  std::size_t at = 0;
  bool in_range = true;

  bool ended() const { return at == text.size(); }
  bool accept(char byte) {
    if (ended() || text[at] != byte) return false;
    ++at;
    return true;
  }
  bool has_digit() const { return !ended() && is_digit(text[at]); }

  bool number(std::size_t least, std::size_t most, unsigned& value) {
    std::size_t digits = 0;
    value = 0;
    while (digits < most && has_digit()) {
      value = value * 10 + static_cast<unsigned>(text[at++] - '0');
      ++digits;
    }
    return digits >= least;
  }
  bool number_in(std::size_t least, std::size_t most, unsigned low, unsigned high,
                 unsigned& value) {
    if (!number(least, most, value)) return false;
    in_range = in_range && value >= low && value <= high;
    return true;
  }

  // One to `most` digits behind a point, in microseconds; digits beyond the sixth are cut off.
  bool fraction(std::size_t most, std::int64_t& microsecond, std::size_t& digits) {
    std::int64_t scale = kMicroseconds;
    microsecond = 0;
    for (digits = 0; digits < most && has_digit(); ++digits, ++at) {
      scale /= 10;
      microsecond += scale * (text[at] - '0');
    }
    return digits != 0;
  }

  template <std::size_t kCount>
  bool name(const std::array<std::string_view, kCount>& names, bool whole, unsigned& index) {
    for (std::size_t which = 0; which < kCount; ++which) {
      const std::string_view wanted = whole ? names[which] : names[which].substr(0, 3);
      if (text.size() - at < wanted.size()) continue;
      bool same = true;
      for (std::size_t letter = 0; letter < wanted.size() && same; ++letter) {
        same = (static_cast<unsigned char>(text[at + letter]) | 0x20U) ==
               static_cast<unsigned char>(wanted[letter]);
      }
      if (!same) continue;
      at += wanted.size();
      index = static_cast<unsigned>(which) + 1;
      return true;
    }
    return false;
  }

  // Z, +HHMM, +HH:MM, with seconds and a fraction of them if need be; +HH alone when
  // `hours_suffice`.
  bool offset(bool hours_suffice, std::int64_t& microseconds) {
    microseconds = 0;
    if (accept('Z')) return true;
    const bool west = !ended() && text[at] == '-';
    if (!accept('+') && !accept('-')) return false;
    unsigned hour = 0;
    unsigned minute = 0;
    unsigned second = 0;
    std::int64_t fraction_of_second = 0;
    if (!number_in(2, 2, 0, 23, hour)) return false;
    const bool colons = accept(':');
    if (colons || has_digit() || !hours_suffice) {
      if (!number_in(2, 2, 0, 59, minute)) return false;
      if (colons ? accept(':') : has_digit()) {
        if (!number_in(2, 2, 0, 59, second)) return false;
        std::size_t digits = 0;
        if (accept('.') && !fraction(6, fraction_of_second, digits)) return false;
      }
    }
    microseconds = std::int64_t{hour * 3600 + minute * 60 + second} * kMicroseconds;
    microseconds += fraction_of_second;
    if (west) microseconds = -microseconds;
    return true;
  }
};

ErrorCode combine(const Moment& moment, bool in_range, TimestampFormat::Reading& reading) {
  if (!in_range || moment.year < 1 || moment.year > 9999) return ErrorCode::range;
  std::int64_t days = 0;
  if (moment.day_of_year != 0) {
    if (moment.day_of_year > (is_leap(moment.year) ? 366U : 365U)) return ErrorCode::range;
    days = days_from_date(moment.year, 1, 1) + moment.day_of_year - 1;
  } else {
    if (moment.day > days_in_month(moment.year, moment.month)) return ErrorCode::range;
    days = days_from_date(moment.year, moment.month, moment.day);
  }
  reading.time_of_day =
      std::int64_t{moment.hour * 3600 + moment.minute * 60 + moment.second} * kMicroseconds +
      moment.microsecond;
  reading.microseconds = days * kMicrosecondsOfDay + reading.time_of_day - moment.offset;
  if (reading.microseconds < kEarliestTime || reading.microseconds >= kEndOfTimes)
    return ErrorCode::range;
  return ErrorCode::none;
}

ErrorCode read_iso8601(std::string_view text, TimestampFormat::Reading& reading) {
  Scanner scanner{text};
  Moment moment;
  unsigned year = 0;
  if (!scanner.number(4, 4, year)) return ErrorCode::format;
  moment.year = year;
  const bool extended = scanner.accept('-');
  if (!scanner.number_in(2, 2, 1, 12, moment.month)) return ErrorCode::format;
  if (extended && !scanner.accept('-')) return ErrorCode::format;
  if (!scanner.number_in(2, 2, 1, 31, moment.day)) return ErrorCode::format;
  if (scanner.ended()) return combine(moment, scanner.in_range, reading);
  if (!scanner.accept('T') && !scanner.accept('t') && !scanner.accept(' ')) {
    return ErrorCode::format;
  }
  reading.hour_at = static_cast<std::ptrdiff_t>(scanner.at);
  if (!scanner.number_in(2, 2, 0, 23, moment.hour)) return ErrorCode::format;
  if (extended ? scanner.accept(':') : scanner.has_digit()) {
    reading.minute_at = static_cast<std::ptrdiff_t>(scanner.at);
    if (!scanner.number_in(2, 2, 0, 59, moment.minute)) return ErrorCode::format;
    if (extended ? scanner.accept(':') : scanner.has_digit()) {
      reading.second_at = static_cast<std::ptrdiff_t>(scanner.at);
      if (!scanner.number_in(2, 2, 0, 59, moment.second)) return ErrorCode::format;
      if (scanner.accept('.') || scanner.accept(',')) {
        reading.fraction_at = static_cast<std::ptrdiff_t>(scanner.at);
        if (!scanner.fraction(text.size(), moment.microsecond, reading.fraction_digits)) {
          return ErrorCode::format;
        }
      }
    }
  }
  reading.positions_hold = true;
  if (!scanner.ended() && !scanner.offset(true, moment.offset)) return ErrorCode::format;
  if (!scanner.ended()) return ErrorCode::format;
  return combine(moment, scanner.in_range, reading);
}

// A sign, digits and, behind a point, more digits; in units of `unit` microseconds.
ErrorCode read_epoch(std::string_view text, std::int64_t unit, TimestampFormat::Reading& reading) {
  Scanner scanner{text};
  const bool negative = !scanner.ended() && text[0] == '-';
  if (!scanner.accept('-')) static_cast<void>(scanner.accept('+'));
  constexpr std::int64_t kBound = std::int64_t{1} << 55;
  std::int64_t whole = 0;
  const std::size_t first = scanner.at;
  for (; scanner.has_digit(); ++scanner.at) {
    if (whole < kBound) whole = whole * 10 + (text[scanner.at] - '0');
  }
  if (scanner.at == first) return ErrorCode::format;
  std::int64_t fraction = 0;
  if (scanner.accept('.')) {
    std::size_t digits = 0;
    if (!scanner.fraction(text.size(), fraction, digits)) return ErrorCode::format;
  }
  if (!scanner.ended()) return ErrorCode::format;
  if (whole > kEndOfTimes / unit) return ErrorCode::range;
  reading.microseconds = whole * unit + fraction / (kMicroseconds / unit);
  if (negative) reading.microseconds = -reading.microseconds;
  if (reading.microseconds < kEarliestTime || reading.microseconds >= kEndOfTimes)
    return ErrorCode::range;
  return ErrorCode::none;
}

}  // namespace

std::int64_t days_from_date(std::int64_t year, unsigned month, unsigned day) {
  // Years begin in March, so that the leap day is the last one.
  const std::int64_t shifted = month <= 2 ? year - 1 : year;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 399) / 400;
  const std::int64_t year_of_era = shifted - era * 400;
  const std::int64_t month_from_march = (month + 9) % 12;
  const std::int64_t day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468;
}

TimestampFormat::TimestampFormat(std::string_view format) {
  if (format == "iso8601") {
    kind_ = Kind::iso8601;
  } else if (format == "epoch_s") {
    kind_ = Kind::epoch_s;
  } else if (format == "epoch_ms") {
    kind_ = Kind::epoch_ms;
  } else {
    if (format.empty()) throw std::invalid_argument("an empty time format");
    constexpr std::string_view kDirectives = "aAbBdefHjmMSyYz";
    std::string seen;
    for (std::size_t at = 0; at < format.size(); ++at) {
      if (format[at] != '%') {
        steps_.push_back({0, format[at]});
        continue;
      }
      if (++at == format.size()) throw std::invalid_argument("a time format that ends with '%'");
      const char directive = format[at];
      if (directive == '%') {
        steps_.push_back({0, '%'});
        continue;
      }
      if (kDirectives.find(directive) == std::string_view::npos) {
        throw std::invalid_argument(std::string("the directive %") + directive +
                                    "; there are %a %A %b %B %d %e %f %H %j %m %M %S %y %Y %z %%");
      }
      if (seen.find(directive) != std::string::npos) {
        throw std::invalid_argument(std::string("the directive %") + directive + " twice");
      }
      seen.push_back(directive);
      steps_.push_back({directive, 0});
    }
  }
}

ErrorCode TimestampFormat::read(std::string_view text, Reading& reading) const {
  switch (kind_) {
    case Kind::directives:
      return read_directives(text, reading);
    case Kind::iso8601:
      return read_iso8601(text, reading);
    case Kind::epoch_s:
      return read_epoch(text, kMicroseconds, reading);
    case Kind::epoch_ms:
      return read_epoch(text, 1000, reading);
  }
  return ErrorCode::format;
}

ErrorCode TimestampFormat::read_directives(std::string_view text, Reading& reading) const {
  Scanner scanner{text};
  Moment moment;
  bool two_digits = true;
  for (const Step& step : steps_) {
    const auto start = static_cast<std::ptrdiff_t>(scanner.at);
    unsigned number = 0;
    bool formed = true;
    switch (step.directive) {
      case 0:
        formed = scanner.accept(step.literal);
        break;
      case 'a':
        formed = scanner.name(kWeekdays, false, number);
        break;
      case 'A':
        formed = scanner.name(kWeekdays, true, number);
        break;
      case 'b':
        formed = scanner.name(kMonths, false, moment.month);
        break;
      case 'B':
        formed = scanner.name(kMonths, true, moment.month);
        break;
      case 'd':
      case 'e':
        formed = scanner.accept(' ') ? scanner.number_in(1, 1, 1, 31, moment.day)
                                     : scanner.number_in(1, 2, 1, 31, moment.day);
        break;
      case 'm':
        formed = scanner.number_in(1, 2, 1, 12, moment.month);
        break;
      case 'j':
        formed = scanner.number_in(1, 3, 1, 366, moment.day_of_year);
        break;
      case 'Y':
        formed = scanner.number(4, 4, number);
        moment.year = number;
        break;
      case 'y':
        formed = scanner.number(2, 2, number);
        moment.year = number < 69 ? 2000 + number : 1900 + number;
        break;
      case 'H':
        reading.hour_at = start;
        formed = scanner.number_in(1, 2, 0, 23, moment.hour);
        two_digits = two_digits && scanner.at - static_cast<std::size_t>(start) == 2;
        break;
      case 'M':
        reading.minute_at = start;
        formed = scanner.number_in(1, 2, 0, 59, moment.minute);
        two_digits = two_digits && scanner.at - static_cast<std::size_t>(start) == 2;
        break;
      case 'S':
        reading.second_at = start;
        formed = scanner.number_in(1, 2, 0, 59, moment.second);
        two_digits = two_digits && scanner.at - static_cast<std::size_t>(start) == 2;
        break;
      case 'f':
        reading.fraction_at = start;
        formed = scanner.fraction(6, moment.microsecond, reading.fraction_digits);
        break;
      default:
        formed = scanner.offset(false, moment.offset);
        break;
    }
    if (!formed) return ErrorCode::format;
  }
  if (!scanner.ended()) return ErrorCode::format;
  reading.positions_hold = two_digits;
  return combine(moment, scanner.in_range, reading);
}

}  // namespace fastlane::kernels::records
