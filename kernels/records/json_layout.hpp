// The paths of NDJSON fields as a tree, so that one pass over a line meets all of them.
// Reads single lines for error messages.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/records/layout.hpp"
#include "kernels/records/program.hpp"
#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {

// What a field can be made of.
enum class JsonKind : std::uint8_t { text, number, boolean };

struct JsonNode {
  struct Key {
    std::string name;
    std::uint64_t start = 0;  // its first eight bytes
    std::size_t node = 0;
  };
  struct Index {
    std::int64_t index = 0;
    std::size_t node = 0;
  };
  std::vector<Key> keys;         // of an object here
  std::vector<Index> indices;    // of an array here
  std::vector<std::size_t> own;  // slots that the value here fills
  std::vector<std::size_t> all;  // those, and the slots of every node below

  static constexpr std::size_t kNowhere = ~std::size_t{0};
  // Precondition: eight readable bytes from `name` on.
  std::size_t find(std::string_view name) const {
    const std::uint64_t start = load_word(name.data()) & byte_mask(name.size());
    for (const Key& key : keys) {
      if (key.start != start || key.name.size() != name.size()) continue;
      if (name.size() <= 8 || key.name == name) return key.node;
    }
    return kNowhere;
  }
};

struct JsonSlot {
  JsonKind kind = JsonKind::text;
  bool has_null = false;
  std::string null_text;  // a text that is null, also where a number belongs
};

class JsonLayout final : public Layout {
 public:
  // The program has passed `check`, or is being checked.
  explicit JsonLayout(const Program& program);

  const std::vector<JsonNode>& nodes() const { return nodes_; }  // the root first
  const std::vector<JsonSlot>& slots() const { return slots_; }

  std::unique_ptr<RowSource> make_source(std::size_t max_row_bytes) const override;
  Mismatch explain(std::string_view line, std::size_t input) const override;
  std::string_view text_of_slot(std::string_view line, std::size_t slot,
                                std::size_t input) const override;

 private:
  std::size_t node_of(const std::vector<PathStep>& path, std::size_t slot);

  std::vector<JsonNode> nodes_;
  std::vector<JsonSlot> slots_;
};

}  // namespace fastlane::kernels::records
