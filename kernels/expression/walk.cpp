// See kernels/expression/walk.hpp.
#include "kernels/expression/walk.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kernels/lanes.hpp"

namespace fastlane::kernels::expression {
namespace {

std::size_t distance(std::ptrdiff_t stride) {
  return stride < 0 ? std::size_t{0} - static_cast<std::size_t>(stride)
                    : static_cast<std::size_t>(stride);
}

template <class T>
void collect_strided(std::byte* target, const std::byte* source, std::ptrdiff_t stride,
                     std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    store<T>(target + i * sizeof(T), load<T>(source + static_cast<std::ptrdiff_t>(i) * stride));
  }
}

template <class T>
void distribute_strided(std::byte* target, const std::byte* source, std::ptrdiff_t stride,
                        std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    store<T>(target + static_cast<std::ptrdiff_t>(i) * stride, load<T>(source + i * sizeof(T)));
  }
}

// Calls body.template operator()<T>() for an unsigned T of `item` bytes: what the elements mean
// does not matter to who moves them.
template <class Body>
void with_item(std::size_t item, Body&& body) {
  switch (item) {
    case 1:
      return body.template operator()<std::uint8_t>();
    case 2:
      return body.template operator()<std::uint16_t>();
    case 4:
      return body.template operator()<std::uint32_t>();
    default:
      return body.template operator()<std::uint64_t>();
  }
}

void collect_run(std::size_t item, std::byte* target, const std::byte* source,
                 std::ptrdiff_t stride, std::size_t count) {
  if (stride == static_cast<std::ptrdiff_t>(item)) {
    std::memcpy(target, source, count * item);
    return;
  }
  with_item(item, [&]<class T>() { collect_strided<T>(target, source, stride, count); });
}

void distribute_run(std::size_t item, std::byte* target, const std::byte* source,
                    std::ptrdiff_t stride, std::size_t count) {
  if (stride == static_cast<std::ptrdiff_t>(item)) {
    std::memcpy(target, source, count * item);
    return;
  }
  with_item(item, [&]<class T>() { distribute_strided<T>(target, source, stride, count); });
}

}  // namespace

// Dimensions that are not used stay unset: setting them would cost more than a small expression.
// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init)
Walk::Walk(std::span<const ArrayView* const> views)
    : views_(views), strides_(views.size() * kMaxDimensions), places_(views.size()) {
  const ArrayView& first = *views[0];
  for (std::size_t v = 0; v < views.size(); ++v) places_[v] = views[v]->data;
  for (int axis = 0; axis < first.ndim; ++axis) {
    remaining_ *= static_cast<std::size_t>(first.shape[axis]);
    if (first.shape[axis] == 1) continue;
    shape_[ndim_] = static_cast<std::size_t>(first.shape[axis]);
    for (std::size_t v = 0; v < views.size(); ++v) stride_of(v, ndim_) = views[v]->strides[axis];
    ++ndim_;
  }
  if (ndim_ == 0 || remaining_ == 0) {
    ndim_ = 1;
    shape_[0] = 1;
    for (std::size_t v = 0; v < views.size(); ++v) {
      stride_of(v, 0) = static_cast<std::ptrdiff_t>(views[v]->item_size());
    }
  }
  order_axes();
  merge_axes();
  last_ = ndim_ - 1;
  run_ = shape_[last_];
  for (std::size_t axis = 0; axis < ndim_; ++axis) index_[axis] = 0;
}

bool Walk::is_one_element(std::size_t view) const {
  for (std::size_t axis = 0; axis < ndim_; ++axis) {
    if (stride_of(view, axis) != 0) return false;
  }
  return true;
}

bool Walk::lies_outside(std::size_t left, std::size_t right) const {
  for (std::size_t v = 0; v < views_.size(); ++v) {
    const std::size_t a = distance(stride_of(v, left));
    const std::size_t b = distance(stride_of(v, right));
    if (a != b) return a > b;
  }
  return false;
}

void Walk::swap_axes(std::size_t left, std::size_t right) {
  std::swap(shape_[left], shape_[right]);
  for (std::size_t v = 0; v < views_.size(); ++v) {
    std::swap(stride_of(v, left), stride_of(v, right));
  }
}

void Walk::order_axes() {
  for (std::size_t axis = 0; axis < ndim_; ++axis) {
    std::size_t v = 0;
    while (v < views_.size() && stride_of(v, axis) == 0) ++v;
    if (v == views_.size() || stride_of(v, axis) > 0) continue;
    for (v = 0; v < views_.size(); ++v) {
      std::ptrdiff_t& stride = stride_of(v, axis);
      places_[v] += static_cast<std::ptrdiff_t>(shape_[axis] - 1) * stride;
      stride = -stride;
    }
  }
  for (std::size_t axis = 1; axis < ndim_; ++axis) {
    for (std::size_t place = axis; place > 0 && lies_outside(place, place - 1); --place) {
      swap_axes(place, place - 1);
    }
  }
}

void Walk::merge_axes() {
  std::size_t kept = 0;
  for (std::size_t axis = 1; axis < ndim_; ++axis) {
    bool continues = true;
    for (std::size_t v = 0; v < views_.size() && continues; ++v) {
      std::ptrdiff_t span = 0;
      continues = !__builtin_mul_overflow(stride_of(v, axis),
                                          static_cast<std::ptrdiff_t>(shape_[axis]), &span) &&
                  stride_of(v, kept) == span;
    }
    if (continues) {
      shape_[kept] *= shape_[axis];
    } else {
      ++kept;
      shape_[kept] = shape_[axis];
    }
    for (std::size_t v = 0; v < views_.size(); ++v) stride_of(v, kept) = stride_of(v, axis);
  }
  ndim_ = kept + 1;
}

// Calls move(address, stride, first, length) for each run that the next `count` elements touch.
template <class Move>
void Walk::each_piece(std::size_t view, std::size_t count, Move&& move) const {
  const std::byte* at = places_[view];
  const std::ptrdiff_t step = stride(view);
  std::size_t left_here = left_in_run();
  if (count <= left_here) {
    move(const_cast<std::byte*>(at), step, std::size_t{0}, count);
    return;
  }
  std::array<std::size_t, kMaxDimensions> index;
  for (std::size_t axis = 0; axis < last_; ++axis) index[axis] = index_[axis];
  at -= static_cast<std::ptrdiff_t>(index_[last_]) * step;  // start of the run
  std::size_t into_run = index_[last_];
  for (std::size_t done = 0; done < count;) {
    const std::size_t length = std::min(left_here, count - done);
    move(const_cast<std::byte*>(at) + static_cast<std::ptrdiff_t>(into_run) * step, step, done,
         length);
    done += length;
    into_run = 0;
    left_here = run_;
    for (std::size_t axis = last_; axis-- > 0;) {
      if (++index[axis] < shape_[axis]) {
        at += stride_of(view, axis);
        break;
      }
      index[axis] = 0;
      at -= static_cast<std::ptrdiff_t>(shape_[axis] - 1) * stride_of(view, axis);
    }
  }
}

void Walk::collect(std::size_t view, std::byte* target, std::size_t count) const {
  const std::size_t item = views_[view]->item_size();
  each_piece(view, count,
             [&](const std::byte* at, std::ptrdiff_t step, std::size_t first, std::size_t length) {
               collect_run(item, target + first * item, at, step, length);
             });
}

void Walk::distribute(std::size_t view, const std::byte* source, std::size_t count) const {
  const std::size_t item = views_[view]->item_size();
  each_piece(view, count,
             [&](std::byte* at, std::ptrdiff_t step, std::size_t first, std::size_t length) {
               distribute_run(item, at, source + first * item, step, length);
             });
}

void Walk::advance(std::size_t count) {
  remaining_ -= count;
  const std::size_t reached = index_[last_] + count;
  if (reached < run_) {
    for (std::size_t v = 0; v < views_.size(); ++v) {
      places_[v] += static_cast<std::ptrdiff_t>(count) * stride(v);
    }
    index_[last_] = reached;
    return;
  }
  const std::size_t runs = reached / run_;
  const std::size_t into_run = reached % run_;
  const auto moved =
      static_cast<std::ptrdiff_t>(into_run) - static_cast<std::ptrdiff_t>(index_[last_]);
  for (std::size_t v = 0; v < views_.size(); ++v) places_[v] += moved * stride(v);
  index_[last_] = into_run;
  if (remaining_ == 0) return;
  std::size_t carry = runs;
  for (std::size_t axis = last_; axis-- > 0 && carry != 0;) {
    const std::size_t sum = index_[axis] + carry;
    const std::size_t next = sum % shape_[axis];
    carry = sum / shape_[axis];
    const auto steps =
        static_cast<std::ptrdiff_t>(next) - static_cast<std::ptrdiff_t>(index_[axis]);
    for (std::size_t v = 0; v < views_.size(); ++v) places_[v] += steps * stride_of(v, axis);
    index_[axis] = next;
  }
}

}  // namespace fastlane::kernels::expression
