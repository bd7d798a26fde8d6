// What the searches have in common: the haystack "s", the needle "sub", and how both reach the
// kernels. The kernels get two spans of one code point size, or bytes that do not lie in one piece.
#pragma once

#include <Python.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/text/needle.hpp"
#include "kernels/text/search.hpp"
#include "kernels/text/strided_search.hpp"
#include "module/boundary/borrowed_string.hpp"

namespace fastlane {

// The needle of a haystack of bytes: in place, or put together where it does not lie in one piece.
class NeedleBytes {
 public:
  explicit NeedleBytes(const BorrowedString& sub) {  // may throw bad_alloc
    if (sub.is_strided()) {
      const kernels::StridedBytes bytes(sub.strided().view(), sub.strided().item_size());
      joined_.resize(bytes.size());
      bytes.copy(0, std::as_writable_bytes(std::span(joined_)));
      bytes_ = joined_;
    } else {
      const std::span<const std::byte> bytes = sub.strided().bytes();
      bytes_ = {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
    }
  }
  NeedleBytes(const NeedleBytes&) = delete;
  NeedleBytes& operator=(const NeedleBytes&) = delete;

  std::span<const std::uint8_t> bytes() const noexcept { return bytes_; }

 private:
  std::vector<std::uint8_t> joined_;
  std::span<const std::uint8_t> bytes_;
};

struct Haystack {
  BorrowedString s;
  BorrowedString sub;

  bool acquire(Arguments& args, PyObject* s_arg, PyObject* sub_arg) {
    return s.acquire(args, "s", s_arg) && sub.acquire_like(s, args, "sub", sub_arg);
  }
  void release() noexcept {
    sub.release();  // exporter unlocked
    s.release();    // exporter unlocked
  }

  // Calls search(text, needle) for s[begin:end]; `text` and `needle` are spans of one type, or a
  // StridedText and a span of bytes. A needle that s cannot hold is not searched for: `absent`.
  // Needs no GIL. Throws bad_alloc and what `search` throws.
  template <class Result, class Body>
  Result search(std::size_t begin, std::size_t end, Result absent, Body&& body) const {
    if (s.is_strided()) {
      const kernels::StridedBytes bytes(s.strided().view(), s.strided().item_size());
      const NeedleBytes needle(sub);
      return body(kernels::text::StridedText{bytes, begin, end}, needle.bytes());
    }
    return s.visit([&]<class T>(std::span<const T> text) -> Result {
      const std::span<const T> part = text.subspan(begin, end - begin);
      if constexpr (sizeof(T) == 1) {
        if (!s.is_text()) {
          const NeedleBytes needle(sub);
          return body(part, needle.bytes());
        }
      }
      return sub.visit([&]<class N>(std::span<const N> original) -> Result {
        const kernels::text::FittedNeedle<T> needle(original);
        return needle.fits() ? body(part, needle.points()) : absent;
      });
    });
  }
};

}  // namespace fastlane
