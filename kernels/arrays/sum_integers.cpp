// Exact sums of integers. Each element is split into halves that are added in lanes of twice its
// width (of its own width for 64 bits), so that nothing can overflow before the lanes are emptied.
// Signed elements are moved to unsigned ones first and the offset is taken back at the end.
#include "kernels/arrays/sum_integers.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "kernels/blocks.hpp"
#include "kernels/shares.hpp"

namespace fastlane::kernels {
namespace {

__extension__ typedef __int128 Wide;               // NOLINT(modernize-use-using)
__extension__ typedef unsigned __int128 WideBits;  // NOLINT(modernize-use-using)

Wide as_wide(const WideInteger& value) {
  return static_cast<Wide>((static_cast<WideBits>(static_cast<std::uint64_t>(value.hi)) << 64) |
                           value.lo);
}

WideInteger as_halves(Wide value) {
  const auto bits = static_cast<WideBits>(value);
  return {static_cast<std::int64_t>(static_cast<std::uint64_t>(bits >> 64)),
          static_cast<std::uint64_t>(bits)};
}

// The unsigned number of `kBytes` bytes; halves of it are what one lane adds.
template <std::size_t kBytes>
using Unsigned = std::conditional_t<
    kBytes == 1, std::uint8_t,
    std::conditional_t<kBytes == 2, std::uint16_t,
                       std::conditional_t<kBytes == 4, std::uint32_t, std::uint64_t>>>;

// How many halves fit into a lane before it could overflow, within what one call is given.
template <std::size_t kItem>
constexpr std::size_t kSafeRounds = kItem == 1 ? 256 : std::size_t{1} << 16;

template <class T, std::size_t kVectorBytes>
[[gnu::always_inline]] inline void add_integers(WideInteger& total, const std::byte* data,
                                                std::size_t count) {
  constexpr bool kBoolean = std::is_same_v<T, bool>;
  constexpr std::size_t kItem = sizeof(T);
  constexpr std::size_t kLane = std::min<std::size_t>(2 * kItem, 8);
  constexpr int kHalfBits = static_cast<int>(kLane) * 4;
  using Item = Unsigned<kItem>;
  using Lane = Unsigned<kLane>;
  using Items = Lanes<Item, kVectorBytes / kItem>;
  using Sums = Lanes<Lane, kVectorBytes / kLane>;
  constexpr std::size_t kItems = kVectorBytes / kItem;
  constexpr auto kOffset =
      std::is_signed_v<T> ? static_cast<Item>(Item{1} << (kItem * 8 - 1)) : Item{0};
  constexpr auto kLowHalf = static_cast<Lane>((Lane{1} << kHalfBits) - 1);

  const Wide offset = static_cast<Wide>(kOffset) * static_cast<Wide>(count);
  WideBits low_sum = 0;
  WideBits high_sum = 0;
  while (count >= kItems) {
    const std::size_t rounds = std::min(count / kItems, kSafeRounds<kItem>);
    auto low = Sums::filled(0);
    auto high = Sums::filled(0);
    for (std::size_t i = 0; i < rounds; ++i, data += kVectorBytes) {
      auto items = Items::loaded(data);
      if constexpr (kBoolean) {
        items.v = (items.v != 0) & 1;
      } else {
        items.v ^= kOffset;
      }
      const auto lanes = Sums::loaded(&items.v);
      low.v += lanes.v & kLowHalf;
      high.v += lanes.v >> kHalfBits;
    }
    Lane lows[kVectorBytes / kLane];
    Lane highs[kVectorBytes / kLane];
    low.stored(lows);
    high.stored(highs);
    std::uint64_t lows_together = 0;  // lanes hold at most 2^16 halves each: no overflow here
    std::uint64_t highs_together = 0;
    for (const Lane lane : lows) lows_together += lane;
    for (const Lane lane : highs) highs_together += lane;
    low_sum += lows_together;
    high_sum += highs_together;
    count -= rounds * kItems;
  }
  for (; count != 0; --count, data += kItem) {
    const Item item = load<Item>(data);
    low_sum += kBoolean ? static_cast<Item>(item != 0) : static_cast<Item>(item ^ kOffset);
  }
  if constexpr (kItem == 8) {
    low_sum += high_sum << 32;
  } else {
    low_sum += high_sum;
  }
  total = as_halves(as_wide(total) + static_cast<Wide>(low_sum) - offset);
}

template <class T>
void add_baseline(WideInteger& total, const std::byte* data, std::size_t count) {
  add_integers<T, 16>(total, data, count);
}

template <class T>
[[gnu::target("avx2,fma,bmi2")]] void add_avx2(WideInteger& total, const std::byte* data,
                                               std::size_t count) {
  add_integers<T, 32>(total, data, count);
}

template <class T>
[[gnu::target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2")]] void add_avx512(
    WideInteger& total, const std::byte* data, std::size_t count) {
  add_integers<T, 64>(total, data, count);
}

}  // namespace

const std::array<AddIntegers, 9> kIntegerSumsBaseline = {
    add_baseline<bool>,          add_baseline<std::int8_t>,   add_baseline<std::int16_t>,
    add_baseline<std::int32_t>,  add_baseline<std::int64_t>,  add_baseline<std::uint8_t>,
    add_baseline<std::uint16_t>, add_baseline<std::uint32_t>, add_baseline<std::uint64_t>};
const std::array<AddIntegers, 9> kIntegerSumsAvx2 = {
    add_avx2<bool>,          add_avx2<std::int8_t>,   add_avx2<std::int16_t>,
    add_avx2<std::int32_t>,  add_avx2<std::int64_t>,  add_avx2<std::uint8_t>,
    add_avx2<std::uint16_t>, add_avx2<std::uint32_t>, add_avx2<std::uint64_t>};
const std::array<AddIntegers, 9> kIntegerSumsAvx512 = {
    add_avx512<bool>,          add_avx512<std::int8_t>,   add_avx512<std::int16_t>,
    add_avx512<std::int32_t>,  add_avx512<std::int64_t>,  add_avx512<std::uint8_t>,
    add_avx512<std::uint16_t>, add_avx512<std::uint32_t>, add_avx512<std::uint64_t>};

namespace {

struct IntegerSum {
  WideInteger value;
  void join(const IntegerSum& other) { value = joined(value, other.value); }
};

void add_view(WideInteger& total, const ArrayView& view, Checkpoint& checkpoint,
              const SumRow& row) {
  const AddIntegers add = (*row.integers)[static_cast<std::size_t>(view.dtype)];
  const auto body = [&](const std::byte* data, std::size_t count) { add(total, data, count); };
  switch (view.item_size()) {
    case 1:
      for_each_block<std::uint8_t, 4096>(view, checkpoint, body);
      break;
    case 2:
      for_each_block<std::uint16_t, 4096>(view, checkpoint, body);
      break;
    case 4:
      for_each_block<std::uint32_t, 4096>(view, checkpoint, body);
      break;
    default:
      for_each_block<std::uint64_t, 4096>(view, checkpoint, body);
      break;
  }
}

}  // namespace

WideInteger sum_integers(const ArrayView& view, Checkpoint& checkpoint, std::size_t threads,
                         const SumRow& row) {
  return joined_shares<IntegerSum>(view, threads_for(view.size() * view.item_size(), threads),
                                   checkpoint,
                                   [&](IntegerSum& part, const ArrayView& share, Checkpoint& mine) {
                                     add_view(part.value, share, mine, row);
                                   })
      .value;
}

WideInteger joined(const WideInteger& left, const WideInteger& right) {
  return as_halves(as_wide(left) + as_wide(right));
}

double as_double(const WideInteger& value) { return static_cast<double>(as_wide(value)); }

}  // namespace fastlane::kernels
