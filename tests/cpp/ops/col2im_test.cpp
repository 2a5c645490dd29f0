#include <gtest/gtest.h>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;

struct Fold {
  Ints image, block, strides, dilations, pads;

  Ints count() const {
    Ints counts;
    for (size_t i = 0; i < image.size(); ++i) {
      const int64_t reach = (block[i] - 1) * dilations[i] + 1;
      counts.push_back((image[i] + pads[i] + pads[image.size() + i] - reach) / strides[i] + 1);
    }
    return counts;
  }
  OpCase op() const {
    return {"Col2Im", 18, {{"strides", strides}, {"dilations", dilations}, {"pads", pads}}};
  }
};

// Every element of the columns, added to its place in the image.
void check(const Fold& fold) {
  const Shape blocks(fold.block), counts(fold.count());
  SCOPED_TRACE(text(Shape(fold.image), " by ", blocks, " of ", counts));
  const Tensor columns = random_tensor({2, 3 * blocks.elements(), counts.elements()}, 1);
  Shape shape = {2, 3};
  for (const int64_t size : fold.image) shape.push_back(size);
  std::vector<double> expected(static_cast<size_t>(shape.elements()), 0);
  size_t from = 0;
  for (const Index& channel : indices_of({2, 3})) {
    for (const Index& element : indices_of(blocks)) {
      for (const Index& at : indices_of(counts)) {
        Index place = channel;
        bool inside = true;
        for (size_t i = 0; i < fold.image.size(); ++i) {
          place.push_back(at[i] * fold.strides[i] + element[i] * fold.dilations[i] - fold.pads[i]);
          inside = inside && place.back() >= 0 && place.back() < fold.image[i];
        }
        const double value = double{columns.as<float>()[from++]};
        if (inside) expected[flat_index(shape, place)] += value;
      }
    }
  }
  const Tensor result =
      run_op(fold.op(), {columns, int64_vector(fold.image), int64_vector(fold.block)}, 2)[0];
  ASSERT_EQ(result.shape(), shape);
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(result.as<float>()[i], expected[i], 1e-5);
  }
}

TEST(Col2Im, ImagesOfAllRanks) {
  check({{5, 5}, {1, 5}, {1, 1}, {1, 1}, {0, 0, 0, 0}});
  check({{6, 7}, {3, 2}, {1, 2}, {2, 3}, {1, 0, 2, 1}});
  check({{9}, {3}, {2}, {1}, {1, 1}});
  check({{4, 3, 5}, {2, 1, 3}, {1, 2, 1}, {1, 1, 2}, {0, 1, 1, 1, 0, 0}});
  check({{1, 1}, {1, 1}, {1, 1}, {1, 1}, {0, 0, 0, 0}});
}

TEST(Col2Im, TypesAndDefaults) {
  const auto sums = [](auto one) {
    using T = decltype(one);
    // Windows of 2 over 3 pixels: the middle one is in both.
    const Tensor columns = Tensor::of<T>({1, 2, 2}, {1, 2, 100, 4});
    const Tensor result =
        run_op({"Col2Im", 18}, {columns, int64_vector({3}), int64_vector({2})})[0];
    EXPECT_EQ(values_of<T>(result), (std::vector<T>{1, 102, 4}));
  };
  sums(double{});
  sums(int8_t{});
  sums(uint8_t{});
  sums(int16_t{});
  sums(uint32_t{});
  sums(int64_t{});
}

TEST(Col2Im, Errors) {
  const auto code = [](const Shape& columns, Ints image, Ints block,
                       AttributeList attributes = {}) {
    return error_of([&] {
      run_op({"Col2Im", 18, attributes},
             {random_tensor(columns, 1), int64_vector(image), int64_vector(block)});
    });
  };
  EXPECT_EQ(code({1, 5, 5}, {5, 5}, {1, 2}), ErrorCode::InvalidInput);  // channels
  EXPECT_EQ(code({1, 5, 4}, {5, 5}, {1, 5}), ErrorCode::InvalidInput);  // blocks
  EXPECT_EQ(code({5, 5}, {5, 5}, {1, 5}), ErrorCode::InvalidInput);     // rank
  EXPECT_EQ(code({1, 5, 5}, {5, 5}, {5}), ErrorCode::InvalidInput);     // axes
  EXPECT_EQ(code({1, 6, 1}, {5}, {6}), ErrorCode::InvalidInput);        // too large a block
  EXPECT_EQ(code({1, 5, 5}, {5, 0}, {1, 5}), ErrorCode::InvalidInput);  // no pixels
  EXPECT_EQ(code({1, 5, 5}, {5, 5}, {1, 5}, {{"pads", Ints{0, 0}}}), ErrorCode::InvalidInput);
  EXPECT_EQ(code({1, 5, 5}, {5, 5}, {1, 5}, {{"strides", Ints{0, 1}}}), ErrorCode::MalformedModel);
}

}  // namespace
}  // namespace fovea::test
