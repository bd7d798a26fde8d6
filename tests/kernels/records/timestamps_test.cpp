// Times against timegm, formats by table, and the parser's memory against a parser without one.
#include "kernels/records/timestamps.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <ctime>
#include <random>
#include <stdexcept>
#include <string>

#include "tests/kernels/records/padded.hpp"

namespace fastlane::kernels::records {
namespace {

constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Outcome {
  ErrorCode code = ErrorCode::none;
  std::int64_t microseconds = 0;
  bool operator==(const Outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << name_of(outcome.code) << " " << outcome.microseconds;
}

Outcome read_once(const char* format, const std::string& text) {
  TimestampParser parser(format);
  const Padded padded(text);
  Outcome outcome;
  outcome.code = parser.read(padded.text(), padded.size(), outcome.microseconds);
  if (outcome.code != ErrorCode::none) outcome.microseconds = 0;
  return outcome;
}

constexpr Outcome kFormat = {ErrorCode::format, 0};
constexpr Outcome kRange = {ErrorCode::range, 0};
Outcome at(std::int64_t seconds, std::int64_t microseconds = 0) {
  return {ErrorCode::none, seconds * 1000000 + microseconds};
}

TEST(Timestamps, CountsDaysLikeTimegm) {
  std::tm date = {};
  for (int year = 1; year <= 9999; year += year < 1800 || year > 2200 ? 97 : 1) {
    for (int month = 0; month < 12; ++month) {
      for (const int day : {1, 28, 29, 31}) {
        date = {};
        date.tm_year = year - 1900;
        date.tm_mon = month;
        date.tm_mday = day;
        ASSERT_EQ(
            days_from_date(year, static_cast<unsigned>(month + 1), static_cast<unsigned>(day)),
            timegm(&date) / 86400)
            << year << " " << month << " " << day;
      }
    }
  }
}

TEST(Timestamps, ReadsLogTimesLikeTimegm) {
  std::mt19937_64 random(3);
  TimestampParser remembering("%d/%b/%Y:%H:%M:%S %z");
  std::time_t seconds = 1431857103;
  for (int round = 0; round < 200000; ++round) {
    seconds += static_cast<std::time_t>(random() % 100000) - 30000;
    if (round % 1000 == 0)
      seconds = static_cast<std::time_t>(random() % 200000000000) - 60000000000;
    std::tm moment;
    gmtime_r(&seconds, &moment);
    if (moment.tm_year + 1900 < 1 || moment.tm_year + 1900 > 9998) continue;
    const int offset = round % 3 == 0 ? static_cast<int>(random() % 1440) - 720 : 120;
    char text[64];
    std::snprintf(text, sizeof text, "%02d/%s/%04d:%02d:%02d:%02d %c%02d%02d", moment.tm_mday,
                  kMonths[static_cast<std::size_t>(moment.tm_mon)], moment.tm_year + 1900,
                  moment.tm_hour, moment.tm_min, moment.tm_sec, offset < 0 ? '-' : '+',
                  std::abs(offset) / 60, std::abs(offset) % 60);
    const Padded padded(text);
    std::int64_t microseconds = 0;
    ASSERT_EQ(remembering.read(padded.text(), padded.size(), microseconds), ErrorCode::none)
        << text;
    ASSERT_EQ(microseconds, (std::int64_t{seconds} - offset * 60) * 1000000) << text;
  }
}

// A parser that has read other texts must not know better than one that has not.
TEST(Timestamps, RemembersNothingWrong) {
  struct Case {
    const char* format;
    const char* text;
  };
  const Case cases[] = {
      {"%d/%b/%Y:%H:%M:%S %z", "17/May/2015:10:05:03 +0000"},
      {"%d/%b/%Y:%H:%M:%S %z", "31/Dec/9999:10:05:03 -0500"},
      {"%Y-%m-%d %H:%M:%S.%f", "2015-05-17 10:05:03.123456"},
      {"%b %e %H:%M:%S", "May  7 10:05:03"},
      {"%a %b %d %H:%M:%S.%f %Y", "Fri Sep 09 10:42:29.902022 2011"},
      {"%H%M%S%d%m%Y", "10050317052015"},
      {"%S%M%H", "030510"},
      {"%j %Y %f%z", "137 2015 5+01:30"},
      {"iso8601", "2015-05-17T10:05:03.5+02:00"},
      {"iso8601", "20150517T1005Z"},
      {"epoch_s", "1431857103.25"},
  };
  std::mt19937_64 random(5);
  const std::string bytes = "0123456789:/+- .TZMaybc";
  for (const Case& each : cases) {
    TimestampParser remembering(each.format);
    std::string text = each.text;
    for (int round = 0; round < 60000; ++round) {
      if (round % 4 == 0) text = each.text;
      std::string changed = text;
      for (std::size_t change = 0; change <= random() % 3; ++change) {
        const std::size_t place = random() % changed.size();
        if (random() % 4 != 0 && changed[place] >= '0' && changed[place] <= '9') {
          changed[place] = static_cast<char>('0' + random() % 10);
        } else {
          changed[place] = bytes[random() % bytes.size()];
        }
      }
      const Padded padded(changed);
      Outcome outcome;
      outcome.code = remembering.read(padded.text(), padded.size(), outcome.microseconds);
      if (outcome.code != ErrorCode::none) outcome.microseconds = 0;
      ASSERT_EQ(outcome, read_once(each.format, changed)) << each.format << ": " << changed;
      if (outcome.code == ErrorCode::none) text = changed;
    }
  }
}

TEST(Timestamps, KnowsTheCalendar) {
  const char* format = "%Y-%m-%d";
  EXPECT_EQ(read_once(format, "1970-01-01"), at(0));
  EXPECT_EQ(read_once(format, "2000-02-29"), at(951782400));
  EXPECT_EQ(read_once(format, "1900-02-29"), kRange);
  EXPECT_EQ(read_once(format, "2015-02-29"), kRange);
  EXPECT_EQ(read_once(format, "2016-02-29"), at(1456704000));
  EXPECT_EQ(read_once(format, "2015-04-31"), kRange);
  EXPECT_EQ(read_once(format, "2015-13-01"), kRange);
  EXPECT_EQ(read_once(format, "2015-00-01"), kRange);
  EXPECT_EQ(read_once(format, "2015-01-00"), kRange);
  EXPECT_EQ(read_once(format, "0000-01-01"), kRange);
  EXPECT_EQ(read_once(format, "0001-01-01"), at(-62135596800));
  EXPECT_EQ(read_once(format, "9999-12-31"), at(253402214400));
  EXPECT_EQ(read_once(format, "2015-1-1"), at(1420070400));
  EXPECT_EQ(read_once(format, "15-01-01"), kFormat);
  EXPECT_EQ(read_once(format, "2015-01-01 "), kFormat);
  EXPECT_EQ(read_once(format, ""), kFormat);
  EXPECT_EQ(read_once("%j %Y", "366 2016"), at(1483142400));
  EXPECT_EQ(read_once("%j %Y", "366 2015"), kRange);
  EXPECT_EQ(read_once("%d %B %y", "7 march 68"), at(3098304000));
  EXPECT_EQ(read_once("%d %B %y", "7 March 69"), at(-25920000));
  EXPECT_EQ(read_once("%A, %d %b %Y", "Thursday, 01 JAN 1970"), at(0));
  EXPECT_EQ(read_once("%d%%%m", "01%01"), at(-2208988800));
}

TEST(Timestamps, KnowsTheClock) {
  const char* format = "%d/%b/%Y:%H:%M:%S %z";
  EXPECT_EQ(read_once(format, "01/Jan/1970:23:59:59 +0000"), at(86399));
  EXPECT_EQ(read_once(format, "01/Jan/1970:23:59:60 +0000"), kRange);
  EXPECT_EQ(read_once(format, "01/Jan/1970:24:00:00 +0000"), kRange);
  EXPECT_EQ(read_once(format, "01/Jan/1970:00:60:00 +0000"), kRange);
  EXPECT_EQ(read_once(format, "01/Jan/1970:00:00:00 +2400"), kRange);
  EXPECT_EQ(read_once(format, "01/Jan/1970:00:00:00 +0060"), kRange);
  EXPECT_EQ(read_once(format, "01/Jan/1970:00:00:00 -0130"), at(5400));
  EXPECT_EQ(read_once(format, "01/Jan/1970:00:00:00 +01:30"), at(-5400));
  EXPECT_EQ(read_once(format, "01/Jan/1970:00:00:00 Z"), at(0));
  EXPECT_EQ(read_once(format, "01/Jan/1970:00:00:00 +01"), kFormat);
  EXPECT_EQ(read_once(format, "01/Jxn/1970:00:00:00 +0000"), kFormat);
  EXPECT_EQ(read_once(format, "01/Jan/0001:00:00:00 +0001"), kRange);
  EXPECT_EQ(read_once(format, "31/Dec/9999:23:59:59 -0001"), kRange);
  EXPECT_EQ(read_once("%S.%f", "01.5"), at(-2208988799, 500000));
  EXPECT_EQ(read_once("%S.%f", "01.1234567"), kFormat);
}

TEST(Timestamps, ReadsIso8601) {
  EXPECT_EQ(read_once("iso8601", "1970-01-02"), at(86400));
  EXPECT_EQ(read_once("iso8601", "1970-01-02T03:04"), at(97440));
  EXPECT_EQ(read_once("iso8601", "1970-01-02t03:04:05Z"), at(97445));
  EXPECT_EQ(read_once("iso8601", "1970-01-02 03:04:05.678901234"), at(97445, 678901));
  EXPECT_EQ(read_once("iso8601", "1970-01-02T03:04:05,6+02"), at(90245, 600000));
  EXPECT_EQ(read_once("iso8601", "19700102T030405-0030"), at(99245));
  EXPECT_EQ(read_once("iso8601", "1970-01-02T"), kFormat);
  EXPECT_EQ(read_once("iso8601", "1970-01-02T03:04:05."), kFormat);
  EXPECT_EQ(read_once("iso8601", "1970-0102"), kFormat);
  EXPECT_EQ(read_once("iso8601", "1970-01-02T03:04:60"), kRange);
  EXPECT_EQ(read_once("iso8601", "+1970-01-02"), kFormat);
}

TEST(Timestamps, ReadsEpochs) {
  EXPECT_EQ(read_once("epoch_s", "1446249499.322"), at(1446249499, 322000));
  EXPECT_EQ(read_once("epoch_s", "-1.5"), at(-1, -500000));
  EXPECT_EQ(read_once("epoch_s", "+7"), at(7));
  EXPECT_EQ(read_once("epoch_s", "253402300799.999999"), at(253402300799, 999999));
  EXPECT_EQ(read_once("epoch_s", "253402300800"), kRange);
  EXPECT_EQ(read_once("epoch_s", "-62135596801"), kRange);
  EXPECT_EQ(read_once("epoch_s", "99999999999999999999999999"), kRange);
  EXPECT_EQ(read_once("epoch_s", "1e9"), kFormat);
  EXPECT_EQ(read_once("epoch_s", "1."), kFormat);
  EXPECT_EQ(read_once("epoch_s", ".5"), kFormat);
  EXPECT_EQ(read_once("epoch_s", ""), kFormat);
  EXPECT_EQ(read_once("epoch_ms", "1446249499322"), at(1446249499, 322000));
  EXPECT_EQ(read_once("epoch_ms", "1446249499322.7512"), at(1446249499, 322751));
  EXPECT_EQ(read_once("epoch_ms", "-1"), at(0, -1000));
}

TEST(Timestamps, RefusesFormatsItDoesNotKnow) {
  for (const char* format : {"", "%", "%Q", "%Y%", "%Y %Y", "%d/%q"}) {
    EXPECT_THROW(TimestampFormat{format}, std::invalid_argument) << format;
  }
}

}  // namespace
}  // namespace fastlane::kernels::records
