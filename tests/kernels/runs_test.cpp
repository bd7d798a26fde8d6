// Runs: every element exactly once, in C order when that is asked for, and as few runs as possible.
#include "kernels/runs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "kernels/blocks.hpp"
#include "kernels/lanes.hpp"
#include "tests/kernels/strided_array.hpp"

namespace fastlane::kernels {
namespace {

using testing::Layout;
using testing::random_layout;
using testing::random_shape;
using testing::StridedArray;

std::vector<int> counted(std::size_t count) {
  std::vector<int> values(count);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<int>(i);
  return values;
}

// What a walk over one view sees, and in how many runs.
std::vector<int> walked(const ArrayView& view, RunOrder order, int* runs_seen = nullptr) {
  std::vector<int> values;
  int count_of_runs = 0;
  Runs<1>({&view}, order)
      .for_each([&](const std::array<std::byte*, 1>& data, std::ptrdiff_t count,
                    const std::array<std::ptrdiff_t, 1>& strides) {
        ++count_of_runs;
        for (std::ptrdiff_t i = 0; i < count; ++i) {
          values.push_back(load<int>(data[0] + i * strides[0]));
        }
      });
  if (runs_seen != nullptr) *runs_seen = count_of_runs;
  return values;
}

int runs_of(Layout layout, RunOrder order) {
  StridedArray<int> array(std::move(layout));
  array.fill(counted(array.size()));
  int runs = 0;
  std::vector<int> values = walked(array.view(), order, &runs);
  std::sort(values.begin(), values.end());
  EXPECT_EQ(values, counted(array.size()));
  return runs;
}

TEST(Runs, MergesWhatIsContiguous) {
  EXPECT_EQ(runs_of({{4, 5, 6}, {}, {}}, RunOrder::kept), 1);
  EXPECT_EQ(runs_of({{4, 1, 6}, {}, {1, -1, 1}}, RunOrder::kept), 1);
  EXPECT_EQ(runs_of({{4, 5, 6}, {2, 1, 0}, {}}, RunOrder::any), 1);
  EXPECT_EQ(runs_of({{4, 5, 6}, {1, 0, 2}, {-1, 1, -1}}, RunOrder::any), 1);
  EXPECT_EQ(runs_of({{4, 5, 6}, {}, {1, 1, 2}}, RunOrder::kept), 1);
  EXPECT_EQ(runs_of({{4, 5, 6}, {}, {1, 2, 1}}, RunOrder::any), 20);
  EXPECT_EQ(runs_of({{4, 5, 6}, {}, {2, 1, 1}}, RunOrder::any), 4);
}

TEST(Runs, KeepsTheOrderOfIndices) {
  StridedArray<int> array({{3, 4, 5}, {2, 0, 1}, {-1, 2, -3}});
  array.fill(counted(60));
  EXPECT_EQ(walked(array.view(), RunOrder::kept), counted(60));
}

TEST(Runs, HandlesNoDimensionsAndNoElements) {
  StridedArray<int> scalar({{}, {}, {}, 3});
  scalar.fill({7});
  EXPECT_EQ(walked(scalar.view(), RunOrder::any), std::vector<int>{7});
  StridedArray<int> nothing({{3, 0, 2}, {}, {}});
  EXPECT_TRUE(walked(nothing.view(), RunOrder::any).empty());
  const ArrayView empty_view = nothing.view();
  EXPECT_TRUE(Runs<1>({&empty_view}, RunOrder::any).empty());
}

TEST(Runs, HandlesSixtyFourDimensions) {
  std::vector<std::ptrdiff_t> shape(64, 1);
  for (std::size_t axis = 0; axis < 64; axis += 5) shape[axis] = 2;
  StridedArray<int> array({shape, {}, std::vector<std::ptrdiff_t>(64, -1)});
  array.fill(counted(array.size()));
  EXPECT_EQ(array.size(), 8192U);
  EXPECT_EQ(walked(array.view(), RunOrder::kept), counted(8192));
}

TEST(Runs, HandlesHugeStridesWithoutOverflow) {
  int value = 5;
  const std::ptrdiff_t shape[] = {1, 2, 1};
  const std::ptrdiff_t strides[] = {PTRDIFF_MAX, 0, PTRDIFF_MIN};
  ArrayView view;
  view.data = reinterpret_cast<std::byte*>(&value);
  view.dtype = DType::int32;
  view.ndim = 3;
  view.shape = shape;
  view.strides = strides;
  EXPECT_EQ(walked(view, RunOrder::any), (std::vector<int>{5, 5}));
}

TEST(Runs, RepeatsElementsWithZeroStrides) {
  StridedArray<int> array({{3, 4}, {}, {1, 0}});
  array.fill({1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3});
  EXPECT_EQ(walked(array.view(), RunOrder::kept),
            (std::vector<int>{1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3}));
}

TEST(Runs, WalksTwoViewsTogether) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 2000; ++round) {
    const std::vector<std::ptrdiff_t> shape = random_shape(random, 300);
    StridedArray<int> target(random_layout(random, shape, true));
    StridedArray<int> source(random_layout(random, shape, false));
    source.fill(counted(source.size()));
    const ArrayView to = target.view();
    const ArrayView from = source.view();
    const RunOrder order = random() % 2 == 0 ? RunOrder::any : RunOrder::kept;
    std::size_t seen = 0;
    Runs<2>({&to, &from}, order)
        .for_each([&](const std::array<std::byte*, 2>& data, std::ptrdiff_t count,
                      const std::array<std::ptrdiff_t, 2>& strides) {
          for (std::ptrdiff_t i = 0; i < count; ++i, ++seen) {
            store(data[0] + i * strides[0], load<int>(data[1] + i * strides[1]));
          }
        });
    ASSERT_EQ(seen, source.size());
    ASSERT_EQ(target.values(), source.values());
    ASSERT_TRUE(target.gaps_untouched());
  }
}

TEST(Blocks, HandOverEveryElementOnce) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 500; ++round) {
    StridedArray<int> array(
        random_layout(random, random_shape(random, round % 10 == 0 ? 200000 : 3000), true));
    array.fill(counted(array.size()));
    std::vector<int> values;
    Checkpoint checkpoint;
    for_each_block<int, 64>(array.view(), checkpoint,
                            [&](const std::byte* data, std::size_t count) {
                              for (std::size_t i = 0; i < count; ++i) {
                                values.push_back(load<int>(data + i * sizeof(int)));
                              }
                            });
    std::sort(values.begin(), values.end());
    ASSERT_EQ(values, counted(array.size()));
  }
}

TEST(Slab, CutsOneAxis) {
  StridedArray<int> array({{2, 6, 3}, {}, {1, -1, 1}});
  array.fill(counted(36));
  const ArrayView whole = array.view();
  ASSERT_EQ(Slab::axis_to_cut(whole), 1);
  const Slab slab(whole, 1, 2, 3);
  std::vector<int> expected;
  for (int i = 0; i < 2; ++i) {
    for (int j = 6; j < 15; ++j) expected.push_back(i * 18 + j);
  }
  EXPECT_EQ(walked(slab.view(), RunOrder::kept), expected);
  EXPECT_EQ(Slab::axis_to_cut(ArrayView{}), -1);
}

}  // namespace
}  // namespace fastlane::kernels
