// libFuzzer's target for NDJSON. tools/fuzz builds and runs it.
#include "tests/fuzz/records_fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using fastlane::kernels::records::SourceKind;
  static const auto program = fastlane::fuzz::program_of(SourceKind::ndjson);
  fastlane::fuzz::run_in_pieces(program, data, size);
  return 0;
}
