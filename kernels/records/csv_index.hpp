// Where the separators of CSV stand in a piece of text: delimiters and line ends outside of quotes,
// found for 64 bytes at a time. Says nothing about what the cells mean, and declines text whose
// quotes are not where RFC 4180 has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/cpu.hpp"
#include "kernels/records/buffer.hpp"
#include "kernels/records/byte_index.hpp"
#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

class CsvIndex {
 public:
  explicit CsvIndex(const CsvFormat& format);

  // Indexes `size` bytes that begin with a row. Precondition: kPadding readable bytes behind them.
  // Returns whether the quotes are regular, without which there are no separators. Throws
  // std::bad_alloc.
  bool build(const char* text, std::size_t size);
  // The same without the separators and rows, for who asks for last_row_end() alone.
  bool find_quotes(const char* text, std::size_t size);

  // Behind the last line end outside of quotes, or 0.
  std::size_t last_row_end() const;

  // The places of delimiters and line ends, in order.
  const std::uint32_t* separators() const { return separators_.begin(); }
  // For each complete row, which separator ends it.
  const std::uint32_t* row_ends() const { return row_ends_.begin(); }
  std::size_t rows() const { return row_ends_.size(); }
  // Behind the last complete row.
  std::size_t size_of_rows() const {
    return rows() == 0 ? 0 : separators_[row_ends_[rows() - 1]] + 1;
  }
  bool has_quotes() const { return has_quotes_; }
  // Line ends in quotes.
  bool has_inner_lines() const { return has_inner_lines_; }
  std::size_t lines_between(std::size_t from, std::size_t to) const;
  const ByteIndex& bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kNewline = 0, kDelimiter = 1, kQuote = 2;

  // In csv_index.cpp, where each CPU row inlines them.
  bool find_quoted(const char* text, std::size_t size);
  void list_separators(std::size_t words);
  struct Row;
  static const Row& row_in_use();

  CsvFormat format_;
  const Row& row_;
  ByteIndex bytes_;
  bool has_quotes_ = false;
  bool has_inner_lines_ = false;
  std::vector<std::uint64_t> inside_;  // of quotes, a bit a byte
  Buffer<std::uint32_t> separators_;
  Buffer<std::uint32_t> row_ends_;
};

}  // namespace fastlane::kernels::records
