// A log format made ready for the tokeniser: one step a token, with the place where the token's
// text is wanted. Reads single lines in the plain way for error messages; the fast way is the
// tokeniser's.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/records/block.hpp"
#include "kernels/records/layout.hpp"
#include "kernels/records/program.hpp"
#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {

inline constexpr std::array<std::string_view, 3> kRequestParts = {"method", "path", "protocol"};

struct LogStep {
  TokenKind kind = TokenKind::plain;
  bool to_line_end = false;    // nothing follows, not even a literal
  std::size_t byte_class = 0;  // of the first byte of `after`
  Literal after;
  std::size_t slot = kNoSlot;  // where the token's slice goes, if anywhere
  bool split = false;          // a request whose parts are wanted
  std::array<std::size_t, 3> part_slots = {kNoSlot, kNoSlot, kNoSlot};
};

class LogLayout final : public Layout {
 public:
  // Classes of the byte index that every layout has.
  static constexpr std::size_t kNewline = 0, kBackslash = 1, kQuote = 2, kSpace = 3;

  // The program outlives the layout and has passed `check`.
  explicit LogLayout(const Program& program);

  const Literal& prefix() const { return prefix_; }
  const std::vector<LogStep>& steps() const { return steps_; }
  const std::string& byte_classes() const { return byte_classes_; }

  std::unique_ptr<RowSource> make_source(std::size_t max_row_bytes) const override;
  Mismatch explain(std::string_view line, std::size_t input) const override;
  std::string_view text_of_slot(std::string_view line, std::size_t slot,
                                std::size_t input) const override;

 private:
  std::size_t slot_for(std::string_view token);
  std::size_t class_of(char byte);
  // Returns the end of the token that begins at `from`, or npos with the place of the mismatch.
  std::size_t token_end(std::string_view line, std::size_t step, std::size_t from,
                        std::size_t& mismatch) const;

  const LogFormat& format_;
  Literal prefix_;
  std::vector<LogStep> steps_;
  std::string byte_classes_ = "\n\\\" ";
};

// The three words of a request; false when there are not exactly three with one space between them.
bool split_request(std::string_view request, std::array<std::string_view, 3>& parts);

}  // namespace fastlane::kernels::records
