// transpose: every item size, shape and layout, in every CPU row, plain and streaming.
#include "kernels/arrays/transpose.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "kernels/streaming.hpp"
#include "tests/kernels/strided_array.hpp"

namespace fastlane::kernels {
namespace {

using testing::random_layout;
using testing::StridedArray;

class TransposeEachRow : public ::testing::TestWithParam<const TransposeRow*> {
 protected:
  const TransposeRow& row() { return *GetParam(); }
  void SetUp() override {
    if (!cpu::runs_here(row().level)) GTEST_SKIP() << "this CPU has no " << name_of(row().level);
  }
};

std::vector<const TransposeRow*> all_rows() {
  std::vector<const TransposeRow*> rows;
  for (const TransposeRow& row : transpose_rows()) rows.push_back(&row);
  return rows;
}

INSTANTIATE_TEST_SUITE_P(Rows, TransposeEachRow, ::testing::ValuesIn(all_rows()),
                         [](const auto& test) {
                           return std::string(cpu::name_of(test.param->level));
                         });

template <class T>
void transposes(testing::Layout from, testing::Layout to, const TransposeRow& row) {
  const std::ptrdiff_t rows = from.shape[0];
  const std::ptrdiff_t columns = from.shape[1];
  StridedArray<T> source(std::move(from));
  StridedArray<T> target(std::move(to));
  std::vector<T> values(source.size());
  std::uint64_t number = 1;
  for (T& value : values) value = static_cast<T>(number = number * 6364136223846793005U + 1);
  source.fill(values);
  values = source.values();
  std::vector<T> expected(values.size());
  for (std::ptrdiff_t i = 0; i < rows; ++i) {
    for (std::ptrdiff_t j = 0; j < columns; ++j) {
      expected[static_cast<std::size_t>(j * rows + i)] =
          values[static_cast<std::size_t>(i * columns + j)];
    }
  }
  Checkpoint checkpoint;
  transpose(target.view(), source.view(), checkpoint, row);
  ASSERT_TRUE(target.values() == expected) << rows << " by " << columns << ", " << sizeof(T);
  ASSERT_TRUE(target.gaps_untouched());
}

template <class T>
void transposes_many(const TransposeRow& row) {
  std::mt19937_64 random(51);
  for (int round = 0; round < 150; ++round) {
    const auto rows = static_cast<std::ptrdiff_t>(random() % 150);
    const auto columns = static_cast<std::ptrdiff_t>(random() % 150);
    if (round % 2 == 0) {
      transposes<T>({{rows, columns}, {}, {}}, {{columns, rows}, {}, {}}, row);
    } else {
      transposes<T>(random_layout(random, {rows, columns}, false),
                    random_layout(random, {columns, rows}, true), row);
    }
  }
  transposes<T>({{64, 500}, {1, 0}, {}}, {{500, 64}, {}, {}}, row);
  // Large enough to stream, with and without aligned target rows.
  transposes<T>({{1536, 2500}, {}, {}}, {{2500, 1536}, {}, {}}, row);
  transposes<T>({{1543, 1100}, {}, {}}, {{1100, 1543}, {}, {}}, row);
}

TEST_P(TransposeEachRow, TransposesEveryItemSize) {
  transposes_many<std::uint8_t>(row());
  transposes_many<std::uint16_t>(row());
  transposes_many<float>(row());
  transposes_many<std::uint64_t>(row());
}

template <class T>
void tile_streams(const TransposeTiles& tiles) {
  constexpr std::ptrdiff_t kRows = 64 / sizeof(T);
  const auto columns = static_cast<std::ptrdiff_t>(tiles.columns);
  StridedArray<T> source({{kRows, columns + 3}, {}, {}, 1});
  StridedArray<T> stored({{columns, kRows}, {}, {}});
  StridedArray<T> streamed({{columns, kRows}, {}, {}});
  std::vector<T> values(source.size());
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(i * 37);
  source.fill(values);
  ASSERT_TRUE(is_line_aligned(streamed.view().data));
  tiles.plain(stored.view().data, 64, source.view().data, source.view().strides[0]);
  tiles.streaming(streamed.view().data, 64, source.view().data, source.view().strides[0]);
  finish_streaming();
  EXPECT_EQ(stored.values(), streamed.values());
  EXPECT_EQ(stored.values()[1], values[static_cast<std::size_t>(columns + 3)]);
}

TEST_P(TransposeEachRow, StreamsLikeItStores) {
  tile_streams<std::uint8_t>(row().bytes1);
  tile_streams<std::uint16_t>(row().bytes2);
  tile_streams<std::uint32_t>(row().bytes4);
  tile_streams<std::uint64_t>(row().bytes8);
}

}  // namespace
}  // namespace fastlane::kernels
