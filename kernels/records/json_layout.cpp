// The tree, and lines that went wrong.
#include "kernels/records/json_layout.hpp"

#include <cstring>

#include "kernels/records/json_parser.hpp"
#include "kernels/records/json_source.hpp"

namespace fastlane::kernels::records {
namespace {

JsonKind kind_of(const Field& field) {
  if (is_text(field.type)) return JsonKind::text;
  if (field.type == Type::boolean) return JsonKind::boolean;
  if (field.type != Type::timestamp) return JsonKind::number;
  return field.format == "epoch_s" || field.format == "epoch_ms" ? JsonKind::number
                                                                 : JsonKind::text;
}

// A line as the parser wants it: with its line end, and padded.
std::string padded_line(std::string_view line) {
  std::string text(line);
  text += '\n';
  text.append(kPadding, '\0');
  return text;
}

}  // namespace

JsonLayout::JsonLayout(const Program& program) : nodes_(1) {
  escapes_ = {EscapeKind::json, '"'};
  for (const Field& field : program.fields) {
    if (field.is_derived) {
      field_slots_.push_back(kNoSlot);
      continue;
    }
    JsonSlot slot;
    slot.kind = kind_of(field);
    slot.has_null = field.null_text.has_value();
    slot.null_text = field.null_text.value_or(std::string());
    slots_.push_back(slot);
    field_slots_.push_back(slot_count_);
    const std::size_t node = node_of(field.path, slot_count_);
    nodes_[node].own.push_back(slot_count_);
    ++slot_count_;
  }
}

std::size_t JsonLayout::node_of(const std::vector<PathStep>& path, std::size_t slot) {
  std::size_t at = 0;
  nodes_[at].all.push_back(slot);
  for (const PathStep& step : path) {
    std::size_t next = JsonNode::kNowhere;
    if (step.index < 0) {
      for (const JsonNode::Key& key : nodes_[at].keys) {
        if (key.name == step.key) next = key.node;
      }
    } else {
      for (const JsonNode::Index& index : nodes_[at].indices) {
        if (index.index == step.index) next = index.node;
      }
    }
    if (next == JsonNode::kNowhere) {
      next = nodes_.size();
      if (step.index < 0) {
        std::uint64_t start = 0;
        std::memcpy(&start, step.key.data(), step.key.size() < 8 ? step.key.size() : 8);
        nodes_[at].keys.push_back({step.key, start, next});
      } else {
        nodes_[at].indices.push_back({step.index, next});
      }
      nodes_.emplace_back();
    }
    at = next;
    nodes_[at].all.push_back(slot);
  }
  return at;
}

std::unique_ptr<RowSource> JsonLayout::make_source(std::size_t max_row_bytes) const {
  return std::make_unique<JsonSource>(*this, max_row_bytes);
}

Mismatch JsonLayout::explain(std::string_view line, std::size_t) const {
  constexpr std::size_t kShown = 64;
  const std::string text = padded_line(line);
  JsonParser parser(*this);
  std::vector<Slice> slices(slot_count_);
  const ErrorCode code = parser.parse(text.data(), text.data(), slices.data(), 1);
  if (code == ErrorCode::type) return {"a JSON object", std::string(line.substr(0, kShown))};
  const auto at = static_cast<std::size_t>(parser.stopped_at() - text.data());
  return {parser.expected(), std::string(line.substr(std::min(at, line.size()), kShown))};
}

std::string_view JsonLayout::text_of_slot(std::string_view line, std::size_t slot,
                                          std::size_t) const {
  const std::string text = padded_line(line);
  JsonParser parser(*this);
  std::vector<Slice> slices(slot_count_);
  if (parser.parse(text.data(), text.data(), slices.data(), 1) != ErrorCode::none) return {};
  return line.substr(slices[slot].begin(), slices[slot].size());
}

}  // namespace fastlane::kernels::records
