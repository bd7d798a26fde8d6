// records_merge: the groups of two results as one, by the states that the results carry.
#include <optional>
#include <string_view>
#include <utility>

#include "kernels/records/run.hpp"
#include "kernels/records/state.hpp"
#include "module/boundary/borrowed_bytes.hpp"
#include "module/boundary/method_table.hpp"
#include "module/families.hpp"
#include "module/records/compiled_program.hpp"
#include "module/records/result_writer.hpp"

namespace fastlane {
namespace {

constexpr const char* kMergeDoc =
    "records_merge(program, one, other, /)\n--\n\n"
    "The groups of two results of one program, by their states; Result.merge is the way to call "
    "it.\n\n"
    "one and other are bytes-like, what records_run gave as \"state\". Returns a dict with the\n"
    "columns and the state of both. Raises ArgumentValueError for bytes that are no state of that\n"
    "program, OverflowError for a sum that int64 cannot hold.\n\n"
    "**Memory:** borrows both states; columns and state are moved out; the GIL is released from\n"
    "64 KiB on.";

std::string_view text_of(const BorrowedBytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.bytes().data()), bytes.size()};
}

struct RecordsMerge {
  static constexpr const char* kName = "records_merge";
  const CompiledProgram* compiled = nullptr;  // borrowed from args
  BorrowedBytes one, other;
  PyObject* module = nullptr;  // borrowed from args
  std::optional<kernels::records::RunResult> result;

  bool begin(Arguments& args) {
    PyObject* program_arg = nullptr;  // borrowed from args
    PyObject* one_arg = nullptr;      // borrowed from args
    PyObject* other_arg = nullptr;    // borrowed from args
    module = args.module();
    if (!args.read(required("program", program_arg), required("one", one_arg),
                   required("other", other_arg))) {
      return false;
    }
    compiled = compiled_program_of(args, program_arg);
    return compiled != nullptr && take(args, "one", one_arg, one) &&
           take(args, "other", other_arg, other);
  }

  static bool take(Arguments& args, const char* name, PyObject* object, BorrowedBytes& bytes) {
    if (!bytes.acquire(args, name, object)) return false;  // exporter locked
    if (bytes.is_contiguous()) return true;
    return args.wrong_value(name, "bytes in one piece", describe_object(object));
  }

  std::size_t work() const { return one.size() + other.size(); }

  void run(Checkpoint&) {
    try {
      result.emplace(
          kernels::records::join_groups(compiled->program, text_of(one), text_of(other)));
    } catch (const kernels::records::StateError&) {
      // Told once the exporters are unlocked.
    }
  }

  PyObject* finish() {
    other.release();  // exporter unlocked
    one.release();    // exporter unlocked
    if (!result) {
      raise(state_of(module).argument_value_error,
            {kName, "state", "two states of results of this program", "other bytes", ""});
      return nullptr;
    }
    return write_groups(module, std::move(*result));
  }
};

}  // namespace

PyMethodDef record_merge_methods[] = {
    row_of<RecordsMerge>(kMergeDoc),
    kEndOfTable,
};

}  // namespace fastlane
