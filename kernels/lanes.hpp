// Fixed-width groups of numbers that the compiler keeps in vector registers, and loads and stores
// that assume no alignment. Nothing here chooses an instruction set: the function that inlines it
// does. The groups are structs because a bare vector type as an argument would change the calling
// convention.
#pragma once

#include <cstddef>

namespace fastlane::kernels {

// A number at any address. Reading it through this type is defined whatever the alignment.
template <class T>
struct [[gnu::packed, gnu::may_alias]] Loose {
  T value;
};

template <class T>
[[gnu::always_inline]] inline T load(const std::byte* address) {
  return reinterpret_cast<const Loose<T>*>(address)->value;
}

template <class T>
[[gnu::always_inline]] inline void store(std::byte* address, T value) {
  reinterpret_cast<Loose<T>*>(address)->value = value;
}

template <class T, std::size_t kCount>
struct Lanes {
  typedef T Vector __attribute__((vector_size(kCount * sizeof(T))));  // NOLINT(modernize-use-using)
  // The same at any address. g++ copies a vector in halves when it is told to by memcpy.
  typedef T Anywhere  // NOLINT(modernize-use-using)
      __attribute__((vector_size(kCount * sizeof(T)), aligned(1), may_alias));
  Vector v;

  [[gnu::always_inline]] static Lanes filled(T value) {
    Lanes lanes;
    lanes.v = value - Vector{};  // not a sum: -0.0 has to stay -0.0
    return lanes;
  }
  [[gnu::always_inline]] static Lanes loaded(const void* address) {
    Lanes lanes;
    lanes.v = *static_cast<const Anywhere*>(address);
    return lanes;
  }
  [[gnu::always_inline]] void stored(void* address) const { *static_cast<Anywhere*>(address) = v; }
  template <class From>
  [[gnu::always_inline]] static Lanes converted(const Lanes<From, kCount>& from) {
    Lanes lanes;
    lanes.v = __builtin_convertvector(from.v, Vector);
    return lanes;
  }

  // a < b ? a : b in each lane, which is what the min instructions do: with a NaN on either side
  // the result is b.
  [[gnu::always_inline]] static Lanes lesser(const Lanes& a, const Lanes& b) {
    Lanes lanes;
    lanes.v = a.v < b.v ? a.v : b.v;
    return lanes;
  }
  [[gnu::always_inline]] static Lanes greater(const Lanes& a, const Lanes& b) {
    Lanes lanes;
    lanes.v = a.v > b.v ? a.v : b.v;
    return lanes;
  }
  // a * b + c with one rounding where the instruction set has it; slow where it has not.
  [[gnu::always_inline]] static Lanes fused(const Lanes& a, const Lanes& b, const Lanes& c) {
    Lanes lanes;
    for (std::size_t i = 0; i < kCount; ++i) lanes.v[i] = __builtin_fma(a.v[i], b.v[i], c.v[i]);
    return lanes;
  }
};

}  // namespace fastlane::kernels
