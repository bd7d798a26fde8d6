// libFuzzer's target for access logs in Apache's combined format. tools/fuzz builds and runs it.
#include <utility>

#include "tests/fuzz/records_fuzz.hpp"

namespace {

using fastlane::fuzz::field_of;
using fastlane::kernels::records::Program;
using fastlane::kernels::records::SourceKind;
using fastlane::kernels::records::Type;

Program make_program() {
  Program program;
  using fastlane::kernels::records::TokenKind;
  program.kind = SourceKind::log;
  program.source.tokens = {
      {"host", TokenKind::plain, " "},        {"ident", TokenKind::plain, " "},
      {"user", TokenKind::plain, " ["},       {"time", TokenKind::plain, "] \""},
      {"request", TokenKind::request, "\" "}, {"status", TokenKind::plain, " "},
      {"bytes", TokenKind::plain, " \""},     {"referer", TokenKind::quoted, "\" \""},
      {"user_agent", TokenKind::quoted, "\""}};
  program.fields = {field_of("host", Type::string),      field_of("time", Type::timestamp),
                    field_of("path", Type::string),      field_of("method", Type::category),
                    field_of("status", Type::int16),     field_of("bytes", Type::int64),
                    field_of("user_agent", Type::string)};
  program.fields[1].format = "%d/%b/%Y:%H:%M:%S %z";
  return fastlane::fuzz::with_all_selected(std::move(program));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Program program = make_program();
  fastlane::fuzz::run_in_pieces(program, data, size);
  return 0;
}
