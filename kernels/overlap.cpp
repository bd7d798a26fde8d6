// The mathematics of kernels/overlap.hpp.
// Two layouts share a byte when their addresses can be made equal. With negative axes walked from
// their other end, and the second layout walked down from its last byte, that is one equation
//     c1*z1 + c2*z2 + ... = target,   0 <= zi <= bound_i,   ci > 0,
// and a solution is searched from the largest coefficient to the smallest.
#include "kernels/overlap.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace fastlane::kernels {
namespace {

__extension__ using Wide = __int128;

// Extents below this can be added to one another and to an address difference without overflow.
constexpr std::int64_t kLargestExtent = std::int64_t{1} << 60;

struct Axes {
  int ndim = 0;
  std::array<Footprint::Axis, kMaxDimensions> axis;
  std::int64_t below = 0;   // from the first element down to the lowest address
  std::int64_t extent = 0;  // from the lowest element to the highest one
  bool has_elements = true;
  bool repeats = false;  // an axis with a zero stride names its elements more than once
  bool exact = true;
};

bool add_extent(std::int64_t steps, std::int64_t stride, std::int64_t& sum) noexcept {
  std::int64_t product;
  if (__builtin_mul_overflow(steps, stride, &product) || product > kLargestExtent) return false;
  sum += product;
  return sum <= kLargestExtent;
}

// Axes that move, with positive strides, largest stride first.
Axes moving_axes(const Layout& layout) noexcept {
  Axes axes;
  for (int i = 0; i < layout.ndim; ++i) {
    if (layout.shape[i] <= 0) axes.has_elements = false;
  }
  if (!axes.has_elements) return axes;
  for (int i = 0; i < layout.ndim; ++i) {
    const std::int64_t steps = std::int64_t{layout.shape[i]} - 1;
    const std::int64_t stride = layout.strides[i];
    if (steps == 0) continue;
    if (stride == 0) {
      axes.repeats = true;
      continue;
    }
    if (stride < -kLargestExtent || !add_extent(steps, std::abs(stride), axes.extent) ||
        (stride < 0 && !add_extent(steps, -stride, axes.below))) {
      axes.exact = false;
      return axes;
    }
    axes.axis[static_cast<std::size_t>(axes.ndim++)] = {std::abs(stride), steps};
  }
  std::sort(axes.axis.begin(), axes.axis.begin() + axes.ndim,
            [](const auto& a, const auto& b) { return a.stride > b.stride; });
  return axes;
}

// Every sum of coefficient * z with 0 <= z <= bound. Terms are added in any order, then `decide` is
// called once.
class Equation {
 public:
  void add(std::int64_t coefficient, std::int64_t bound) noexcept {
    if (bound <= 0) return;
    terms_[count_].coefficient = coefficient;
    terms_[count_].bound = bound;
    ++count_;
  }

  Overlap decide(std::int64_t target, std::uint64_t& work) noexcept {
    prepare();
    if (target < 0 || target > terms_[0].reach) return Overlap::disjoint;
    if (target == 0) return Overlap::overlapping;
    if (target % terms_[0].divisor != 0) return Overlap::disjoint;
    if (misses_every_multiple(target)) return Overlap::disjoint;
    work_ = work;
    const Overlap answer = search(0, target);
    work = work_;
    return answer;
  }

 private:
  struct Term {
    std::int64_t coefficient;
    std::int64_t bound;
    std::int64_t reach;    // largest sum of this term and those after it
    std::int64_t divisor;  // of every such sum
    std::int64_t modulus;  // solutions z of this term lie this far apart ...
    std::int64_t inverse;  // ... at (target / divisor) * inverse
    bool dense;            // every multiple of `divisor` up to `reach` is such a sum
  };

  void prepare() noexcept {
    const auto end = terms_.begin() + static_cast<std::ptrdiff_t>(count_);
    std::sort(terms_.begin(), end,
              [](const Term& a, const Term& b) { return a.coefficient > b.coefficient; });
    std::size_t kept = 0;
    for (std::size_t i = 0; i < count_; ++i) {
      if (kept > 0 && terms_[kept - 1].coefficient == terms_[i].coefficient) {
        terms_[kept - 1].bound += terms_[i].bound;
      } else {
        terms_[kept++] = terms_[i];
      }
    }
    count_ = kept;
    terms_[count_] = Term{.coefficient = 0,  // the empty sum: reaches zero only
                          .bound = 0,
                          .reach = 0,
                          .divisor = 0,
                          .modulus = 1,
                          .inverse = 0,
                          .dense = true};
    for (std::size_t k = count_; k-- > 0;) {
      Term& term = terms_[k];
      const Term& rest = terms_[k + 1];
      term.reach = term.coefficient * term.bound + rest.reach;
      term.divisor = std::gcd(term.coefficient, rest.divisor);
      term.dense = rest.dense && (rest.divisor == 0 || rest.divisor == term.divisor) &&
                   term.coefficient <= rest.reach + term.divisor;
      term.modulus = rest.divisor == 0 ? 1 : rest.divisor / term.divisor;
      term.inverse = inverse_of(term.coefficient / term.divisor, term.modulus);
    }
  }

  // The large terms only reach multiples of their common divisor; what the others have to add is
  // then at least the remainder. Channels of one picture are told apart here, however large it is.
  bool misses_every_multiple(std::int64_t target) const noexcept {
    std::int64_t divisor = 0;
    for (std::size_t k = 0; k < count_; ++k) {
      divisor = std::gcd(divisor, terms_[k].coefficient);
      if (target % divisor > terms_[k + 1].reach) return true;
    }
    return false;
  }

  // `value` times the answer is one, modulo `modulus`; the two are coprime.
  static std::int64_t inverse_of(std::int64_t value, std::int64_t modulus) noexcept {
    std::int64_t remainder = value % modulus;
    std::int64_t previous = modulus;
    std::int64_t factor = 1;
    std::int64_t previous_factor = 0;
    while (remainder != 0) {
      const std::int64_t quotient = previous / remainder;
      previous = std::exchange(remainder, previous - quotient * remainder);
      previous_factor = std::exchange(factor, previous_factor - quotient * factor);
    }
    return previous_factor < 0 ? previous_factor + modulus : previous_factor;
  }

  // Needs 0 <= target <= reach of term k, and its divisor to divide the target. At most one call
  // deep per term.
  Overlap search(std::size_t k, std::int64_t target) noexcept {
    const Term& term = terms_[k];
    if (term.dense) return Overlap::overlapping;
    const Term& rest = terms_[k + 1];
    const std::int64_t last = std::min(term.bound, target / term.coefficient);
    std::int64_t z = 0;
    if (target > rest.reach) {
      z = (target - rest.reach + term.coefficient - 1) / term.coefficient;
    }
    if (term.modulus > 1) {
      const Wide product = Wide{target / term.divisor % term.modulus} * term.inverse;
      const auto residue = static_cast<std::int64_t>(product % term.modulus);
      const std::int64_t off = (residue - z) % term.modulus;
      z += off < 0 ? off + term.modulus : off;
    }
    for (; z <= last; z += term.modulus) {
      if (work_ == 0) return Overlap::undecided;
      --work_;
      const Overlap answer = search(k + 1, target - term.coefficient * z);
      if (answer != Overlap::disjoint) return answer;
    }
    return Overlap::disjoint;
  }

  std::array<Term, 2 * kMaxDimensions + 2> terms_;
  std::size_t count_ = 0;
  std::uint64_t work_ = 0;
};

}  // namespace

Footprint::Footprint(const Footprint& other) noexcept { *this = other; }

Footprint& Footprint::operator=(const Footprint& other) noexcept {
  low = other.low;
  high = other.high;
  run = other.run;
  ndim = other.ndim;
  exact = other.exact;
  std::copy_n(other.axes.begin(), ndim, axes.begin());
  return *this;
}

Footprint footprint(const Layout& layout) noexcept {
  Footprint result;
  if (layout.item_size == 0) return result;
  const Axes axes = moving_axes(layout);
  if (!axes.has_elements) return result;
  const auto item_size = static_cast<std::int64_t>(layout.item_size);
  const auto data = reinterpret_cast<std::uintptr_t>(layout.data);
  const std::uintptr_t low = data - static_cast<std::uintptr_t>(axes.below);
  const std::uintptr_t high = low + static_cast<std::uintptr_t>(axes.extent + item_size);
  if (!axes.exact || item_size <= 0 || item_size > kLargestExtent || low > data || high < low ||
      high > static_cast<std::uintptr_t>(INT64_MAX)) {
    result.exact = false;
    result.high = UINTPTR_MAX;
    return result;
  }
  result.low = low;
  result.high = high;
  result.run = item_size;
  for (int i = axes.ndim; i-- > 0;) {  // smallest stride first
    Footprint::Axis axis = axes.axis[static_cast<std::size_t>(i)];
    if (result.ndim == 0 && axis.stride <= result.run) {
      result.run += axis.stride * axis.steps;
      continue;
    }
    if (result.ndim > 0) {
      Footprint::Axis& inner = result.axes[static_cast<std::size_t>(result.ndim - 1)];
      if (axis.stride % inner.stride == 0 && axis.stride / inner.stride <= inner.steps + 1) {
        inner.steps += axis.stride / inner.stride * axis.steps;
        continue;
      }
    }
    result.axes[static_cast<std::size_t>(result.ndim++)] = axis;
  }
  std::reverse(result.axes.begin(), result.axes.begin() + result.ndim);
  return result;
}

Overlap overlap(const Footprint& a, const Footprint& b, std::uint64_t work) noexcept {
  if (a.empty() || b.empty() || a.low >= b.high || b.low >= a.high) return Overlap::disjoint;
  if (!a.exact || !b.exact) return Overlap::undecided;
  if (a.ndim == 0 && b.ndim == 0) return Overlap::overlapping;
  Equation equation;
  for (const Footprint* set : {&a, &b}) {
    for (int i = 0; i < set->ndim; ++i) {
      const Footprint::Axis& axis = set->axes[static_cast<std::size_t>(i)];
      equation.add(axis.stride, axis.steps);
    }
  }
  equation.add(1, a.run + b.run - 2);
  const auto target = static_cast<std::int64_t>(b.high - 1 - a.low);
  return equation.decide(target, work);
}

Overlap overlap(const Layout& a, const Layout& b, std::uint64_t work) noexcept {
  return overlap(footprint(a), footprint(b), work);
}

Overlap overlap_within(const Layout& layout, std::uint64_t work) noexcept {
  const Axes axes = moving_axes(layout);
  if (!axes.has_elements || layout.item_size == 0) return Overlap::disjoint;
  if (axes.repeats) return Overlap::overlapping;
  if (!axes.exact || layout.item_size > static_cast<std::size_t>(kLargestExtent)) {
    return Overlap::undecided;
  }
  const auto item_size = static_cast<std::int64_t>(layout.item_size);
  const auto axis = [&](int i) { return axes.axis[static_cast<std::size_t>(i)]; };

  bool nested = true;  // each axis steps over all that the smaller ones cover
  std::int64_t covered = item_size;
  for (int i = axes.ndim; i-- > 0;) {
    if (axis(i).stride < covered) nested = false;
    covered += axis(i).stride * axis(i).steps;
  }
  if (nested) return Overlap::disjoint;

  // Two elements differ first at some axis k, there by at least one step upwards (swap the two
  // otherwise), and beyond it by anything: the differences add up to less than one item.
  std::int64_t beyond = 0;
  for (int k = axes.ndim; k-- > 0;) {
    if (k + 1 < axes.ndim && axis(k).stride == axis(k + 1).stride) return Overlap::overlapping;
    Equation equation;
    equation.add(axis(k).stride, axis(k).steps - 1);
    for (int j = k + 1; j < axes.ndim; ++j) equation.add(axis(j).stride, 2 * axis(j).steps);
    equation.add(1, 2 * (item_size - 1));
    const Overlap answer = equation.decide(beyond + item_size - 1 - axis(k).stride, work);
    if (answer != Overlap::disjoint) return answer;
    beyond += axis(k).stride * axis(k).steps;
  }
  return Overlap::disjoint;
}

}  // namespace fastlane::kernels
