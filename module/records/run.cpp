// records_run: files and bytes through a program, into columns or groups.
#include "kernels/records/run.hpp"

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/mapped_file.hpp"
#include "kernels/pool.hpp"
#include "module/boundary/borrowed_content.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"
#include "module/records/program_reader.hpp"
#include "module/records/result_writer.hpp"

namespace fastlane {
namespace {

using kernels::MappedFile;
using kernels::records::Input;
using kernels::records::Program;
using kernels::records::RunResult;

constexpr const char* kRunDoc =
    "records_run(input, program, /, *, threads=None, max_errors=1000, max_row_bytes=16777216, "
    "progress=None)\n--\n\n"
    "Runs the program that a Plan makes; Plan.run is the way to call it.\n\n"
    "input is an os.PathLike, bytes-like, or a list of those. Returns a dict with the columns, "
    "the\n"
    "counts of rows, error_counts, errors in detail up to max_errors, and metrics. progress is\n"
    "called with the bytes done and the bytes in all. Raises ArgumentTypeError and\n"
    "ArgumentValueError for a program that cannot run, OSError for a file that cannot be read,\n"
    "OverflowError for a sum that int64 cannot hold.\n\n"
    "**Memory:** borrows bytes-like input, maps files; columns are moved out; the GIL is released\n"
    "from 64 KiB on, and for every file.";

// Work for the pool: each chunk is one worker that takes windows until there are none.
void run_in_pool(std::size_t workers, const kernels::records::Work& work, Checkpoint& checkpoint) {
  kernels::pool().parallel_for(
      workers, [&](std::size_t, Checkpoint& mine) { work(mine); }, checkpoint, workers);
}

struct RecordsRun {
  static constexpr const char* kName = "records_run";
  static constexpr std::int64_t kUnsaid = std::numeric_limits<std::int64_t>::min();
  std::vector<std::unique_ptr<BorrowedContent>> sources;
  Program program;
  std::int64_t threads = kUnsaid;
  PyObject* module = nullptr;    // borrowed from args
  PyObject* progress = nullptr;  // borrowed from args
  std::optional<RunResult> result;

  bool begin(Arguments& args) {
    PyObject* input_arg = nullptr;    // borrowed from args
    PyObject* program_arg = nullptr;  // borrowed from args
    std::int64_t max_errors = 1000;
    std::int64_t max_row_bytes = std::int64_t{16} << 20;
    if (!args.read(required("input", input_arg), required("program", program_arg),
                   keyword("threads", threads), keyword("max_errors", max_errors),
                   keyword("max_row_bytes", max_row_bytes), keyword("progress", progress))) {
      return false;
    }
    if (threads != kUnsaid && threads < 1) {
      return args.wrong_value("threads", "1 or more", std::to_string(threads));
    }
    if (max_errors < 0) {
      return args.wrong_value("max_errors", "0 or more", std::to_string(max_errors));
    }
    constexpr std::int64_t kMost = kernels::records::kMaxRowBytes;
    if (max_row_bytes < 1 || max_row_bytes > kMost) {
      return args.wrong_value("max_row_bytes", "1 to " + std::to_string(kMost),
                              std::to_string(max_row_bytes));
    }
    if (progress != nullptr && PyCallable_Check(progress) == 0) {
      return args.wrong_type("progress", "a callable or None", describe_object(progress));
    }
    module = args.module();
    program = read_program(args, program_arg);
    program.max_errors = static_cast<std::uint64_t>(max_errors);
    program.max_row_bytes = static_cast<std::uint32_t>(max_row_bytes);
    try {
      check(program);
    } catch (const kernels::records::ProgramError& error) {
      const std::string path = "program." + error.path();
      return args.wrong_value(path.c_str(), error.expected(), error.got());
    }
    return read_inputs(args, input_arg);
  }

  bool read_inputs(Arguments& args, PyObject* input_arg) {
    if (!PyList_Check(input_arg)) return read_input(args, input_arg);
    for (Py_ssize_t index = 0; index < PyList_GET_SIZE(input_arg); ++index) {
      OwnedRef item = OwnedRef::incref(PyList_GET_ITEM(input_arg, index));  // owned
      const bool read = read_input(args, item.borrow());
      item.decref();
      if (!read) return false;
    }
    return true;
  }

  bool read_input(Arguments& args, PyObject* object) {
    sources.push_back(std::make_unique<BorrowedContent>());
    BorrowedContent& source = *sources.back();
    if (!source.acquire(args, "input", object)) return false;  // exporter locked
    if (source.is_path() || source.bytes().is_contiguous()) return true;
    return args.wrong_value("input", "bytes in one piece", describe_object(object),
                            "bytes(input) for a copy in one piece");
  }

  std::size_t work() const {
    std::size_t bytes = 0;
    for (const auto& source : sources) {
      if (source->is_path()) return kWorthReleasing;
      bytes += source->bytes().size();
    }
    return bytes;
  }

  void run(Checkpoint& checkpoint) {
    // All files are opened before the first one is read: a missing one costs no work.
    std::vector<MappedFile> files;
    files.reserve(sources.size());
    std::vector<Input> inputs;
    for (const auto& source : sources) {
      if (source->is_path()) {
        files.emplace_back(source->path(), checkpoint);
        inputs.push_back({files.back().bytes(), &files.back()});
      } else {
        const auto bytes = source->bytes().bytes();
        inputs.push_back({{reinterpret_cast<const char*>(bytes.data()), bytes.size()}, nullptr});
      }
    }
    kernels::records::RunOptions options;
    options.workers =
        threads == kUnsaid ? kernels::pool().size() : static_cast<std::size_t>(threads);
    options.executor = run_in_pool;
    result.emplace(kernels::records::run(program, inputs, checkpoint, options));
  }

  PyObject* finish() {
    for (const auto& source : sources) source->release();  // exporter unlocked
    if (progress != nullptr) {
      const unsigned long long bytes = result->metrics.bytes;
      OwnedRef said = OwnedRef::from_new(PyObject_CallFunction(progress, "KK", bytes, bytes));
      if (!said) return nullptr;
      said.decref();
    }
    return write_result(module, program, std::move(*result));
  }
};

}  // namespace

PyMethodDef record_methods[] = {
    row_of<RecordsRun>(kRunDoc),
    kEndOfTable,
};

}  // namespace fastlane
