// Lays out the steps of a log format, and reads single lines for error messages.
#include "kernels/records/log_layout.hpp"

#include <algorithm>

#include "kernels/records/log_source.hpp"

namespace fastlane::kernels::records {
namespace {

std::string quoted(std::string_view text) {
  std::string shown = "'";
  for (const char byte : text) {
    if (byte == '\t') {
      shown += "\\t";
    } else {
      shown += byte;
    }
  }
  return shown + "'";
}

}  // namespace

LogLayout::LogLayout(const Program& program)
    : format_(program.source), prefix_(program.source.prefix) {
  for (std::size_t index = 0; index < format_.tokens.size(); ++index) {
    const LogToken& token = format_.tokens[index];
    LogStep step;
    step.kind = token.kind;
    step.to_line_end = token.after.empty();
    step.after = Literal(token.after);
    if (!step.to_line_end) step.byte_class = class_of(token.after[0]);
    steps_.push_back(step);
  }
  for (const Field& field : program.fields) {
    field_slots_.push_back(field.is_derived ? kNoSlot : slot_for(field.token));
  }
}

std::unique_ptr<RowSource> LogLayout::make_source(std::size_t max_row_bytes) const {
  return std::make_unique<LogSource>(*this, max_row_bytes);
}

std::size_t LogLayout::class_of(char byte) {
  const std::size_t known = byte_classes_.find(byte);
  if (known != std::string::npos) return known;
  byte_classes_.push_back(byte);
  return byte_classes_.size() - 1;
}

std::size_t LogLayout::slot_for(std::string_view token) {
  for (std::size_t index = 0; index < steps_.size(); ++index) {
    if (format_.tokens[index].name != token) continue;
    if (steps_[index].slot == kNoSlot) steps_[index].slot = slot_count_++;
    return steps_[index].slot;
  }
  for (LogStep& step : steps_) {
    if (step.kind != TokenKind::request) continue;
    for (std::size_t part = 0; part < kRequestParts.size(); ++part) {
      if (kRequestParts[part] != token) continue;
      step.split = true;
      if (step.part_slots[part] == kNoSlot) step.part_slots[part] = slot_count_++;
      return step.part_slots[part];
    }
  }
  return kNoSlot;
}

bool split_request(std::string_view request, std::array<std::string_view, 3>& parts) {
  const std::size_t first = request.find(' ');
  if (first == 0 || first == std::string_view::npos) return false;
  const std::size_t second = request.find(' ', first + 1);
  if (second == first + 1 || second == std::string_view::npos) return false;
  if (second + 1 == request.size()) return false;
  if (request.find(' ', second + 1) != std::string_view::npos) return false;
  parts = {request.substr(0, first), request.substr(first + 1, second - first - 1),
           request.substr(second + 1)};
  return true;
}

std::size_t LogLayout::token_end(std::string_view line, std::size_t step, std::size_t from,
                                 std::size_t& mismatch) const {
  const LogToken& token = format_.tokens[step];
  mismatch = from;
  if (token.after.empty()) return line.size();
  if (token.kind == TokenKind::plain) return line.find(token.after, from);
  std::size_t at = from;
  while (at < line.size() && line[at] != '"') at += line[at] == '\\' ? 2 : 1;
  if (at >= line.size()) return std::string_view::npos;
  mismatch = at;
  if (line.substr(at, token.after.size()) != token.after) return std::string_view::npos;
  return at;
}

Mismatch LogLayout::explain(std::string_view line, std::size_t) const {
  constexpr std::size_t kShown = 64;
  const std::string& prefix = format_.prefix;
  if (line.substr(0, prefix.size()) != prefix) {
    return {quoted(prefix) + " at the start of the line", std::string(line.substr(0, kShown))};
  }
  std::size_t from = prefix.size();
  for (std::size_t step = 0; step < steps_.size(); ++step) {
    const LogToken& token = format_.tokens[step];
    std::size_t mismatch = 0;
    const std::size_t end = token_end(line, step, from, mismatch);
    if (end == std::string_view::npos) {
      return {quoted(token.after) + " after " + token.name,
              std::string(line.substr(mismatch, kShown))};
    }
    from = end + token.after.size();
  }
  return {"the end of the line after " + format_.tokens.back().name,
          std::string(line.substr(from, kShown))};
}

std::string_view LogLayout::text_of_slot(std::string_view line, std::size_t slot,
                                         std::size_t) const {
  std::size_t from = format_.prefix.size();
  for (std::size_t index = 0; index < steps_.size(); ++index) {
    const LogStep& step = steps_[index];
    std::size_t mismatch = 0;
    const std::size_t end = token_end(line, index, from, mismatch);
    if (end == std::string_view::npos) return {};
    const std::string_view text = line.substr(from, end - from);
    if (step.slot == slot) return text;
    const auto part = std::find(step.part_slots.begin(), step.part_slots.end(), slot);
    if (part != step.part_slots.end()) {
      std::array<std::string_view, 3> parts;
      if (!split_request(text, parts)) return text;
      return parts[static_cast<std::size_t>(part - step.part_slots.begin())];
    }
    from = end + format_.tokens[index].after.size();
  }
  return {};
}

}  // namespace fastlane::kernels::records
