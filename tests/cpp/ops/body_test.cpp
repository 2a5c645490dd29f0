// The types of a fused node's body, which are kept for the inputs they were last asked for.

#include "ops/core/body.h"

#include <gtest/gtest.h>

#include "ops/op.h"
#include "support/nd.h"

namespace fovea::test {
namespace {

int inferred = 0;

// As Reshape, but counted.
constexpr OpDef kCounted = {.op_type = "Counted",
                            .meaning = {.inputs = {2, 2},
                                        .infer =
                                            [](InferContext& context) {
                                              ++inferred;
                                              context.set_output(0, context.dtype(0),
                                                                 Shape(context.int64s(1)));
                                            },
                                        .content_inputs = {1}}};

class CountedBody : public ::testing::Test {
 protected:
  CountedBody() {
    Node part;
    part.op_type = "Counted";
    part.inputs = {0, 1};
    part.outputs = {2};
    part.def = &kCounted;
    auto body = std::make_shared<Graph>();
    body->values.resize(3);
    body->nodes.push_back(std::move(part));
    node_.op_type = "FusedAttention";
    node_.domain = kInternalDomain;
    node_.inputs = {0, 1};
    node_.outputs = {2};
    node_.attributes.set(std::string(kBodyAttribute), std::move(body));
    node_.def = kOpTable.find(node_.domain, node_.op_type, 1);
    inferred = 0;
  }

  static ValueType known(const Tensor& tensor) {
    return {tensor.dtype(), tensor.shape(), Form(), tensor};
  }
  ValueType result(const ValueType& data, const ValueType& shape) const {
    const ValueType* inputs[] = {&data, &shape};
    return infer_node(node_, inputs)[0];
  }

  Node node_;
};

TEST_F(CountedBody, IsInferredOnceForTheSameInputs) {
  ValueType data = {DType::Float, Shape{2, 3}, Form(), std::nullopt};
  const ValueType shape = known(int64_vector({3, 2}));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(result(data, shape).shape, (Shape{3, 2}));
  // The body's nodes are the same whatever form the data is in.
  data.form = Layout::ChannelsLast;
  EXPECT_EQ(result(data, shape).shape, (Shape{3, 2}));
  EXPECT_EQ(inferred, 1);
}

TEST_F(CountedBody, FollowsTypesShapesAndElements) {
  const ValueType floats = {DType::Float, Shape{2, 3}, Form(), std::nullopt};
  const ValueType doubles = {DType::Double, Shape{2, 3}, Form(), std::nullopt};
  const ValueType longer = {DType::Float, Shape{2, 6}, Form(), std::nullopt};
  const ValueType flat = known(int64_vector({1, 6})), tall = known(int64_vector({6, 1}));
  EXPECT_EQ(result(floats, flat).shape, (Shape{1, 6}));
  EXPECT_EQ(result(floats, tall).shape, (Shape{6, 1}));
  EXPECT_EQ(result(doubles, tall).dtype, DType::Double);
  EXPECT_EQ(result(longer, tall).shape, (Shape{6, 1}));
  EXPECT_EQ(inferred, 4);
  EXPECT_EQ(result(floats, flat).dtype, DType::Float);
  EXPECT_EQ(result(floats, flat).shape, (Shape{1, 6}));
  EXPECT_EQ(inferred, 5);
}

}  // namespace
}  // namespace fovea::test
