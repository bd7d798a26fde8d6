// The structures' memory, their release callbacks, and the list of references that wait for the
// GIL.
//
// A release callback may not wait for the GIL: its caller may hold a lock that the thread with the
// GIL wants, and a thread that asks for the GIL while the interpreter ends never comes back. So a
// callback on a thread without the GIL only puts the node into a list; the interpreter's next
// pending call, or the next export, gives the references back.
#include "module/records/arrow_export.hpp"

#include <atomic>
#include <cerrno>
#include <memory>
#include <new>
#include <utility>

namespace fastlane {
namespace {

struct SchemaNode {
  std::string name;
  std::string format;
  std::vector<ArrowSchema> children;
  std::vector<ArrowSchema*> child_addresses;
  std::vector<ArrowSchema> dictionary;
};

struct ArrayNode {
  std::array<const void*, 3> buffers{};
  std::vector<std::uint8_t> packed;
  std::vector<OwnedRef> owned;
  std::vector<ArrowArray> children;
  std::vector<ArrowArray*> child_addresses;
  std::vector<ArrowArray> dictionary;
  ArrayNode* next = nullptr;  // in the list of those that wait
};

// A child that a consumer has moved out has no release left here.
template <class Structure>
void release_all(std::vector<Structure>& structures) noexcept {
  for (Structure& structure : structures) {
    if (structure.release != nullptr) structure.release(&structure);
  }
}

void release_schema(ArrowSchema* schema) noexcept {
  std::unique_ptr<SchemaNode> node(static_cast<SchemaNode*>(schema->private_data));
  schema->release = nullptr;
  release_all(node->children);
  release_all(node->dictionary);
}

std::atomic<ArrayNode*> waiting{nullptr};

void give_back(ArrayNode* node) noexcept {
  std::unique_ptr<ArrayNode> freed(node);
  for (OwnedRef& object : freed->owned) object.decref();
}

int give_back_pending(void*) noexcept {
  give_back_waiting();
  return 0;
}

// After the interpreter's end nobody can take a reference back: the arrays live on, as the process
// does not.
void give_back_later(ArrayNode* node) noexcept {
  node->next = waiting.load(std::memory_order_relaxed);
  while (!waiting.compare_exchange_weak(node->next, node, std::memory_order_release,
                                        std::memory_order_relaxed)) {
  }
  // A full queue of pending calls is no loss: the next export gives the reference back.
  if (Py_IsInitialized() != 0) Py_AddPendingCall(give_back_pending, nullptr);
}

void release_array(ArrowArray* array) noexcept {
  auto* node = static_cast<ArrayNode*>(array->private_data);
  array->release = nullptr;
  release_all(node->children);
  release_all(node->dictionary);
  if (node->owned.empty()) {
    delete node;
  } else if (Py_IsInitialized() != 0 && PyGILState_Check() != 0) {
    give_back(node);
  } else {
    give_back_later(node);
  }
}

struct StreamNode {
  ArrowShape shape;
  ArrowArray batch{};  // released once it is handed out
};

int stream_schema(ArrowArrayStream* stream, ArrowSchema* out) noexcept try {
  *out = ArrowSchema{};
  export_schema(static_cast<StreamNode*>(stream->private_data)->shape, *out);
  return 0;
} catch (const std::bad_alloc&) {
  return ENOMEM;
}

int stream_next(ArrowArrayStream* stream, ArrowArray* out) noexcept {
  *out = std::exchange(static_cast<StreamNode*>(stream->private_data)->batch, ArrowArray{});
  return 0;
}

const char* stream_error(ArrowArrayStream*) noexcept { return "out of memory"; }

void release_stream(ArrowArrayStream* stream) noexcept {
  std::unique_ptr<StreamNode> node(static_cast<StreamNode*>(stream->private_data));
  stream->release = nullptr;
  if (node->batch.release != nullptr) node->batch.release(&node->batch);
}

// Children that were made are released when a later one fails.
template <class Structure>
struct ReleasedOnError {
  std::vector<Structure>& structures;
  bool finished = false;
  ~ReleasedOnError() {
    if (!finished) release_all(structures);
  }
};

}  // namespace

void give_back_waiting() noexcept {
  ArrayNode* node = waiting.exchange(nullptr, std::memory_order_acquire);
  while (node != nullptr) {
    ArrayNode* next = node->next;
    give_back(node);
    node = next;
  }
}

void ArrowParts::decref() noexcept {
  for (OwnedRef& owner : owners) owner.decref();
  for (ArrowParts& child : children) child.decref();
  for (ArrowParts& words : dictionary) words.decref();
}

void export_schema(const ArrowShape& shape, ArrowSchema& out) {
  auto node = std::make_unique<SchemaNode>();
  node->name = shape.name;
  node->format = shape.format;
  node->children.resize(shape.children.size());
  node->dictionary.resize(shape.dictionary.size());
  node->child_addresses.reserve(shape.children.size());
  ReleasedOnError<ArrowSchema> children{node->children};
  ReleasedOnError<ArrowSchema> dictionary{node->dictionary};
  for (std::size_t child = 0; child < shape.children.size(); ++child) {
    export_schema(shape.children[child], node->children[child]);
    node->child_addresses.push_back(&node->children[child]);
  }
  if (!shape.dictionary.empty()) export_schema(shape.dictionary[0], node->dictionary[0]);
  children.finished = dictionary.finished = true;
  out = {.format = node->format.c_str(),
         .name = node->name.c_str(),
         .metadata = nullptr,
         .flags = kArrowNullable,
         .n_children = static_cast<std::int64_t>(node->children.size()),
         .children = node->child_addresses.data(),
         .dictionary = node->dictionary.empty() ? nullptr : node->dictionary.data(),
         .release = release_schema,
         .private_data = nullptr};
  out.private_data = node.release();
}

void export_array(ArrowParts&& parts, ArrowArray& out) {
  auto node = std::make_unique<ArrayNode>();
  node->buffers = parts.buffers;
  node->packed = std::move(parts.packed);
  if (!node->packed.empty()) node->buffers[1] = node->packed.data();
  node->children.resize(parts.children.size());
  node->dictionary.resize(parts.dictionary.size());
  node->child_addresses.reserve(parts.children.size());
  ReleasedOnError<ArrowArray> children{node->children};
  ReleasedOnError<ArrowArray> dictionary{node->dictionary};
  for (std::size_t child = 0; child < parts.children.size(); ++child) {
    export_array(std::move(parts.children[child]), node->children[child]);
    node->child_addresses.push_back(&node->children[child]);
  }
  if (!parts.dictionary.empty()) export_array(std::move(parts.dictionary[0]), node->dictionary[0]);
  children.finished = dictionary.finished = true;
  node->owned.swap(parts.owners);  // transferred
  out = {.length = parts.length,
         .null_count = parts.has_nulls ? -1 : 0,
         .offset = 0,
         .n_buffers = parts.buffer_count,
         .n_children = static_cast<std::int64_t>(node->children.size()),
         .buffers = node->buffers.data(),
         .children = node->child_addresses.data(),
         .dictionary = node->dictionary.empty() ? nullptr : node->dictionary.data(),
         .release = release_array,
         .private_data = nullptr};
  out.private_data = node.release();
}

void export_stream(ArrowShape&& shape, ArrowArray& batch, ArrowArrayStream& out) {
  auto node = std::make_unique<StreamNode>();
  node->shape = std::move(shape);
  node->batch = std::exchange(batch, ArrowArray{});
  out = {.get_schema = stream_schema,
         .get_next = stream_next,
         .get_last_error = stream_error,
         .release = release_stream,
         .private_data = node.release()};
}

}  // namespace fastlane
