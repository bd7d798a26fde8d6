// Text for kernels that may read past its end: on the heap, so that AddressSanitizer sees who goes
// further than kPadding.
#pragma once

#include <cstring>
#include <memory>
#include <string_view>

#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {

class Padded {
 public:
  explicit Padded(std::string_view text)
      : bytes_(std::make_unique<char[]>(text.size() + kPadding)), size_(text.size()) {
    std::memcpy(bytes_.get(), text.data(), text.size());
    // What lies behind the text looks like more of it, so that nobody gets away with reading it.
    std::memset(bytes_.get() + text.size(), '7', kPadding);
  }
  const char* text() const { return bytes_.get(); }
  std::size_t size() const { return size_; }
  std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

}  // namespace fastlane::kernels::records
