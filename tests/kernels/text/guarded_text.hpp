// What the text tests share: all rows that run here, and text that ends at an unmapped page.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "kernels/text/scan.hpp"
#include "tests/kernels/guarded_bytes.hpp"

namespace fastlane::kernels::text {

template <class T>
std::vector<Scan<T>> rows_that_run() {
  std::vector<Scan<T>> rows;
  for (const Scan<T>& row : scan_rows<T>()) {
    if (cpu::runs_here(row.level)) rows.push_back(row);
  }
  return rows;
}

// Code points of `T` that end (or begin) where the memory does.
template <class T>
class GuardedText {
 public:
  explicit GuardedText(std::span<const T> content) : memory_(content.size_bytes()) {
    std::copy(content.begin(), content.end(), memory_.ending<T>().begin());
  }
  std::span<const T> text() { return memory_.ending<T>(); }

 private:
  testing::GuardedBytes memory_;
};

template <class T>
std::vector<T> random_text(std::size_t size, unsigned letters, std::mt19937& random) {
  std::vector<T> text(size);
  for (T& point : text) point = static_cast<T>('a' + random() % letters);
  return text;
}

using CodePoints = ::testing::Types<std::uint8_t, std::uint16_t, std::uint32_t>;

}  // namespace fastlane::kernels::text
