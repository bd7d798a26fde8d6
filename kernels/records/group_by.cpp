// Key words, and the join of windows.
#include "kernels/records/group_by.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <type_traits>

#include "kernels/records/field_reader.hpp"

namespace fastlane::kernels::records {
namespace {

// Calls `visitor.template operator()<T>()` with the type in which values of a fixed width are kept.
template <class Visitor>
void visit_values(Type type, Visitor&& visitor) {
  switch (type) {
    case Type::boolean:
    case Type::uint8:
      return visitor.template operator()<std::uint8_t>();
    case Type::int8:
      return visitor.template operator()<std::int8_t>();
    case Type::int16:
      return visitor.template operator()<std::int16_t>();
    case Type::int32:
    case Type::category:
      return visitor.template operator()<std::int32_t>();
    case Type::int64:
    case Type::timestamp:
      return visitor.template operator()<std::int64_t>();
    case Type::uint16:
      return visitor.template operator()<std::uint16_t>();
    case Type::uint32:
      return visitor.template operator()<std::uint32_t>();
    case Type::uint64:
      return visitor.template operator()<std::uint64_t>();
    case Type::float32:
      return visitor.template operator()<float>();
    case Type::float64:
      return visitor.template operator()<double>();
    case Type::string:
      return;
  }
}

// Numbers that compare equal have the same word; so have all nans.
template <class T>
std::uint64_t word_of(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(value))
      return std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN());
    return std::bit_cast<std::uint64_t>(value == 0 ? 0.0 : static_cast<double>(value));
  } else {
    return static_cast<std::uint64_t>(value);
  }
}

template <class T>
T value_of(std::uint64_t word) {
  if constexpr (std::is_floating_point_v<T>) {
    return static_cast<T>(std::bit_cast<double>(word));
  } else {
    return static_cast<T>(word);
  }
}

std::vector<std::unique_ptr<Accumulator>> make_accumulators(const Program& program) {
  std::vector<std::unique_ptr<Accumulator>> accumulators;
  for (const Aggregate& aggregate : program.aggregates) {
    std::optional<Type> type;
    if (aggregate.column) type = program.fields[*aggregate.column].type;
    accumulators.push_back(make_accumulator(aggregate, type));
  }
  return accumulators;
}

}  // namespace

KeyLayout::KeyLayout(const Program& program) : keys_(program.group_by) {
  for (const std::size_t field : keys_) nullable_ = nullable_ || is_nullable(program.fields[field]);
}

WindowGroups::WindowGroups(const Program& program)
    : program_(program),
      layout_(program),
      table_(layout_.width()),
      texts_(layout_.key_count()),
      accumulators_(make_accumulators(program)) {}

void WindowGroups::write_key(const WindowColumn& column, std::size_t key, std::size_t rows) {
  const std::size_t width = layout_.width();
  std::uint64_t* word = words_.data() + key;
  if (column.type == Type::string) {
    const char* text = column.texts.begin();
    for (std::size_t row = 0; row < rows; ++row, word += width) {
      const std::size_t size = column.sizes[row];
      *word = static_cast<std::uint64_t>(texts_[key].add(std::string_view(text, size)));
      text += size;
    }
  } else {
    visit_values(column.type, [&]<class T>() {
      const T* values = column.as<T>();
      for (std::size_t row = 0; row < rows; ++row, word += width) *word = word_of(values[row]);
    });
  }
  if (!column.nullable) return;
  for (std::size_t row = 0; row < rows; ++row) {
    if (column.valid[row] != 0) continue;
    words_[row * width + key] = 0;
    words_[row * width + layout_.key_count() + key / 64] |= std::uint64_t{1} << (key % 64);
  }
}

void WindowGroups::take(const std::vector<WindowColumn>& columns, std::size_t rows) {
  table_.clear();
  const std::size_t width = layout_.width();
  group_of_row_.resize(rows);
  words_.assign(rows * width, 0);
  for (std::size_t key = 0; key < layout_.key_count(); ++key) {
    texts_[key].clear();
    write_key(columns[layout_.field(key)], key, rows);
  }
  const std::uint64_t* before = nullptr;
  for (std::size_t row = 0; row < rows; ++row) {
    const std::uint64_t* words = words_.data() + row * width;
    if (before != nullptr && same_words(words, before, width)) {
      group_of_row_[row] = group_of_row_[row - 1];
    } else {
      group_of_row_[row] = table_.add(words);
    }
    before = words;
  }
  for (std::size_t which = 0; which < accumulators_.size(); ++which) {
    Accumulator& accumulator = *accumulators_[which];
    accumulator.clear();
    accumulator.resize(table_.size());
    const std::optional<std::size_t> column = program_.aggregates[which].column;
    accumulator.add(column ? &columns[*column] : nullptr, group_of_row_);
  }
}

Groups::Groups(const Program& program)
    : program_(program),
      layout_(program),
      table_(layout_.width()),
      texts_(layout_.key_count()),
      accumulators_(make_accumulators(program)),
      codes_(layout_.key_count()) {}

void Groups::join(const WindowGroups& window, const std::vector<WindowColumn>& columns) {
  std::vector<const Dictionary*> texts(layout_.key_count(), nullptr);
  for (std::size_t key = 0; key < texts.size(); ++key) {
    const WindowColumn& column = columns[layout_.field(key)];
    if (!is_text(column.type)) continue;
    texts[key] = column.type == Type::string ? &window.texts_[key] : &column.dictionary;
  }
  join(window.table_, texts, window.accumulators_);
}

void Groups::join(const Groups& other) {
  std::vector<const Dictionary*> texts(layout_.key_count(), nullptr);
  for (std::size_t key = 0; key < texts.size(); ++key) {
    if (is_text(program_.fields[layout_.field(key)].type)) texts[key] = &other.texts_[key];
  }
  join(other.table_, texts, other.accumulators_);
}

void Groups::join(const GroupTable& table, const std::vector<const Dictionary*>& texts,
                  const Accumulators& accumulators) {
  const std::size_t count = table.size();
  std::vector<std::uint64_t> words(layout_.width());
  for (std::size_t key = 0; key < layout_.key_count(); ++key) codes_[key].clear();
  groups_.resize(count);
  for (std::size_t group = 0; group < count; ++group) {
    const std::uint64_t* theirs = table.words(group);
    std::copy(theirs, theirs + words.size(), words.begin());
    for (std::size_t key = 0; key < layout_.key_count(); ++key) {
      if (texts[key] == nullptr || layout_.is_null(theirs, key)) continue;
      const Dictionary& known = *texts[key];
      std::vector<std::int32_t>& codes = codes_[key];
      if (codes.empty()) codes.assign(known.size(), -1);
      std::int32_t& code = codes[words[key]];
      if (code < 0) code = texts_[key].add(known[words[key]]);
      words[key] = static_cast<std::uint64_t>(code);
    }
    groups_[group] = table_.add(words.data());
  }
  for (std::size_t which = 0; which < accumulators_.size(); ++which) {
    accumulators_[which]->resize(table_.size());
    accumulators_[which]->join(*accumulators[which], groups_);
  }
}

Column Groups::key_column(std::size_t key) const {
  const Type type = program_.fields[layout_.field(key)].type;
  Column column(type);
  if (type == Type::string) column.offsets.push_back(0);
  for (std::size_t group = 0; group < table_.size(); ++group) {
    const std::uint64_t* words = table_.words(group);
    const bool null = layout_.is_null(words, key);
    if (type == Type::string) {
      column.append_text(null ? std::string_view() : texts_[key][words[key]]);
    } else {
      visit_values(type, [&]<class T>() { column.push_back(value_of<T>(words[key])); });
    }
    ++column.length;
    column.note_validity(!null);
  }
  return column;
}

std::string Groups::describe(std::size_t group) const {
  std::string text;
  const std::uint64_t* words = table_.words(group);
  for (std::size_t key = 0; key < layout_.key_count(); ++key) {
    const Field& field = program_.fields[layout_.field(key)];
    text += text.empty() ? "" : ", ";
    text += field.name + "=";
    if (layout_.is_null(words, key)) {
      text += "null";
    } else if (is_text(field.type)) {
      text += '\'';
      text += texts_[key][words[key]].substr(0, 80);
      text += '\'';
    } else {
      visit_values(field.type, [&]<class T>() {
        if constexpr (std::is_floating_point_v<T>) {
          std::array<char, 32> digits;
          const double value = value_of<double>(words[key]);
          const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
          text.append(digits.data(), end);
        } else {
          text += std::to_string(value_of<T>(words[key]));
        }
      });
    }
  }
  return text;
}

std::vector<Column> Groups::finish() {
  // Without keys there is always one row, also over no rows at all.
  if (layout_.key_count() == 0 && table_.size() == 0) static_cast<void>(table_.add(nullptr));
  std::vector<Column> columns;
  for (std::size_t which = 0; which < accumulators_.size(); ++which) {
    accumulators_[which]->resize(table_.size());
    try {
      columns.push_back(accumulators_[which]->finish());
    } catch (const SumOverflow& overflow) {
      const Aggregate& aggregate = program_.aggregates[which];
      const std::string group = describe(overflow.group());
      throw std::overflow_error("sum(" + program_.fields[aggregate.column.value()].name + ")" +
                                (group.empty() ? "" : " of the group " + group) +
                                " does not fit into int64");
    }
  }
  std::vector<Column> all;
  for (std::size_t key = 0; key < layout_.key_count(); ++key) all.push_back(key_column(key));
  for (std::size_t key = 0; key < layout_.key_count(); ++key) {
    if (all[key].type == Type::category) all[key].dictionary = std::move(texts_[key]);
  }
  for (Column& column : columns) all.push_back(std::move(column));
  return all;
}

}  // namespace fastlane::kernels::records
