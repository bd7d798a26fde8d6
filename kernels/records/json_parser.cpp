// By recursion where fields are, without where nothing is wanted.
#include "kernels/records/json_parser.hpp"

#include "kernels/records/escapes.hpp"
#include "kernels/records/json_text.hpp"

namespace fastlane::kernels::records {
namespace {

Slice slice_between(const char* window, const char* begin, const char* end, SliceKind kind) {
  return {static_cast<std::size_t>(begin - window), static_cast<std::size_t>(end - begin), kind};
}

SliceKind kind_for(JsonKind wanted, JsonWord word) {
  if (word == JsonWord::null) return SliceKind::null;
  const bool fits = (word == JsonWord::number && wanted == JsonKind::number) ||
                    (word == JsonWord::boolean && wanted == JsonKind::boolean);
  return fits ? SliceKind::plain : SliceKind::wrong_type;
}

}  // namespace

Slice json_text_slice(const JsonSlot& slot, const char* window, const char* begin, const char* end,
                      bool escaped) {
  SliceKind kind = escaped ? SliceKind::escaped : SliceKind::plain;
  if (slot.kind != JsonKind::text) {
    const bool null = slot.has_null && std::string_view(begin, end) == slot.null_text;
    kind = null ? SliceKind::null : SliceKind::wrong_type;
  }
  return slice_between(window, begin, end, kind);
}

JsonParser::JsonParser(const JsonLayout& layout)
    : layout_(layout), seen_(layout.nodes().size(), 0) {}

ErrorCode JsonParser::parse(const char* window, const char* line, Slice* slices,
                            std::size_t stride) {
  window_ = window;
  slices_ = slices;
  stride_ = stride;
  ++line_;
  had_duplicates_ = false;
  const JsonNode& root = layout_.nodes()[0];
  forget(root);
  const char* at = skip_json_space(line);
  const bool is_object = *at == '{';
  at = is_object ? parse_object(root, at, 1) : skip_value(at, 0);
  if (at == nullptr) return ErrorCode::syntax;
  at = skip_json_space(at);
  if (*at != '\n') {
    static_cast<void>(fail(at, "the end of the line"));
    return ErrorCode::syntax;
  }
  return is_object ? ErrorCode::none : ErrorCode::type;
}

const char* JsonParser::fail(const char* at, const char* expected) {
  stopped_at_ = at;
  expected_ = expected;
  return nullptr;
}

void JsonParser::forget(const JsonNode& node) {
  for (const std::size_t slot : node.all) {
    slices_[slot * stride_] = Slice(0, 0, SliceKind::missing);
  }
}

void JsonParser::put(const JsonNode& node, Slice slice) {
  for (const std::size_t slot : node.own) slices_[slot * stride_] = slice;
}

const char* JsonParser::skip_string(const char* at) {
  bool escaped = false;
  const char* end = find_string_end(at, escaped);
  return end == nullptr ? fail(at, "a string that is closed, without control characters") : end + 1;
}

const char* JsonParser::enter(std::size_t child, const char* at, std::size_t depth) {
  const JsonNode& node = layout_.nodes()[child];
  if (seen_[child] == line_) {
    had_duplicates_ = true;
    forget(node);
  }
  seen_[child] = line_;
  return parse_value(node, at, depth);
}

const char* JsonParser::parse_key(const JsonNode& node, const char* at, std::size_t& child) {
  if (*at != '"') return fail(at, "a key in quotes");
  const char* begin = ++at;
  bool escaped = false;
  const char* end = find_string_end(at, escaped);
  if (end == nullptr) return fail(at, "a key that is closed, without control characters");
  const auto size = static_cast<std::size_t>(end - begin);
  if (!escaped) [[likely]] {
    child = node.find({begin, size});
  } else {
    scratch_.assign(size + 8, '\0');
    const std::size_t left = undo_escapes({EscapeKind::json, '"'}, begin, size, scratch_.data());
    child = node.find({scratch_.data(), left});
  }
  at = skip_json_space(end + 1);
  if (*at != ':') return fail(at, "':' behind a key");
  return skip_json_space(at + 1);
}

const char* JsonParser::parse_object(const JsonNode& node, const char* at, std::size_t depth) {
  if (depth > kMostJsonDepth) return fail(at, "less nesting");
  at = skip_json_space(at + 1);
  if (*at == '}') return at + 1;
  while (true) {
    std::size_t child = JsonNode::kNowhere;
    at = parse_key(node, at, child);
    if (at == nullptr) return nullptr;
    at = child == JsonNode::kNowhere ? skip_value(at, depth) : enter(child, at, depth);
    if (at == nullptr) return nullptr;
    at = skip_json_space(at);
    if (*at == '}') return at + 1;
    if (*at != ',') return fail(at, "',' or '}'");
    at = skip_json_space(at + 1);
  }
}

const char* JsonParser::parse_array(const JsonNode& node, const char* at, std::size_t depth) {
  if (depth > kMostJsonDepth) return fail(at, "less nesting");
  at = skip_json_space(at + 1);
  if (*at == ']') return at + 1;
  for (std::int64_t index = 0;; ++index) {
    std::size_t child = JsonNode::kNowhere;
    for (const JsonNode::Index& each : node.indices) {
      if (each.index == index) child = each.node;
    }
    at = child == JsonNode::kNowhere ? skip_value(at, depth) : enter(child, at, depth);
    if (at == nullptr) return nullptr;
    at = skip_json_space(at);
    if (*at == ']') return at + 1;
    if (*at != ',') return fail(at, "',' or ']'");
    at = skip_json_space(at + 1);
  }
}

const char* JsonParser::parse_value(const JsonNode& node, const char* at, std::size_t depth) {
  const char* begin = at;
  if (*at == '"') {
    ++at;
    bool escaped = false;
    const char* end = find_string_end(at, escaped);
    if (end == nullptr) return fail(at, "a string that is closed, without control characters");
    for (const std::size_t slot : node.own) {
      slices_[slot * stride_] =
          json_text_slice(layout_.slots()[slot], window_, begin + 1, end, escaped);
    }
    return end + 1;
  }
  if (*at == '{' || *at == '[') {
    // Where the fields below are, they are found; the value itself is none of a field.
    if (*at == '{') {
      at = node.keys.empty() ? skip_value(at, depth) : parse_object(node, at, depth + 1);
    } else {
      at = node.indices.empty() ? skip_value(at, depth) : parse_array(node, at, depth + 1);
    }
    if (at != nullptr) put(node, slice_between(window_, begin, at, SliceKind::wrong_type));
    return at;
  }
  JsonWord word = JsonWord::none;
  at = skip_json_word(at, word);
  if (at == nullptr) return fail(begin, "a value");
  for (const std::size_t slot : node.own) {
    slices_[slot * stride_] =
        slice_between(window_, begin, at, kind_for(layout_.slots()[slot].kind, word));
  }
  return at;
}

// Checks a value in which no field is.
const char* JsonParser::skip_value(const char* at, std::size_t depth) {
  const std::size_t outside = depth;
  std::size_t unused = 0;
  static const JsonNode kNoFields;
  while (true) {
    // A value begins here.
    if (*at == '{' || *at == '[') {
      if (depth == kMostJsonDepth) return fail(at, "less nesting");
      is_object_[++depth] = *at == '{';
      const char close = *at == '{' ? '}' : ']';
      at = skip_json_space(at + 1);
      if (*at == close) {
        ++at;
        --depth;
      } else {
        if (close == '}') at = parse_key(kNoFields, at, unused);
        if (at == nullptr) return nullptr;
        continue;
      }
    } else if (*at == '"') {
      at = skip_string(at + 1);
      if (at == nullptr) return nullptr;
    } else {
      JsonWord word = JsonWord::none;
      const char* begin = at;
      at = skip_json_word(at, word);
      if (at == nullptr) return fail(begin, "a value");
    }
    // A value has ended; so may what it stands in.
    while (true) {
      if (depth == outside) return at;
      at = skip_json_space(at);
      if (*at == ',') break;
      if (*at != (is_object_[depth] ? '}' : ']')) {
        return fail(at, is_object_[depth] ? "',' or '}'" : "',' or ']'");
      }
      ++at;
      --depth;
    }
    at = skip_json_space(at + 1);
    if (is_object_[depth]) {
      at = parse_key(kNoFields, at, unused);
      if (at == nullptr) return nullptr;
    }
  }
}

}  // namespace fastlane::kernels::records
