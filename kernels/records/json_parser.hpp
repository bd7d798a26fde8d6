// One line of NDJSON, whatever its shape: checked from end to end as json.loads checks it, and the
// values that fields name found on the way. Of equal keys the last one counts.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/records/block.hpp"
#include "kernels/records/json_layout.hpp"

namespace fastlane::kernels::records {

// As deep as Python's json goes by default.
inline constexpr std::size_t kMostJsonDepth = 990;

// The slice of a string or a word for a slot, by what the slot takes.
Slice json_text_slice(const JsonSlot& slot, const char* window, const char* begin, const char* end,
                      bool escaped);

class JsonParser {
 public:
  // The layout outlives the parser.
  explicit JsonParser(const JsonLayout& layout);

  // Parses the line at `line`, which ends with a line end that kPadding readable bytes follow, and
  // writes slot s to slices[s * stride], as places in `window`. Returns none, syntax, or type when
  // the line is JSON but no object. Throws std::bad_alloc.
  ErrorCode parse(const char* window, const char* line, Slice* slices, std::size_t stride);

  // Of the line parsed last: whether a key that counts came twice.
  bool had_duplicates() const { return had_duplicates_; }
  // After a syntax error: where, and what was expected there.
  const char* stopped_at() const { return stopped_at_; }
  const char* expected() const { return expected_; }

 private:
  const char* fail(const char* at, const char* expected);
  const char* parse_value(const JsonNode& node, const char* at, std::size_t depth);
  const char* parse_object(const JsonNode& node, const char* at, std::size_t depth);
  const char* parse_array(const JsonNode& node, const char* at, std::size_t depth);
  const char* parse_key(const JsonNode& node, const char* at, std::size_t& child);
  const char* enter(std::size_t child, const char* at, std::size_t depth);
  const char* skip_value(const char* at, std::size_t depth);
  const char* skip_string(const char* at);
  void put(const JsonNode& node, Slice slice);
  void forget(const JsonNode& node);

  const JsonLayout& layout_;
  const char* window_ = nullptr;
  Slice* slices_ = nullptr;
  std::size_t stride_ = 1;
  std::vector<std::uint64_t> seen_;  // by node: the line in which it was entered last
  std::uint64_t line_ = 0;
  bool had_duplicates_ = false;
  const char* stopped_at_ = nullptr;
  const char* expected_ = "";
  std::array<bool, kMostJsonDepth + 1> is_object_{};  // of what is skipped, by depth
  std::string scratch_;
};

}  // namespace fastlane::kernels::records
