// HyperLogLog with linear counting for small numbers, and buckets of equal relative width.
#include "kernels/records/sketches.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace fastlane::kernels::records {
namespace {

// The same on every machine and in every process, so that counts can be joined.
std::uint64_t mix(std::uint64_t word) {
  word += 0x9E3779B97F4A7C15;
  word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
  word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
  return word ^ (word >> 31);
}

const double kLogGamma = std::log((1 + QuantileSketch::kError) / (1 - QuantileSketch::kError));

std::int64_t bucket_of(double magnitude) {
  return static_cast<std::int64_t>(std::ceil(std::log(magnitude) / kLogGamma));
}

double middle_of(std::int64_t bucket) {
  const double upper = std::exp(static_cast<double>(bucket) * kLogGamma);
  return upper * (1 - QuantileSketch::kError);
}

}  // namespace

void DistinctCounter::add(std::uint64_t word) {
  if (!registers_.empty()) {
    note(word);
    return;
  }
  if (word == 0) {
    has_zero_ = true;
    return;
  }
  if (size_ * 2 >= slots_.size()) widen();
  const std::size_t mask = slots_.size() - 1;
  std::size_t at = mix(word) & mask;
  while (slots_[at] != 0 && slots_[at] != word) at = (at + 1) & mask;
  if (slots_[at] == word) return;
  slots_[at] = word;
  ++size_;
  if (size_ > kExact) estimate_from_now_on();
}

void DistinctCounter::widen() {
  std::vector<std::uint64_t> wider(std::max<std::size_t>(8, slots_.size() * 2), 0);
  const std::size_t mask = wider.size() - 1;
  for (const std::uint64_t word : slots_) {
    if (word == 0) continue;
    std::size_t at = mix(word) & mask;
    while (wider[at] != 0) at = (at + 1) & mask;
    wider[at] = word;
  }
  slots_ = std::move(wider);
}

void DistinctCounter::note(std::uint64_t word) {
  const std::uint64_t hash = mix(word);
  const auto rank = static_cast<std::uint8_t>(std::countl_zero((hash << kBits) | 1) + 1);
  std::uint8_t& kept = registers_[hash >> (64 - kBits)];
  kept = std::max(kept, rank);
}

void DistinctCounter::estimate_from_now_on() {
  registers_.assign(std::size_t{1} << kBits, 0);
  for (const std::uint64_t word : slots_) {
    if (word != 0) note(word);
  }
  if (has_zero_) note(0);
  slots_ = {};
  size_ = 0;
}

void DistinctCounter::join(const DistinctCounter& other) {
  if (other.registers_.empty()) {
    for (const std::uint64_t word : other.slots_) {
      if (word != 0) add(word);
    }
    if (other.has_zero_) add(0);
    return;
  }
  if (registers_.empty()) estimate_from_now_on();
  for (std::size_t at = 0; at < registers_.size(); ++at) {
    registers_[at] = std::max(registers_[at], other.registers_[at]);
  }
}

std::int64_t DistinctCounter::count() const {
  if (registers_.empty()) return static_cast<std::int64_t>(size_) + (has_zero_ ? 1 : 0);
  const auto registers = static_cast<double>(registers_.size());
  double sum = 0;
  double zeros = 0;
  for (const std::uint8_t rank : registers_) {
    sum += std::ldexp(1.0, -rank);
    zeros += rank == 0 ? 1 : 0;
  }
  const double alpha = 0.7213 / (1 + 1.079 / registers);
  double estimate = alpha * registers * registers / sum;
  if (estimate < 2.5 * registers && zeros > 0) estimate = registers * std::log(registers / zeros);
  return std::llround(estimate);
}

bool DistinctCounter::is_sound() {
  if (!registers_.empty()) return registers_.size() == std::size_t{1} << kBits && slots_.empty();
  // Read words are put in once more: their places need not be the ones where they are looked for.
  std::vector<std::uint64_t> words = std::move(slots_);
  slots_ = {};
  size_ = 0;
  if (words.size() > kExact * 4) return false;
  for (const std::uint64_t word : words) {
    if (word != 0) add(word);
  }
  return registers_.empty();
}

void QuantileSketch::Side::add(std::int64_t bucket, std::uint64_t count) {
  if (counts.empty()) first = bucket;
  if (bucket < first) {
    counts.insert(counts.begin(), static_cast<std::size_t>(first - bucket), 0);
    first = bucket;
  }
  const auto at = static_cast<std::size_t>(bucket - first);
  if (at >= counts.size()) counts.resize(at + 1, 0);
  counts[at] += count;
}

void QuantileSketch::add(double value) {
  ++count_;
  if (std::isnan(value)) {
    has_nan_ = true;
    return;
  }
  least_ = std::min(least_, value);
  most_ = std::max(most_, value);
  if (count_ <= kExact) {
    values_.push_back(value);
    return;
  }
  condense();
  count_value(value);
}

void QuantileSketch::count_value(double value) {
  if (value == 0) {
    ++zeros_;
  } else if (std::isinf(value)) {
    ++(value < 0 ? below_ : above_);
  } else {
    (value < 0 ? negative_ : positive_).add(bucket_of(std::fabs(value)), 1);
  }
}

void QuantileSketch::condense() {
  for (const double value : values_) count_value(value);
  values_ = {};
}

void QuantileSketch::join(const QuantileSketch& other) {
  count_ += other.count_;
  has_nan_ = has_nan_ || other.has_nan_;
  least_ = std::min(least_, other.least_);
  most_ = std::max(most_, other.most_);
  if (count_ <= kExact) {
    values_.insert(values_.end(), other.values_.begin(), other.values_.end());
    return;
  }
  condense();
  for (const double value : other.values_) count_value(value);
  const auto join_side = [](Side& mine, const Side& theirs) {
    for (std::size_t at = 0; at < theirs.counts.size(); ++at) {
      if (theirs.counts[at] == 0) continue;
      mine.add(theirs.first + static_cast<std::int64_t>(at), theirs.counts[at]);
    }
  };
  join_side(negative_, other.negative_);
  join_side(positive_, other.positive_);
  zeros_ += other.zeros_;
  below_ += other.below_;
  above_ += other.above_;
}

bool QuantileSketch::is_sound() const {
  const std::int64_t most = bucket_of(std::numeric_limits<double>::max());
  const std::int64_t least = bucket_of(std::numeric_limits<double>::denorm_min());
  std::uint64_t seen = values_.size() + zeros_ + below_ + above_;
  for (const Side* side : {&negative_, &positive_}) {
    const auto size = static_cast<std::int64_t>(side->counts.size());
    if (side->first < least || side->first > most || size > most - least + 1) return false;
    for (const std::uint64_t count : side->counts) seen += count;
  }
  for (const double value : values_) {
    if (std::isnan(value)) return false;
  }
  if (count_ > kExact ? !values_.empty() && !has_nan_ : seen != values_.size()) return false;
  return has_nan_ ? seen <= count_ : seen == count_;
}

// The value of that rank among all, from 0.
double QuantileSketch::value_at(std::uint64_t rank) const {
  if (rank == 0) return least_;
  if (rank + 1 >= count_) return most_;
  std::uint64_t before = below_;
  if (rank < before) return -std::numeric_limits<double>::infinity();
  for (std::size_t at = negative_.counts.size(); at-- != 0;) {
    before += negative_.counts[at];
    if (rank < before) {
      return std::clamp(-middle_of(negative_.first + static_cast<std::int64_t>(at)), least_, most_);
    }
  }
  before += zeros_;
  if (rank < before) return 0.0;
  for (std::size_t at = 0; at < positive_.counts.size(); ++at) {
    before += positive_.counts[at];
    if (rank < before) {
      return std::clamp(middle_of(positive_.first + static_cast<std::int64_t>(at)), least_, most_);
    }
  }
  return std::numeric_limits<double>::infinity();
}

double QuantileSketch::quantile(double which) const {
  if (has_nan_) return std::numeric_limits<double>::quiet_NaN();
  const double place = which * static_cast<double>(count_ - 1);
  const auto low = static_cast<std::uint64_t>(std::floor(place));
  const std::uint64_t high = std::min(low + 1, count_ - 1);
  const double share = place - static_cast<double>(low);
  double left = 0;
  double right = 0;
  if (count_ <= kExact) {
    std::vector<double> sorted = values_;
    std::sort(sorted.begin(), sorted.end());
    left = sorted[low];
    right = sorted[high];
  } else {
    left = value_at(low);
    right = value_at(high);
  }
  return left == right || share == 0 ? left : left + (right - left) * share;
}

}  // namespace fastlane::kernels::records
