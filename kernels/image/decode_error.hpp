// What is wrong with a picture, and where: the chunk (or segment) that is damaged and the byte of
// the file at which it begins. Kernels throw it; whoever reports it can name both.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace fastlane::kernels::image {

class DecodeError : public std::runtime_error {
 public:
  DecodeError(std::string_view chunk, std::size_t offset, const std::string& problem)
      : std::runtime_error(std::string(chunk) + " at byte " + std::to_string(offset) + ": " +
                           problem),
        chunk_(chunk),
        offset_(offset) {}

  const std::string& chunk() const noexcept { return chunk_; }
  std::size_t offset() const noexcept { return offset_; }

 private:
  std::string chunk_;
  std::size_t offset_;
};

}  // namespace fastlane::kernels::image
