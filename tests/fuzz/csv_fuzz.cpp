// libFuzzer's target for CSV with a header. tools/fuzz builds and runs it.
#include "tests/fuzz/records_fuzz.hpp"

namespace {

using fastlane::fuzz::field_of;
using fastlane::kernels::records::Program;
using fastlane::kernels::records::SourceKind;
using fastlane::kernels::records::Type;

Program make_program() {
  Program program;
  program.kind = SourceKind::csv;
  program.fields = {field_of("a", Type::int64),    field_of("b", Type::float64),
                    field_of("c", Type::string),   field_of("d", Type::category),
                    field_of("e", Type::boolean),  field_of("f", Type::int16),
                    field_of("g", Type::timestamp)};
  program.max_row_bytes = 300;
  for (std::size_t field = 0; field < program.fields.size(); ++field) {
    program.select.push_back(field);
  }
  check(program);
  return program;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Program program = make_program();
  fastlane::fuzz::run_in_pieces(program, data, size);
  return 0;
}
