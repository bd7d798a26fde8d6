// records_stream and records_next: a run over chunks, piece by piece, between which Python goes on.
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "kernels/records/layout.hpp"
#include "kernels/records/run.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"
#include "module/records/chunks.hpp"
#include "module/records/compiled_program.hpp"
#include "module/records/result_writer.hpp"
#include "module/state.hpp"

namespace fastlane {
namespace {

using kernels::records::Program;
using kernels::records::Run;
using kernels::records::RunResult;

constexpr const char* kCapsuleName = "fastlane.records.Stream";

constexpr const char* kStreamDoc =
    "records_stream(inputs, program, max_errors, max_row_bytes, /)\n--\n\n"
    "A run that gives its result piece by piece, for records_next; Plan.stream is the way to call "
    "it.\n\n"
    "inputs is a list of iterators of bytes-like chunks. Nothing is read before records_next.\n"
    "Raises ArgumentTypeError for an input that is no iterator.\n\n"
    "**Memory:** keeps references to the iterators; the GIL is held.";

constexpr const char* kNextDoc =
    "records_next(stream, bytes, /)\n--\n\n"
    "The result of the next bytes of a stream, or of just more up to the end of a window, as a\n"
    "dict like that of records_run; None when the inputs have ended.\n\n"
    "Raises BorrowError while another call works on the stream, and what records_run raises.\n\n"
    "**Memory:** borrows each chunk until the next one is taken; columns are moved out; the GIL "
    "is\n"
    "released, chunks are taken on the calling thread.";

// What a capsule holds. The run refers to everything in front of it.
struct RecordStream {
  Program program;
  std::vector<std::unique_ptr<ChunkStream>> chunks;
  std::vector<kernels::records::Input> inputs;
  std::optional<Run> run;
  bool busy = false;
};

void delete_stream(PyObject* capsule) noexcept {
  auto* stream = static_cast<RecordStream*>(PyCapsule_GetPointer(capsule, kCapsuleName));
  for (const auto& chunks : stream->chunks) chunks->release();
  delete stream;
}

struct RecordsStream {
  static constexpr const char* kName = "records_stream";
  std::unique_ptr<RecordStream> stream;

  bool begin(Arguments& args) {
    PyObject* inputs = nullptr;       // borrowed from args
    PyObject* program_arg = nullptr;  // borrowed from args
    std::int64_t max_errors = 0;
    std::int64_t max_row_bytes = 0;
    if (!args.read(required("inputs", inputs), required("program", program_arg),
                   required("max_errors", max_errors), required("max_row_bytes", max_row_bytes))) {
      return false;
    }
    if (!PyList_Check(inputs)) {
      return args.wrong_type("inputs", "a list of iterators", describe_object(inputs));
    }
    const CompiledProgram* compiled = compiled_program_of(args, program_arg);
    if (compiled == nullptr) return false;
    stream = std::make_unique<RecordStream>();
    if (!check_limits(args, max_errors, max_row_bytes)) return false;
    stream->program = compiled->program;
    set_limits(max_errors, max_row_bytes, stream->program);
    for (Py_ssize_t index = 0; index < PyList_GET_SIZE(inputs); ++index) {
      PyObject* iterator = PyList_GET_ITEM(inputs, index);  // borrowed
      if (!PyIter_Check(iterator)) {
        return args.wrong_type("inputs", "a list of iterators", describe_object(iterator));
      }
      stream->chunks.push_back(std::make_unique<ChunkStream>(args.module(), iterator));
      stream->inputs.push_back({{}, nullptr, stream->chunks.back().get()});
    }
    stream->run.emplace(stream->program, stream->inputs);
    return true;
  }
  void run(Checkpoint&) {}
  PyObject* finish() {
    PyObject* capsule = PyCapsule_New(stream.get(), kCapsuleName, delete_stream);  // new
    if (capsule != nullptr) static_cast<void>(stream.release());  // owned by the capsule
    return capsule;
  }
};

// One call at a time on a stream.
class Turn {
 public:
  Turn() = default;
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (stream_ != nullptr) stream_->busy = false;
  }
  void take(RecordStream& stream) {
    stream.busy = true;
    stream_ = &stream;
  }

 private:
  RecordStream* stream_ = nullptr;
};

struct RecordsNext {
  static constexpr const char* kName = "records_next";
  static constexpr bool kRunsOnCallersThread = true;  // for chunks
  RecordStream* stream = nullptr;                     // owned by its capsule
  Turn turn;
  std::int64_t bytes = 0;
  PyObject* module = nullptr;  // borrowed from args
  std::optional<RunResult> result;
  std::optional<kernels::records::HeaderError> header_error;

  bool begin(Arguments& args) {
    PyObject* capsule = nullptr;  // borrowed from args
    if (!args.read(required("stream", capsule), required("bytes", bytes))) return false;
    module = args.module();
    if (PyCapsule_IsValid(capsule, kCapsuleName) == 0) {
      return args.wrong_type("stream", "what records_stream() made", describe_object(capsule));
    }
    if (bytes < 1) return args.wrong_value("bytes", "1 or more", std::to_string(bytes));
    stream = static_cast<RecordStream*>(PyCapsule_GetPointer(capsule, kCapsuleName));
    if (stream->busy) {
      raise(state_of(module).borrow_error,
            {kName, "stream", "a stream that nobody else works on", "a busy one", ""});
      return false;
    }
    turn.take(*stream);
    for (const auto& chunks : stream->chunks) chunks->attach_to(PyThreadState_Get());
    return true;
  }

  std::size_t work() const { return kWorthReleasing; }

  void run(Checkpoint& checkpoint) {
    if (!stream->run || stream->run->has_ended()) return;
    // A run that threw is over, whatever it was.
    struct Over {
      RecordStream& stream;
      bool is_whole = false;
      ~Over() {
        if (!is_whole) stream.run.reset();
      }
    } over{*stream};
    try {
      result.emplace(stream->run->next(static_cast<std::uint64_t>(bytes), checkpoint));
      over.is_whole = true;
    } catch (const kernels::records::HeaderError& error) {
      header_error.emplace(error);
    }
  }

  PyObject* finish() {
    if (header_error) {
      raise(state_of(module).schema_error,
            {kName, "input", header_error->expected(), header_error->got(), ""});
      return nullptr;
    }
    if (!result || (result->metrics.windows == 0 && !result->damage)) Py_RETURN_NONE;
    return write_result(module, stream->program, std::move(*result));
  }
};

}  // namespace

PyMethodDef record_stream_methods[] = {
    row_of<RecordsStream>(kStreamDoc),
    row_of<RecordsNext>(kNextDoc),
    kEndOfTable,
};

}  // namespace fastlane
