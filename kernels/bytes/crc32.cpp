// Feeds ISA-L in blocks, so that a checkpoint can stop it.
#include "kernels/bytes/crc32.hpp"

#include <isa-l/crc.h>

#include <algorithm>
#include <array>
#include <memory>

#include "kernels/bytes/crc32_fold.hpp"
#include "kernels/open_file.hpp"

namespace fastlane::kernels {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;

// ISA-L returns with the upper halves of the vector registers in use, which slows the legacy SSE
// code of whoever runs next: Python, NumPy, libm. Checked by tests/kernels/bytes/crc32_test.cpp.
[[gnu::always_inline]] inline void clean_vector_state() noexcept {
  if (__builtin_cpu_supports("avx")) asm volatile("vzeroupper");
}

std::uint32_t crc32_by_isal(std::uint32_t value, const void* data, std::size_t size) noexcept {
  return crc32_gzip_refl(value, static_cast<const unsigned char*>(data), size);
}

// Below this the folding costs as much as it saves; above the second one, as much as ISA-L's call
// for the bytes before the first aligned one (tools/bench text).
constexpr std::size_t kWorthFolding = std::size_t{2} << 10;
constexpr std::size_t kWorthAligning = std::size_t{16} << 10;

std::uint32_t crc32_of_block(std::uint32_t value, const std::byte* data,
                             std::size_t size) noexcept {
  if (size < kWorthFolding || !can_fold_crc32()) return crc32_by_isal(value, data, size);
  const std::size_t before = -reinterpret_cast<std::uintptr_t>(data) % 64;
  if (before != 0 && size >= kWorthAligning) {
    value = crc32_by_isal(value, data, before);
    data += before;
    size -= before;
  }
  return crc32_by_folding(value, data, size);
}

}  // namespace

std::uint32_t crc32(std::uint32_t value, std::span<const std::byte> bytes) noexcept {
  value = crc32_of_block(value, bytes.data(), bytes.size());
  clean_vector_state();
  return value;
}

std::uint32_t crc32(std::uint32_t value, std::span<const std::byte> bytes, Checkpoint& checkpoint) {
  while (bytes.size() > kBlock) {
    value = crc32_of_block(value, bytes.data(), kBlock);
    bytes = bytes.subspan(kBlock);
    clean_vector_state();
    checkpoint.spend(kBlock);
  }
  return crc32(value, bytes);
}

std::uint32_t crc32(std::uint32_t value, const StridedBytes& bytes, Checkpoint& checkpoint) {
  std::array<std::byte, std::size_t{16} << 10> block;
  for (std::size_t offset = 0; offset < bytes.size(); offset += block.size()) {
    const std::span<std::byte> part(block.data(), std::min(block.size(), bytes.size() - offset));
    bytes.copy(offset, part);
    value = crc32_of_block(value, part.data(), part.size());
    checkpoint.spend(part.size());
  }
  clean_vector_state();
  return value;
}

std::uint32_t crc32_of_file(std::uint32_t value, const std::string& path, Checkpoint& checkpoint) {
  constexpr std::size_t kFileBlock = std::size_t{128} << 10;  // stays in the second-level cache
  OpenFile file(path, checkpoint);
  const auto block = std::make_unique_for_overwrite<std::byte[]>(kFileBlock);
  while (const std::size_t count = file.read({block.get(), kFileBlock}, checkpoint)) {
    value = crc32_of_block(value, block.get(), count);
    clean_vector_state();
    checkpoint.spend(count);
  }
  return value;
}

}  // namespace fastlane::kernels
