// Fields in, columns out. The operations: expression_steps.cpp.
#include "kernels/records/expressions.hpp"

#include <limits>

#include "kernels/records/expression_steps.hpp"
#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {
namespace {

template <class T>
void widen(const WindowColumn& column, std::size_t rows, std::vector<std::int64_t>& to) {
  const T* values = column.as<T>();
  for (std::size_t row = 0; row < rows; ++row) to[row] = static_cast<std::int64_t>(values[row]);
}

void read_integers(const WindowColumn& column, std::size_t rows, NodeValues& to) {
  to.integers.resize(rows);
  switch (column.type) {
    case Type::int8:
      return widen<std::int8_t>(column, rows, to.integers);
    case Type::int16:
      return widen<std::int16_t>(column, rows, to.integers);
    case Type::int32:
      return widen<std::int32_t>(column, rows, to.integers);
    case Type::uint8:
      return widen<std::uint8_t>(column, rows, to.integers);
    case Type::uint16:
      return widen<std::uint16_t>(column, rows, to.integers);
    case Type::uint32:
      return widen<std::uint32_t>(column, rows, to.integers);
    case Type::uint64: {
      widen<std::uint64_t>(column, rows, to.integers);
      for (std::size_t row = 0; row < rows; ++row) {
        if (to.integers[row] < 0) to.states[row] |= kFailed;
      }
      return;
    }
    default:
      return widen<std::int64_t>(column, rows, to.integers);
  }
}

void read_texts(const WindowColumn& column, std::size_t rows, NodeValues& to) {
  to.texts.resize(rows);
  if (column.type == Type::category) {
    const auto* codes = column.as<std::int32_t>();
    for (std::size_t row = 0; row < rows; ++row) {
      to.texts[row] = column.is_valid(row) ? column.dictionary[static_cast<std::size_t>(codes[row])]
                                           : std::string_view();
    }
    return;
  }
  const char* text = column.texts.begin();
  for (std::size_t row = 0; row < rows; ++row) {
    to.texts[row] = {text, column.sizes[row]};
    text += column.sizes[row];
  }
}

template <class T, class From>
void write_values(const std::vector<From>& from, std::size_t rows, WindowColumn& column) {
  auto* to = reinterpret_cast<T*>(column.values.extend(rows * sizeof(T)));
  for (std::size_t row = 0; row < rows; ++row) to[row] = static_cast<T>(from[row]);
}

}  // namespace

void Expressions::read_field(const ExpressionNode& node, const std::vector<WindowColumn>& columns,
                             std::size_t rows, NodeValues& to) const {
  const WindowColumn& column = columns[node.field];
  to.states.assign(rows, kPresent);
  if (column.nullable) {
    for (std::size_t row = 0; row < rows; ++row) to.states[row] = column.valid[row] ^ 1U;
  }
  switch (node.type) {
    case ExpressionType::integer:
      return read_integers(column, rows, to);
    case ExpressionType::text:
      return read_texts(column, rows, to);
    case ExpressionType::boolean:
      to.booleans.assign(column.as<std::uint8_t>(), column.as<std::uint8_t>() + rows);
      return;
    case ExpressionType::real:
      if (column.type == Type::float64) {
        to.reals.assign(column.as<double>(), column.as<double>() + rows);
      } else {
        to.reals.assign(column.as<float>(), column.as<float>() + rows);
      }
  }
}

void Expressions::evaluate(const std::vector<WindowColumn>& columns, std::size_t rows) {
  for (std::size_t place = 0; place < program_.nodes.size(); ++place) {
    const ExpressionNode& node = program_.nodes[place];
    if (node.operation == Operation::field) {
      read_field(node, columns, rows, values_[place]);
    } else {
      take_step(program_.nodes, place, rows, values_);
    }
  }
}

void Expressions::store(std::size_t node, std::size_t rows, WindowColumn& column) const {
  const NodeValues& from = values_[node];
  column.length = rows;
  if (column.nullable) {
    std::uint8_t* valid = column.valid.extend(rows);
    for (std::size_t row = 0; row < rows; ++row) valid[row] = from.states[row] == kPresent ? 1 : 0;
  }
  switch (program_.nodes[node].type) {
    case ExpressionType::integer:
      return write_values<std::int64_t>(from.integers, rows, column);
    case ExpressionType::real:
      return write_values<double>(from.reals, rows, column);
    case ExpressionType::boolean:
      return write_values<std::uint8_t>(from.booleans, rows, column);
    case ExpressionType::text:
      break;
  }
  for (std::size_t row = 0; row < rows; ++row) {
    const std::string_view text =
        from.states[row] == kPresent ? from.texts[row] : std::string_view();
    column.texts.reserve(text.size() + kPadding);
    column.texts.append(text.data(), text.size());
    column.sizes.push_back(static_cast<std::uint32_t>(text.size()));
  }
}

}  // namespace fastlane::kernels::records
