// Groups rows by their key columns and aggregates them: first each window by itself, then all
// windows in the order of the input. Groups stand in the order in which their first rows do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/records/accumulators.hpp"
#include "kernels/records/column.hpp"
#include "kernels/records/dictionary.hpp"
#include "kernels/records/groups.hpp"
#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

// A key is one word a column: the number itself, the bits of a float, the code of a text. Words
// behind them hold a bit for each null, when there can be nulls.
class KeyLayout {
 public:
  explicit KeyLayout(const Program& program);

  std::size_t width() const { return keys_.size() + (nullable_ ? (keys_.size() + 63) / 64 : 0); }
  std::size_t key_count() const { return keys_.size(); }
  std::size_t field(std::size_t key) const { return keys_[key]; }
  bool nullable() const { return nullable_; }
  bool is_null(const std::uint64_t* words, std::size_t key) const {
    return nullable_ && ((words[keys_.size() + key / 64] >> (key % 64)) & 1) != 0;
  }

 private:
  std::vector<std::size_t> keys_;
  bool nullable_ = false;
};

class WindowGroups {
 public:
  // The program outlives the object.
  explicit WindowGroups(const Program& program);

  // Groups and aggregates the rows of one window, whose columns stand by field. Throws
  // std::bad_alloc.
  void take(const std::vector<WindowColumn>& columns, std::size_t rows);

 private:
  friend class Groups;

  void write_key(const WindowColumn& column, std::size_t key, std::size_t rows);

  const Program& program_;
  KeyLayout layout_;
  GroupTable table_;
  std::vector<Dictionary> texts_;  // by key; of string columns only
  std::vector<std::uint64_t> words_;
  std::vector<std::uint32_t> group_of_row_;
  std::vector<std::unique_ptr<Accumulator>> accumulators_;
};

class Groups {
 public:
  // The program outlives the object.
  explicit Groups(const Program& program);

  // Adds the groups of the next window. Throws std::bad_alloc.
  void join(const WindowGroups& window, const std::vector<WindowColumn>& columns);

  // Adds the groups of another piece of the input, behind this one's. Same program. Throws
  // std::bad_alloc.
  void join(const Groups& other);

  // All groups as bytes; and the groups of such bytes, whose program is this one. Throw
  // std::bad_alloc, StateError.
  Buffer<char> save() const;
  static Groups load(const Program& program, std::string_view bytes);

  // The key columns, then the aggregates. Throws std::overflow_error that names the group whose sum
  // does not fit.
  std::vector<Column> finish();

 private:
  using Accumulators = std::vector<std::unique_ptr<Accumulator>>;

  // `texts` by key: what the codes of a text key mean, null for other keys.
  void join(const GroupTable& table, const std::vector<const Dictionary*>& texts,
            const Accumulators& accumulators);
  std::string signature() const;
  Column key_column(std::size_t key) const;
  std::string describe(std::size_t group) const;

  const Program& program_;
  KeyLayout layout_;
  GroupTable table_;
  std::vector<Dictionary> texts_;  // by key; of strings and categories
  std::vector<std::unique_ptr<Accumulator>> accumulators_;
  std::vector<std::vector<std::int32_t>> codes_;  // by key: a window's codes in texts_
  std::vector<std::uint32_t> groups_;             // of a window in this table
};

}  // namespace fastlane::kernels::records
