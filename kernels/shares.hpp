// Divides the work on views among threads: which elements stand together depends on the views
// alone, never on the number of threads, so that what is joined in the order of the shares has the
// same bits on any machine. The pool is in kernels/pool.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "kernels/array_view.hpp"
#include "kernels/checkpoint.hpp"
#include "kernels/pool.hpp"
#include "kernels/runs.hpp"

namespace fastlane::kernels {

inline constexpr std::size_t kMostShares = 64;
inline constexpr std::size_t kLeastShare = std::size_t{64} << 10;  // elements

// Waking a thread takes some 20 us: less memory traffic than this is done before it is awake.
inline constexpr std::size_t kWorthSharing = std::size_t{2} << 20;

// Views of one shape, cut along their longest axis; contiguous ones are taken as one long axis.
// Contract: nothing is allocated; nothing is thrown.
template <std::size_t kViews>
class Shares {
 public:
  using Views = std::array<ArrayView, kViews>;

  explicit Shares(const std::array<const ArrayView*, kViews>& views) {
    for (std::size_t v = 0; v < kViews; ++v) views_[v] = *views[v];
    const std::size_t size = views_[0].size();
    if (size <= kLeastShare) return;
    flatten(size);
    axis_ = Slab::axis_to_cut(views_[0]);
    const auto length = static_cast<std::size_t>(views_[0].shape[axis_]);
    const std::size_t beside = size / length;  // elements for each index of the axis
    const std::size_t wanted = std::max(kLeastShare, rounded_up(size, kMostShares) / kMostShares);
    // Whole pages wherever the axis is the only one.
    per_share_ = rounded_up(std::max<std::size_t>(wanted / beside, 1), beside == 1 ? 4096 : 1);
    count_ = rounded_up(length, per_share_) / per_share_;
    // A short axis beside long ones leaves few indices to choose from.
    while (count_ > kMostShares) {
      per_share_ *= 2;
      count_ = rounded_up(length, per_share_) / per_share_;
    }
  }
  Shares(const Shares&) = delete;
  Shares& operator=(const Shares&) = delete;

  std::size_t count() const { return count_; }  // 1 to kMostShares

  // Calls body(views) with the views of one share.
  template <class Body>
  void visit(std::size_t share, Body&& body) const {
    if (count_ == 1) return body(views_);
    const auto axis = static_cast<std::size_t>(axis_);
    std::array<std::ptrdiff_t, kMaxDimensions> shape;
    std::copy_n(views_[0].shape, views_[0].ndim, shape.begin());
    const std::size_t first = share * per_share_;
    shape[axis] = static_cast<std::ptrdiff_t>(
        std::min(per_share_, static_cast<std::size_t>(shape[axis]) - first));
    Views cut = views_;
    for (ArrayView& view : cut) {
      view.data += static_cast<std::ptrdiff_t>(first) * view.strides[axis];
      view.shape = shape.data();
    }
    body(cut);
  }

 private:
  static std::size_t rounded_up(std::size_t value, std::size_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
  }

  void flatten(std::size_t size) {
    for (const ArrayView& view : views_) {
      if (!view.is_c_contiguous()) return;
    }
    length_ = static_cast<std::ptrdiff_t>(size);
    for (std::size_t v = 0; v < kViews; ++v) {
      item_[v] = static_cast<std::ptrdiff_t>(views_[v].item_size());
      views_[v] = {views_[v].data, views_[v].dtype, 1, &length_, &item_[v]};
    }
  }

  Views views_;
  int axis_ = 0;
  std::size_t per_share_ = 0;
  std::size_t count_ = 1;
  std::ptrdiff_t length_ = 0;  // of contiguous views
  std::array<std::ptrdiff_t, kViews> item_{};
};

// Threads for `bytes` of memory traffic when `threads` were asked for, 0 being the pool's size.
inline std::size_t threads_for(std::size_t bytes, std::size_t threads) {
  if (bytes < kWorthSharing) return 1;
  return threads == 0 ? pool().size() : threads;
}

// Calls body(share, views, checkpoint) for every share, on at most `threads` threads.
// Throws what `checkpoint`, `body` and the pool throw.
template <std::size_t kViews, class Body>
void for_each_share(const Shares<kViews>& shares, std::size_t threads, Checkpoint& checkpoint,
                    Body&& body) {
  const auto work = [&](std::size_t share, Checkpoint& mine) {
    shares.visit(share, [&](const auto& views) { body(share, views, mine); });
  };
  if (threads == 1) {
    for (std::size_t share = 0; share < shares.count(); ++share) work(share, checkpoint);
  } else {
    pool().parallel_for(shares.count(), work, checkpoint, threads);
  }
}

// Adds up what add(part, view, checkpoint) finds in each share, in the order of the shares.
template <class Part, class Add>
Part joined_shares(const ArrayView& view, std::size_t threads, Checkpoint& checkpoint, Add&& add) {
  const Shares<1> shares({&view});
  Part total;
  if (shares.count() == 1) {
    add(total, view, checkpoint);
  } else if (threads == 1) {
    for_each_share(shares, 1, checkpoint, [&](std::size_t, const auto& views, Checkpoint& mine) {
      Part part;
      add(part, views[0], mine);
      total.join(part);
    });
  } else {
    std::array<Part, kMostShares> parts;
    for_each_share(shares, threads, checkpoint,
                   [&](std::size_t share, const auto& views, Checkpoint& mine) {
                     add(parts[share], views[0], mine);
                   });
    for (std::size_t share = 0; share < shares.count(); ++share) total.join(parts[share]);
  }
  return total;
}

}  // namespace fastlane::kernels
