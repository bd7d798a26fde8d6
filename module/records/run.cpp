// records_run: files and bytes through a program, into columns or groups.
#include "kernels/records/run.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/mapped_file.hpp"
#include "module/boundary/borrowed_bytes.hpp"
#include "module/boundary/call.hpp"
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

// One input: a file that is still to be mapped, or bytes that are borrowed.
struct Source {
  std::string path;
  BorrowedBytes bytes;
  bool is_file = false;
};

// The path of an os.PathLike in the file system's encoding.
std::string path_of(PyObject* object) {
  PyObject* converted = nullptr;
  if (PyUnicode_FSConverter(object, &converted) == 0) throw PythonErrorSet{};
  OwnedRef encoded = OwnedRef::from_new(converted);  // new
  std::string path(PyBytes_AS_STRING(encoded.borrow()),
                   static_cast<std::size_t>(PyBytes_GET_SIZE(encoded.borrow())));
  encoded.decref();
  return path;
}

struct RecordsRun {
  static constexpr const char* kName = "records_run";
  std::vector<std::unique_ptr<Source>> sources;
  Program program;
  std::int64_t threads = 0;
  PyObject* module = nullptr;    // borrowed from args
  PyObject* progress = nullptr;  // borrowed from args
  std::optional<RunResult> result;

  bool begin(Arguments& args) {
    PyObject* input_arg = nullptr;    // borrowed from args
    PyObject* program_arg = nullptr;  // borrowed from args
    std::int64_t max_errors = 1000;
    std::int64_t max_row_bytes = std::int64_t{16} << 20;
    threads = -1;
    if (!args.read(required("input", input_arg), required("program", program_arg),
                   keyword("threads", threads), keyword("max_errors", max_errors),
                   keyword("max_row_bytes", max_row_bytes), keyword("progress", progress))) {
      return false;
    }
    if (threads != -1 && threads < 1) {
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
    if (!PyList_Check(input_arg)) return read_input(args, "input", input_arg);
    for (Py_ssize_t index = 0; index < PyList_GET_SIZE(input_arg); ++index) {
      OwnedRef item = OwnedRef::incref(PyList_GET_ITEM(input_arg, index));  // owned
      const bool read = read_input(args, "input", item.borrow());
      item.decref();
      if (!read) return false;
    }
    return true;
  }

  bool read_input(Arguments& args, const char* argument, PyObject* object) {
    sources.push_back(std::make_unique<Source>());
    Source& source = *sources.back();
    if (PyObject_HasAttrString(object, "__fspath__") != 0) {
      source.is_file = true;
      source.path = path_of(object);
      return true;
    }
    if (PyUnicode_Check(object)) {
      return args.wrong_type(argument, "an os.PathLike, bytes-like, or a list of those", "str",
                             "pathlib.Path(...) for the content of a file");
    }
    if (!source.bytes.acquire(args, argument, object)) return false;  // exporter locked
    if (source.bytes.is_contiguous()) return true;
    return args.wrong_value(argument, "bytes in one piece", describe_object(object),
                            "bytes(...) of it");
  }

  std::size_t work() const {
    std::size_t bytes = 0;
    for (const auto& source : sources) {
      if (source->is_file) return kWorthReleasing;
      bytes += source->bytes.size();
    }
    return bytes;
  }

  void run(Checkpoint& checkpoint) {
    // All files are opened before the first one is read: a missing one costs no work.
    std::vector<MappedFile> files;
    files.reserve(sources.size());
    std::vector<Input> inputs;
    for (const auto& source : sources) {
      if (source->is_file) {
        files.emplace_back(source->path);
        inputs.push_back({files.back().bytes(), &files.back()});
      } else {
        const auto bytes = source->bytes.bytes();
        inputs.push_back({{reinterpret_cast<const char*>(bytes.data()), bytes.size()}, nullptr});
      }
    }
    result.emplace(kernels::records::run(program, inputs, checkpoint));
  }

  PyObject* finish() {
    for (const auto& source : sources) {
      if (!source->is_file) source->bytes.release();  // exporter unlocked
    }
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
