// records_run: files and bytes through a program, into columns or groups.
#include "kernels/records/run.hpp"

#include <atomic>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/mapped_file.hpp"
#include "kernels/pool.hpp"
#include "kernels/records/layout.hpp"
#include "module/boundary/attached.hpp"
#include "module/boundary/borrowed_content.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"
#include "module/records/arrow_import.hpp"
#include "module/records/chunks.hpp"
#include "module/records/compiled_program.hpp"
#include "module/records/result_writer.hpp"
#include "module/state.hpp"

namespace fastlane {
namespace {

using kernels::MappedFile;
using kernels::records::ArrowRows;
using kernels::records::Input;
using kernels::records::Program;
using kernels::records::RunResult;
using kernels::records::SmallRun;

constexpr const char* kRunDoc =
    "records_run(input, program, /, *, threads=None, max_errors=1000, max_row_bytes=16777216, "
    "progress=None)\n--\n\n"
    "Runs what records_program made; Plan.run is the way to call it.\n\n"
    "input is an os.PathLike, bytes-like, an iterator of bytes-like chunks, or a list of those;\n"
    "each may be packed with gzip; or a tuple of Arrow capsules, a stream or a schema and an "
    "array,\n"
    "whose rows are read instead of those of the program's source. Returns a dict with the "
    "columns, the counts of rows,\n"
    "error_counts, errors in detail up to max_errors, metrics, state: None or what records_merge\n"
    "takes, and damage: None or what is wrong with the input that broke off. progress is called\n"
    "with the bytes done and the bytes in all (0: unknown). Raises SchemaError for a header\n"
    "without the wanted columns, OSError for a file that cannot be read, OverflowError for a sum\n"
    "that int64 cannot hold.\n\n"
    "**Memory:** borrows bytes-like input, maps files; columns are moved out; the GIL is released\n"
    "from 64 KiB on, and for every file; chunks are taken on the calling thread, which then works\n"
    "alone.";

// Work for the pool: each chunk is one worker that takes windows until there are none.
void run_in_pool(std::size_t workers, const kernels::records::Work& work, Checkpoint& checkpoint) {
  kernels::pool().parallel_for(
      workers, [&](std::size_t, Checkpoint& mine) { work(mine); }, checkpoint, workers);
}

// What the input is: one of the three.
struct RunInput {
  BorrowedContent content;
  std::unique_ptr<ChunkStream> chunks;
  std::unique_ptr<ArrowRows> batches;

  // Of bytes.
  std::string_view text() const {
    const auto bytes = content.bytes().bytes();
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  void release() noexcept {
    if (chunks) {
      chunks->release();
    } else if (!batches) {
      content.release();
    }
  }
};

// Tells a Python callable how far the run is, from the checkpoint of the thread that made the call.
struct ProgressTeller {
  PyObject* progress;  // borrowed from args
  PyThreadState* state;
  Checkpoint& outer;
  std::atomic<std::uint64_t> taken{0};
  std::uint64_t in_all = 0;
  std::chrono::steady_clock::time_point told = std::chrono::steady_clock::now();

  static void ask(void* teller) { static_cast<ProgressTeller*>(teller)->ask_and_tell(); }

  void ask_and_tell() {
    constexpr std::chrono::milliseconds kInterval{100};
    outer.ask_now();
    const auto now = std::chrono::steady_clock::now();
    if (progress == nullptr || now - told < kInterval) return;
    told = now;
    const Attached attached(state);
    tell();
  }

  // Attached. Throws PythonErrorSet for what the callable raises.
  void tell() const {
    OwnedRef said = OwnedRef::from_new(
        PyObject_CallFunction(progress, "KK", static_cast<unsigned long long>(taken.load()),
                              static_cast<unsigned long long>(in_all)));
    if (!said) throw PythonErrorSet{};
    said.decref();
  }
};

struct RecordsRun {
  static constexpr const char* kName = "records_run";
  static constexpr bool kRunsOnCallersThread = true;  // for chunks and progress
  static constexpr std::int64_t kUnsaid = std::numeric_limits<std::int64_t>::min();
  std::vector<std::unique_ptr<RunInput>> sources;
  CompiledProgram* compiled = nullptr;  // owned by its capsule
  Program changed;
  const Program* program = nullptr;  // the capsule's, or the changed one
  std::unique_ptr<SmallRun> small;   // when the input is small
  std::int64_t threads = kUnsaid;
  PyObject* module = nullptr;    // borrowed from args
  PyObject* progress = nullptr;  // borrowed from args
  PyThreadState* state = nullptr;
  std::uint64_t bytes_in_all = 0;
  std::uint64_t bytes_taken = 0;
  std::optional<RunResult> result;
  std::optional<kernels::records::HeaderError> header_error;

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
    if (progress != nullptr && PyCallable_Check(progress) == 0) {
      return args.wrong_type("progress", "a callable or None", describe_object(progress));
    }
    module = args.module();
    state = PyThreadState_Get();
    compiled = compiled_program_of(args, program_arg);
    if (compiled == nullptr || !check_limits(args, max_errors, max_row_bytes)) return false;
    program = &compiled->program;
    if (max_errors != static_cast<std::int64_t>(program->max_errors) ||
        max_row_bytes != static_cast<std::int64_t>(program->max_row_bytes)) {
      set_limits(max_errors, max_row_bytes, change_program());
    }
    if (!read_inputs(args, input_arg)) return false;
    if (is_small()) small = compiled->take_small();
    return true;
  }

  Program& change_program() {
    if (program != &changed) changed = *program;
    program = &changed;
    return changed;
  }

  // Whether the input is a text that goes the short way.
  bool is_small() const {
    if (sources.size() != 1 || program != &compiled->program || progress != nullptr) return false;
    const RunInput& source = *sources[0];
    return !source.chunks && !source.batches && !source.content.is_path() &&
           SmallRun::fits(*program, source.text());
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
    sources.push_back(std::make_unique<RunInput>());
    if (PyTuple_Check(object)) {
      sources.back()->batches = take_batches(args, object);
      if (sources.back()->batches == nullptr) return false;
      return fit_program(*sources.back()->batches);
    }
    if (PyIter_Check(object)) {
      sources.back()->chunks = std::make_unique<ChunkStream>(module, object);
      return true;
    }
    BorrowedContent& source = sources.back()->content;
    if (!source.acquire(args, "input", object)) return false;  // exporter locked
    if (source.is_path() || source.bytes().is_contiguous()) return true;
    return args.wrong_value("input", "bytes in one piece", describe_object(object),
                            "bytes(input) for a copy in one piece");
  }

  // A batch has its own names and types: the program is made to fit it.
  bool fit_program(ArrowRows& batches) {
    try {
      changed = batches.fit(*program);
      program = &changed;
    } catch (const kernels::records::HeaderError& error) {
      raise(state_of(module).schema_error, {kName, "input", error.expected(), error.got(), ""});
      return false;
    }
    return true;
  }

  std::size_t work() const {
    std::size_t bytes = 0;
    for (const auto& source : sources) {
      if (source->chunks || source->batches || source->content.is_path()) return kWorthReleasing;
      bytes += source->content.bytes().size();
    }
    return bytes;
  }

  void run(Checkpoint& checkpoint) {
    if (small) {
      result.emplace(small->run(sources[0]->text()));
      return;
    }
    // All files are opened before the first one is read: a missing one costs no work.
    std::vector<MappedFile> files;
    files.reserve(sources.size());
    std::vector<Input> inputs;
    bool has_chunks = false;
    for (const auto& source : sources) {
      if (source->chunks) {
        has_chunks = true;
        inputs.push_back({{}, nullptr, source->chunks.get()});
      } else if (source->batches) {
        has_chunks = true;
        inputs.push_back({{}, nullptr, source->batches.get()});
      } else if (source->content.is_path()) {
        files.emplace_back(source->content.path(), checkpoint);
        inputs.push_back({files.back().bytes(), &files.back(), nullptr});
      } else {
        inputs.push_back({source->text(), nullptr, nullptr});
      }
      if (!has_chunks) bytes_in_all += inputs.back().bytes.size();
    }
    if (has_chunks) bytes_in_all = 0;
    kernels::records::RunOptions options;
    options.workers =
        threads == kUnsaid ? kernels::pool().size() : static_cast<std::size_t>(threads);
    if (has_chunks) options.workers = 1;
    options.executor = run_in_pool;
    ProgressTeller teller{progress, state, checkpoint};
    teller.in_all = bytes_in_all;
    options.taken = &teller.taken;
    Checkpoint asking(ProgressTeller::ask, &teller);
    try {
      result.emplace(kernels::records::run(*program, inputs, asking, options));
    } catch (const kernels::records::HeaderError& error) {
      header_error.emplace(error);
    }
    bytes_taken = teller.taken;
  }

  PyObject* finish() {
    for (const auto& source : sources) source->release();  // exporter unlocked
    if (header_error) {
      raise(state_of(module).schema_error,
            {kName, "input", header_error->expected(), header_error->got(), ""});
      return nullptr;
    }
    if (progress != nullptr) {
      const auto taken = static_cast<unsigned long long>(bytes_taken);
      OwnedRef said = OwnedRef::from_new(PyObject_CallFunction(progress, "KK", taken, taken));
      if (!said) return nullptr;
      said.decref();
    }
    if (small) compiled->give_back(std::move(small));
    return write_result(module, *program, std::move(*result));
  }
};

}  // namespace

PyMethodDef record_methods[] = {
    row_of<RecordsRun>(kRunDoc),
    kEndOfTable,
};

}  // namespace fastlane
