// The state of aggregates as bytes, and back from bytes that anyone may have made: what a result
// carries so that it can be joined with another one. A state says once, in `each`, what it consists
// of; both directions follow that. Little-endian, for one version of the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "kernels/records/buffer.hpp"
#include "kernels/records/program.hpp"

namespace fastlane::kernels::records {

// Bytes that are no state, or that of another program.
class StateError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

template <class T>
inline constexpr bool is_plain_number = std::is_arithmetic_v<T> || std::is_same_v<T, Integer>;

// Throws std::bad_alloc.
class StateWriter {
 public:
  // For `each`.
  template <class... Parts>
  void operator()(const Parts&... parts) {
    (put(parts), ...);
  }
  template <class T>
  void put(const T& part) {
    if constexpr (is_plain_number<T>) {
      put_bytes(&part, sizeof(T));
    } else if constexpr (requires { part.data(); }) {
      put(static_cast<std::uint64_t>(part.size()));
      put_bytes(part.data(), part.size() * sizeof(part[0]));
    } else {
      T::each(part, *this);
    }
  }
  // Never written into its callers, of which every aggregate has one for each type.
  [[gnu::noinline]] void put_bytes(const void* bytes, std::size_t size) {
    bytes_.append(static_cast<const char*>(bytes), size);
  }
  Buffer<char> finish() { return std::move(bytes_); }

 private:
  Buffer<char> bytes_;
};

// Throws StateError where the bytes end too early or do not fit, and std::bad_alloc.
class StateReader {
 public:
  // The bytes outlive the reader.
  explicit StateReader(std::string_view bytes) : rest_(bytes) {}

  template <class... Parts>
  void operator()(Parts&... parts) {
    (take(parts), ...);
  }
  template <class T>
  void take(T& part) {
    if constexpr (std::is_same_v<T, bool>) {
      part = take<std::uint8_t>() != 0;
    } else if constexpr (is_plain_number<T>) {
      std::memcpy(&part, take_bytes(sizeof(T)).data(), sizeof(T));
    } else if constexpr (requires { part.data(); }) {
      constexpr std::size_t kWidth = sizeof(part[0]);
      const auto size = take<std::uint64_t>();
      if (size > rest_.size() / kWidth) throw StateError("a state that ends too early");
      part.resize(static_cast<std::size_t>(size));
      const std::string_view bytes = take_bytes(part.size() * kWidth);
      if (!bytes.empty()) std::memcpy(part.data(), bytes.data(), bytes.size());
    } else {
      T::each(part, *this);
      if constexpr (requires { part.is_sound(); }) {
        if (!part.is_sound()) throw StateError("a state that contradicts itself");
      }
    }
  }
  template <class T>
  T take() {
    T part{};
    take(part);
    return part;
  }
  [[gnu::noinline]] std::string_view take_bytes(std::size_t size) {
    if (size > rest_.size()) throw StateError("a state that ends too early");
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
};

}  // namespace fastlane::kernels::records
