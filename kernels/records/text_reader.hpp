// Readers of strings and categories. A string is copied once, when its row is good; the checks of a
// category are made once for each distinct text of a window.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "kernels/records/dictionary.hpp"
#include "kernels/records/field_reader.hpp"

namespace fastlane::kernels::records {

// The checks that texts can have.
class TextLimits {
 public:
  explicit TextLimits(const Field& field);
  bool none() const { return !any_; }
  // Precondition: the text is UTF-8 and padded.
  ErrorCode check(std::string_view text) const;

 private:
  bool any_;
  std::uint64_t least_, most_;  // code points
  bool has_prefix_;
  PaddedText prefix_;
  Literal prefix_literal_;
  bool listed_only_;
  Dictionary listed_;
};

class StringReader final : public FieldReader {
 public:
  StringReader(const Field& field, const ReaderPlace& place, WindowColumn& column);
  void check(RowBlock& block) override;
  void store(const RowBlock& block) override;

 private:
  TextLimits limits_;
};

class CategoryReader final : public FieldReader {
 public:
  CategoryReader(const Field& field, const ReaderPlace& place, WindowColumn& column);
  void begin_window() override { verdicts_.clear(); }
  void check(RowBlock& block) override;
  void store(const RowBlock& block) override;

 private:
  std::int32_t code_of(std::string_view text);

  TextLimits limits_;
  std::vector<ErrorCode> verdicts_;  // by code of the window's dictionary
  std::array<std::int32_t, kBlockRows> codes_{};
  std::array<std::uint8_t, kBlockRows> valid_{};
};

}  // namespace fastlane::kernels::records
