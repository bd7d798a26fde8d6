// The rows of Arrow record batches as lines of NDJSON, so that a batch goes the same way as a file:
// the same types, checks and errors. Calls the producer's callbacks and nothing of Python.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/records/arrow_abi.hpp"
#include "kernels/records/buffer.hpp"
#include "kernels/records/program.hpp"
#include "kernels/records/streams.hpp"

namespace fastlane::kernels::records {

// A producer that failed, with what it said.
class ArrowFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A column of batches: writes its value in a row as JSON.
class ArrowColumn {
 public:
  ArrowColumn() = default;
  ArrowColumn(const ArrowColumn&) = delete;
  ArrowColumn& operator=(const ArrowColumn&) = delete;
  virtual ~ArrowColumn() = default;
  // Preconditions: the array is of the column's type, the row is inside of it.
  virtual void write(const ArrowArray& array, std::int64_t row, Buffer<char>& text) const = 0;
};

class ArrowRows final : public ByteStream {
 public:
  // Takes over a stream of struct arrays. Throws ArrowFailure.
  explicit ArrowRows(ArrowArrayStream& stream);
  // Takes over one struct array.
  ArrowRows(ArrowSchema& schema, ArrowArray& batch);
  ~ArrowRows() override;

  // The program that reads the lines instead of the source that it was made for: each field from
  // the column of its name, or of its name in that source. Throws HeaderError for a column that is
  // not there and for one of a type that has no form in JSON.
  Program fit(const Program& program);

  // Precondition: fit was called. Throws ArrowFailure for what the producer says.
  std::string_view next(Checkpoint& checkpoint) override;
  std::uint64_t taken() const override { return taken_; }

 private:
  bool next_batch();
  void drop_batch();

  struct Wanted {
    std::size_t child;
    std::string key;  // as it stands in the line, quoted and with its colon
    std::unique_ptr<ArrowColumn> column;
  };

  ArrowArrayStream stream_{};
  ArrowSchema schema_{};
  ArrowArray batch_{};
  std::vector<Wanted> wanted_;
  std::int64_t row_ = 0;
  Buffer<char> text_;
  std::uint64_t taken_ = 0;
};

}  // namespace fastlane::kernels::records
