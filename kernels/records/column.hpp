// Columns of values: those of one window, which are used again for the next, and those of a result,
// which grow window by window and are handed out in the layout that Arrow gives them.
// Rows that failed a check never reach either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/records/buffer.hpp"
#include "kernels/records/dictionary.hpp"
#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

struct WindowColumn {
  Type type = Type::string;
  bool nullable = false;
  std::size_t length = 0;
  Buffer<std::byte> values;     // width_of(type) each; of a category the codes, int32
  Buffer<std::uint8_t> valid;   // one byte a row, when nullable
  Buffer<std::uint32_t> sizes;  // of strings
  Buffer<char> texts;           // of strings
  Dictionary dictionary;        // of a category; may hold texts that no row has

  template <class T>
  const T* as() const {
    return reinterpret_cast<const T*>(values.begin());
  }
  bool is_valid(std::size_t row) const { return !nullable || valid[row] != 0; }
  void clear();
  // Drops the rows whose byte is zero.
  void keep(const std::vector<std::uint8_t>& wanted);
};

struct Column {
  Column() = default;
  explicit Column(Type column_type) : type(column_type) {}

  Type type = Type::string;
  std::size_t length = 0;
  std::size_t null_count = 0;
  Buffer<std::byte> values;       // width_of(type) each; of a category the codes, int32
  Buffer<std::uint8_t> validity;  // Arrow's bitmap, kept from the first null on
  Buffer<std::int64_t> offsets;   // of strings: one more than rows, from the first row on
  Buffer<char> texts;             // of strings
  Dictionary dictionary;          // of a category, in the order in which rows have the texts

  template <class T>
  T* as() {
    return reinterpret_cast<T*>(values.begin());
  }
  template <class T>
  void push_back(T value) {
    std::memcpy(values.extend(sizeof(T)), &value, sizeof(T));
  }

  // Throws std::bad_alloc.
  void append(const WindowColumn& window);
  void append_text(std::string_view text);
  // Makes room for `times` as much as there is, so that the column grows without moving; up to a
  // bound, because memory that is never used still counts against some limits.
  void expect(double times) noexcept;
  // Notes whether the last row, already counted in `length`, is valid.
  void note_validity(bool is_valid);

 private:
  void append_texts(const WindowColumn& window);
  void append_codes(const WindowColumn& window);
  void begin_validity();

  std::vector<std::int32_t> codes_;  // of a window's dictionary in this one; -1: not yet seen
};

}  // namespace fastlane::kernels::records
