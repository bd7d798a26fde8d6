// Joins the columns of windows, in their order, into the columns of a result.
#include "kernels/records/column.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {

void WindowColumn::clear() {
  length = 0;
  values.clear();
  valid.clear();
  sizes.clear();
  texts.clear();
  dictionary.clear();
}

void WindowColumn::keep(const std::vector<std::uint8_t>& wanted) {
  const std::size_t width = type == Type::string ? 0 : width_of(type);
  char* text_from = texts.begin();
  char* text_to = texts.begin();
  std::size_t kept = 0;
  for (std::size_t row = 0; row < length; ++row) {
    const std::size_t size = type == Type::string ? sizes[row] : 0;
    if (wanted[row] != 0) {
      if (width != 0) {
        std::memmove(values.begin() + kept * width, values.begin() + row * width, width);
      } else {
        std::memmove(text_to, text_from, size);
        text_to += size;
        sizes[kept] = static_cast<std::uint32_t>(size);
      }
      if (nullable) valid[kept] = valid[row];
      ++kept;
    }
    text_from += size;
  }
  length = kept;
  values.resize(kept * width);
  if (nullable) valid.resize(kept);
  if (type != Type::string) return;
  sizes.resize(kept);
  texts.resize(static_cast<std::size_t>(text_to - texts.begin()));
}

void Column::begin_validity() {
  if (!validity.empty()) return;
  const std::size_t bytes = (length + 7) / 8 + 1;
  std::memset(validity.extend(bytes), 0xFF, bytes);
}

void Column::note_validity(bool is_valid) {
  if (is_valid && null_count == 0) return;
  begin_validity();
  const std::size_t row = length - 1;
  while (validity.size() <= row / 8) validity.push_back(0xFF);
  if (is_valid) return;
  ++null_count;
  validity[row / 8] = static_cast<std::uint8_t>(validity[row / 8] & ~(1U << (row % 8)));
}

void Column::append(const WindowColumn& window) {
  if (type == Type::string) {
    append_texts(window);
  } else if (type == Type::category) {
    append_codes(window);
  } else {
    values.append(window.values.begin(), window.values.size());
  }
  const std::size_t first = length;
  length += window.length;
  if (!window.nullable) {
    if (null_count == 0) return;
    while (validity.size() * 8 < length) validity.push_back(0xFF);
    return;
  }
  const bool any_null =
      std::find(window.valid.begin(), window.valid.end(), 0) != window.valid.end();
  if (!any_null && null_count == 0) return;
  begin_validity();
  while (validity.size() * 8 < length) validity.push_back(0xFF);
  if (!any_null) return;
  for (std::size_t row = 0; row < window.length; ++row) {
    const std::size_t at = first + row;
    const unsigned missing = window.valid[row] ^ 1U;
    validity[at / 8] = static_cast<std::uint8_t>(validity[at / 8] & ~(missing << (at % 8)));
    null_count += missing;
  }
}

void Column::expect(double times) noexcept {
  constexpr double kMost = 1 << 30;
  const auto more = [times](auto& buffer) {
    const double items = static_cast<double>(buffer.size()) * (times - 1);
    const double most = kMost / static_cast<double>(sizeof(*buffer.begin()));
    buffer.expect(static_cast<std::size_t>(std::clamp(items, 0.0, most)));
  };
  more(values);
  more(offsets);
  more(texts);
}

void Column::append_texts(const WindowColumn& window) {
  if (offsets.empty()) offsets.push_back(0);
  std::int64_t end = offsets[offsets.size() - 1];
  std::int64_t* ends = offsets.extend(window.length);
  for (std::size_t row = 0; row < window.length; ++row) {
    end += window.sizes[row];
    ends[row] = end;
  }
  texts.append(window.texts.begin(), window.texts.size());
}

void Column::append_text(std::string_view text) {
  if (offsets.empty()) offsets.push_back(0);
  texts.append(text.data(), text.size());
  offsets.push_back(static_cast<std::int64_t>(texts.size()));
}

void Column::append_codes(const WindowColumn& window) {
  codes_.assign(window.dictionary.size(), -1);
  const auto* from = window.as<std::int32_t>();
  auto* to = reinterpret_cast<std::int32_t*>(values.extend(window.length * sizeof(std::int32_t)));
  for (std::size_t row = 0; row < window.length; ++row) {
    if (!window.is_valid(row)) {
      to[row] = 0;
      continue;
    }
    std::int32_t& code = codes_[static_cast<std::size_t>(from[row])];
    if (code < 0) code = dictionary.add(window.dictionary[static_cast<std::size_t>(from[row])]);
    to[row] = code;
  }
}

}  // namespace fastlane::kernels::records
