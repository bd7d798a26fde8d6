// The way of a batch through its rows.
#include "kernels/records/arrow_rows.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kernels/records/arrow_columns.hpp"
#include "kernels/records/layout.hpp"

namespace fastlane::kernels::records {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} << 10;

template <class Structure>
void release(Structure& structure) noexcept {
  if (structure.release != nullptr) structure.release(&structure);
}

}  // namespace

ArrowRows::ArrowRows(ArrowArrayStream& stream)
    : stream_(std::exchange(stream, ArrowArrayStream{})) {
  if (stream_.get_schema(&stream_, &schema_) == 0) return;
  const char* said = stream_.get_last_error(&stream_);
  const std::string text = said == nullptr ? "no schema" : said;
  release(stream_);
  throw ArrowFailure(text);
}

ArrowRows::ArrowRows(ArrowSchema& schema, ArrowArray& batch)
    : schema_(std::exchange(schema, ArrowSchema{})), batch_(std::exchange(batch, ArrowArray{})) {}

ArrowRows::~ArrowRows() {
  drop_batch();
  release(schema_);
  release(stream_);
}

void ArrowRows::drop_batch() {
  release(batch_);
  batch_ = ArrowArray{};
  row_ = 0;
}

Program ArrowRows::fit(const Program& program) {
  if (std::string_view(schema_.format) != "+s") {
    throw HeaderError("batches of named columns",
                      "an array of the format " + std::string(schema_.format));
  }
  const auto find = [&](std::string_view name) {
    std::int64_t child = 0;
    while (child < schema_.n_children && name != schema_.children[child]->name) ++child;
    return child;
  };
  Program fitted = program;
  fitted.kind = SourceKind::ndjson;
  wanted_.clear();
  for (Field& field : fitted.fields) {
    if (field.is_derived) continue;
    std::int64_t child = find(field.name);
    if (child == schema_.n_children && !field.token.empty()) child = find(field.token);
    field.path = {PathStep{field.name, -1}};
    if (child == schema_.n_children) {
      if (field.nullable || field.default_text) continue;
      throw HeaderError("a column '" + field.name + "'", "a batch without it");
    }
    const ArrowSchema& type = *schema_.children[child];
    Wanted wanted{static_cast<std::size_t>(child), "\"" + field.name + "\":", make_column(type)};
    if (wanted.column == nullptr) {
      throw HeaderError("numbers, texts, bools or times in the column '" + field.name + "'",
                        "the Arrow format " + std::string(type.format));
    }
    if (field.type == Type::timestamp && is_time(type)) field.format = "iso8601";
    wanted_.push_back(std::move(wanted));
  }
  return fitted;
}

bool ArrowRows::next_batch() {
  drop_batch();
  if (stream_.release == nullptr) return false;
  if (stream_.get_next(&stream_, &batch_) != 0) {
    batch_ = ArrowArray{};
    const char* said = stream_.get_last_error(&stream_);
    throw ArrowFailure(said == nullptr ? "no batch" : said);
  }
  return batch_.release != nullptr;
}

std::string_view ArrowRows::next(Checkpoint&) {
  text_.clear();
  while (text_.size() < kPieceBytes) {
    if (batch_.release == nullptr || row_ == batch_.length) {
      if (!next_batch()) break;
      continue;
    }
    const std::int64_t row = batch_.offset + row_++;
    const auto* valid = static_cast<const std::uint8_t*>(batch_.buffers[0]);
    if (valid != nullptr && ((valid[row / 8] >> (row % 8)) & 1) == 0) {
      text_.append("null\n", 5);
      continue;
    }
    text_.push_back('{');
    for (const Wanted& wanted : wanted_) {
      const ArrowArray& array = *batch_.children[wanted.child];
      if (text_[text_.size() - 1] != '{') text_.push_back(',');
      text_.append(wanted.key.data(), wanted.key.size());
      wanted.column->write(array, array.offset + row, text_);
    }
    text_.append("}\n", 2);
  }
  taken_ += text_.size();
  return {text_.begin(), text_.size()};
}

}  // namespace fastlane::kernels::records
