#include <gtest/gtest.h>

#include <cmath>

#include "pass_checks.h"

namespace fovea {
namespace {

using test::after;
using test::ModelBuilder;
using test::Names;
using test::operators;

Names recognised(const ModelBuilder& model) {
  return operators(after(recognise_activation, model));
}

Tensor number(float value, bool as_vector) {
  return Tensor::of<float>(as_vector ? Shape{1} : Shape{}, {value});
}

// x (1 + erf(x / sqrt(2))) / 2 behind `before`, which makes x.
Names gelu(ModelBuilder before, bool vectors) {
  return recognised(before.constant("root", number(std::sqrt(2.0f), vectors))
                        .constant("one", number(1.0f, vectors))
                        .constant("half", number(0.5f, vectors))
                        .node("Div", {"x", "root"}, {"a"})
                        .node("Erf", {"a"}, {"b"})
                        .node("Add", {"b", "one"}, {"c"})
                        .node("Mul", {"x", "c"}, {"d"})
                        .node("Mul", {"d", "half"}, {"y"})
                        .output("y"));
}

TEST(Activation, NumbersOfOneAxisGiveItToAScalar) {
  const auto input = [](std::vector<ModelBuilder::Size> dims) {
    return ModelBuilder().input("x", DType::Float, std::move(dims));
  };
  EXPECT_EQ(gelu(input({3}), false), Names{"Gelu"});
  EXPECT_EQ(gelu(input({"n"}), true), Names{"Gelu"});
  const auto product = ModelBuilder()
                           .input("in", DType::Float, {"n", "c"})
                           .constant("w", test::ones({4, 4}))
                           .node("MatMul", {"in", "w"}, {"p"})
                           .node("Relu", {"p"}, {"x"});
  EXPECT_EQ(gelu(product, true), (Names{"MatMul", "Relu", "Gelu"}));
  const auto unknown = ModelBuilder()
                           .input("u", DType::Float, {"n"})
                           .input("v", DType::Float, {"n"})
                           .node("MatMul", {"u", "v"}, {"x"});
  EXPECT_EQ(gelu(unknown, true).size(), 6u);
  EXPECT_EQ(gelu(unknown, false), (Names{"MatMul", "Gelu"}));
}

TEST(Activation, SwishIsOfFloats) {
  const auto swish = [](DType dtype) {
    return recognised(ModelBuilder()
                          .input("x", dtype, {3})
                          .node("Relu", {"x"}, {"a"})
                          .node("Sigmoid", {"a"}, {"b"})
                          .node("Mul", {"b", "a"}, {"y"})
                          .output("y", dtype));
  };
  EXPECT_EQ(swish(DType::Float), (Names{"Relu", "Swish"}));
  EXPECT_EQ(swish(DType::Double), (Names{"Relu", "Sigmoid", "Mul"}));
}

// Before opset 7, operands met as attributes say.
TEST(Activation, ProductsBeforeOpset7Stay) {
  EXPECT_EQ(recognised(ModelBuilder(6)
                           .input("x", DType::Float, {3})
                           .node("Sigmoid", {"x"}, {"b"})
                           .node("Mul", {"b", "x"}, {"y"})
                           .output("y")),
            (Names{"Sigmoid", "Mul"}));
}

}  // namespace
}  // namespace fovea
