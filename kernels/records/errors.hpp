// The errors of a run: exact counts by field and code, and the first ones in full, in the order of
// the input. Takes no part in deciding what is an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/records/block.hpp"
#include "kernels/records/layout.hpp"
#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

struct ErrorDetail {
  std::int64_t row = 0;          // 0-based, over all inputs
  std::int64_t line = 0;         // 1-based, in its input
  std::int64_t byte_offset = 0;  // of the row, in its input
  std::int32_t source = 0;       // which input
  std::int16_t field = kWholeRow;
  ErrorCode code = ErrorCode::none;
  std::string expected;
  std::string got;
  std::string raw;  // the row, up to kRawBytes of it
};

inline constexpr std::size_t kRawBytes = 4096;

class ErrorCounts {
 public:
  explicit ErrorCounts(std::size_t fields) : counts_((fields + 1) * kErrorCodeNames.size(), 0) {}

  void add(std::int16_t field, ErrorCode code) { ++counts_[place(field, code)]; }
  void join(const ErrorCounts& other);
  void clear();
  std::int64_t of(std::int16_t field, ErrorCode code) const { return counts_[place(field, code)]; }

 private:
  static std::size_t place(std::int16_t field, ErrorCode code) {
    return static_cast<std::size_t>(field + 1) * kErrorCodeNames.size() +
           static_cast<std::size_t>(code);
  }
  std::vector<std::int64_t> counts_;  // the whole row first, then the fields
};

// What a field wanted when it reported `code`, in words.
std::string expectation_of(const Program& program, std::int16_t field, ErrorCode code);

// The detail of a problem with a row of that text; its places in the input are left to the caller.
ErrorDetail explain(const Program& program, const Layout& layout, const Problem& problem,
                    std::string_view row, std::size_t input);

}  // namespace fastlane::kernels::records
