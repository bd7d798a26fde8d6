// records_program, and what comes back out of its capsules.
#include "module/records/compiled_program.hpp"

#include <memory>
#include <string>

#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"
#include "module/records/program_reader.hpp"

namespace fastlane {
namespace {

using kernels::records::Program;

constexpr const char* kCapsuleName = "fastlane.records.Program";

constexpr const char* kProgramDoc =
    "records_program(program, /)\n--\n\n"
    "The program that a Plan makes, read and checked once, for records_run and its like.\n\n"
    "program is a plain dict. Raises ArgumentTypeError and ArgumentValueError for a piece that\n"
    "cannot be run, with its place in the dict.\n\n"
    "**Memory:** copies what the dict says; the GIL is held.";

void delete_capsule(PyObject* capsule) noexcept {
  delete static_cast<CompiledProgram*>(PyCapsule_GetPointer(capsule, kCapsuleName));
}

struct RecordsProgram {
  static constexpr const char* kName = "records_program";
  std::unique_ptr<CompiledProgram> compiled;

  bool begin(Arguments& args) {
    PyObject* program = nullptr;  // borrowed from args
    if (!args.read(required("program", program))) return false;
    compiled = std::make_unique<CompiledProgram>(read_program(args, program));
    try {
      check(compiled->program);
    } catch (const kernels::records::ProgramError& error) {
      const std::string path = "program." + error.path();
      return args.wrong_value(path.c_str(), error.expected(), error.got());
    }
    return true;
  }
  void run(Checkpoint&) {}
  PyObject* finish() {
    PyObject* capsule = PyCapsule_New(compiled.get(), kCapsuleName, delete_capsule);  // new
    if (capsule != nullptr) static_cast<void>(compiled.release());  // owned by the capsule
    return capsule;
  }
};

}  // namespace

CompiledProgram* compiled_program_of(const Arguments& args, PyObject* object) {
  if (PyCapsule_IsValid(object, kCapsuleName) == 0) {
    args.wrong_type("program", "what records_program() made", describe_object(object));
    return nullptr;
  }
  return static_cast<CompiledProgram*>(PyCapsule_GetPointer(object, kCapsuleName));
}

bool check_limits(const Arguments& args, std::int64_t max_errors, std::int64_t max_row_bytes) {
  if (max_errors < 0) {
    return args.wrong_value("max_errors", "0 or more", std::to_string(max_errors));
  }
  constexpr std::int64_t kMost = kernels::records::kMaxRowBytes;
  if (max_row_bytes < 1 || max_row_bytes > kMost) {
    return args.wrong_value("max_row_bytes", "1 to " + std::to_string(kMost),
                            std::to_string(max_row_bytes));
  }
  return true;
}

void set_limits(std::int64_t max_errors, std::int64_t max_row_bytes, Program& program) {
  program.max_errors = static_cast<std::uint64_t>(max_errors);
  program.max_row_bytes = static_cast<std::uint32_t>(max_row_bytes);
}

PyMethodDef record_program_methods[] = {
    row_of<RecordsProgram>(kProgramDoc),
    kEndOfTable,
};

}  // namespace fastlane
