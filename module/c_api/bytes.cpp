// Bytes to a number, for C: crc32.
#include "kernels/bytes/crc32.hpp"
#include "kernels/checkpoint.hpp"
#include "module/c_api/status.hpp"

int fln_crc32(uint32_t value, const void* data, size_t size, uint32_t* crc, fln_error* error) {
  return fastlane::c_api::guarded(error, [&] {
    fastlane::kernels::Checkpoint checkpoint;
    const std::span bytes(static_cast<const std::byte*>(data), size);
    *crc = fastlane::kernels::crc32(value, bytes, checkpoint);
  });
}
