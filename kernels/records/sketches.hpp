// Two summaries of many values that can be joined in any order with the same outcome: how many
// distinct ones there are, and their quantiles. Both are exact up to a bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace fastlane::kernels::records {

// Counts distinct 64-bit words: exactly up to kExact, then by HyperLogLog with 2^14 registers,
// whose standard error is 0.81 %. Throws std::bad_alloc.
class DistinctCounter {
 public:
  static constexpr std::size_t kExact = 4096;

  void add(std::uint64_t word);
  void join(const DistinctCounter& other);
  std::int64_t count() const;

  static void each(auto& self, auto& visit) { visit(self.slots_, self.has_zero_, self.registers_); }
  // For a counter that was read: whether it can be one, and what follows from its words.
  bool is_sound();

 private:
  static constexpr unsigned kBits = 14;

  void note(std::uint64_t word);
  void widen();
  void estimate_from_now_on();

  std::vector<std::uint64_t> slots_;  // the words, open addressing; 0 is a free slot
  std::size_t size_ = 0;              // words in the slots
  bool has_zero_ = false;
  std::vector<std::uint8_t> registers_;  // empty while the count is exact
};

// Quantiles: exactly, with linear interpolation, up to kExact values; then each value counts with a
// relative error of at most kError. A nan makes every quantile nan. Throws std::bad_alloc.
class QuantileSketch {
 public:
  static constexpr std::size_t kExact = 1024;
  static constexpr double kError = 0.005;

  void add(double value);
  void join(const QuantileSketch& other);
  bool empty() const { return count_ == 0; }
  // Precondition: not empty, 0 <= which <= 1.
  double quantile(double which) const;

  static void each(auto& self, auto& visit) {
    visit(self.count_, self.has_nan_, self.least_, self.most_, self.values_, self.negative_,
          self.positive_, self.zeros_, self.below_, self.above_);
  }
  // For a sketch that was read: whether it can be one.
  bool is_sound() const;

 private:
  // Counts of values by the logarithm of their magnitude.
  struct Side {
    std::vector<std::uint64_t> counts;
    std::int64_t first = 0;
    void add(std::int64_t bucket, std::uint64_t count);
    static void each(auto& self, auto& visit) { visit(self.counts, self.first); }
  };

  void count_value(double value);
  void condense();
  double value_at(std::uint64_t rank) const;

  std::uint64_t count_ = 0;
  bool has_nan_ = false;
  double least_ = std::numeric_limits<double>::infinity();
  double most_ = -std::numeric_limits<double>::infinity();
  std::vector<double> values_;  // while there are few
  Side negative_, positive_;
  std::uint64_t zeros_ = 0;
  std::uint64_t below_ = 0, above_ = 0;  // infinities
};

}  // namespace fastlane::kernels::records
