// Groups as bytes: what they are of, the words of their keys, the texts that these stand for, and
// what each aggregate has seen. Bytes may come from anywhere: everything in them is checked.
#include <algorithm>

#include "kernels/records/field_reader.hpp"
#include "kernels/records/group_by.hpp"
#include "kernels/records/state.hpp"
#include "kernels/records/words.hpp"

namespace fastlane::kernels::records {

// What has to be the same for two states to be of one kind.
std::string Groups::signature() const {
  std::string text = "fastlane groups 1";
  const auto add_type = [&](std::size_t field) {
    text += " " + std::string(name_of(program_.fields[field].type));
    text += is_nullable(program_.fields[field]) ? "?" : "";
  };
  for (std::size_t key = 0; key < layout_.key_count(); ++key) add_type(layout_.field(key));
  for (const Aggregate& aggregate : program_.aggregates) {
    text += " " + std::string(name_of(aggregate.function)) + "(";
    if (aggregate.column) add_type(*aggregate.column);
    text += ")";
  }
  return text;
}

Buffer<char> Groups::save() const {
  StateWriter writer;
  writer.put(signature());
  writer.put(static_cast<std::uint64_t>(table_.size()));
  for (std::size_t group = 0; group < table_.size(); ++group) {
    for (std::size_t word = 0; word < table_.width(); ++word) {
      writer.put(table_.words(group)[word]);
    }
  }
  for (const Dictionary& texts : texts_) {
    writer.put(static_cast<std::uint64_t>(texts.size()));
    for (std::size_t code = 0; code < texts.size(); ++code) writer.put(texts[code]);
  }
  for (const auto& accumulator : accumulators_) accumulator->save(writer);
  // A dictionary that reads the texts back looks at that many bytes behind them.
  const std::string padding(kPadding, '\0');
  writer.put(padding);
  return writer.finish();
}

Groups Groups::load(const Program& program, std::string_view bytes) {
  Groups groups(program);
  StateReader reader(bytes);
  if (reader.take<std::string>() != groups.signature()) {
    throw StateError("the state of another plan's result");
  }
  const auto count = reader.take<std::uint64_t>();
  // Without keys a group has no words, and there is one at most.
  const std::size_t width = groups.table_.width();
  if (count > (width == 0 ? 1 : reader.left() / sizeof(std::uint64_t))) {
    throw StateError("a state that ends too early");
  }
  std::vector<std::uint64_t> words(width);
  for (std::uint64_t group = 0; group < count; ++group) {
    for (std::uint64_t& word : words) reader.take(word);
    if (groups.table_.add(words.data()) != group) throw StateError("a group that comes twice");
  }
  for (Dictionary& texts : groups.texts_) {
    const auto size = reader.take<std::uint64_t>();
    for (std::uint64_t code = 0; code < size; ++code) {
      const std::string_view text = reader.take_bytes(reader.take<std::uint64_t>());
      if (reader.left() < kPadding) throw StateError("a state that ends too early");
      static_cast<void>(texts.add(text));
    }
    if (texts.size() != size) throw StateError("a text that comes twice");
  }
  for (std::size_t key = 0; key < groups.layout_.key_count(); ++key) {
    if (!is_text(program.fields[groups.layout_.field(key)].type)) continue;
    for (std::size_t group = 0; group < count; ++group) {
      const std::uint64_t* known = groups.table_.words(group);
      if (!groups.layout_.is_null(known, key) && known[key] >= groups.texts_[key].size()) {
        throw StateError("a text that is not there");
      }
    }
  }
  for (const auto& accumulator : groups.accumulators_) {
    accumulator->resize(groups.table_.size());
    accumulator->load(reader);
  }
  if (reader.take<std::string>().size() != kPadding || reader.left() != 0) {
    throw StateError("a state that goes on behind its end");
  }
  return groups;
}

}  // namespace fastlane::kernels::records
