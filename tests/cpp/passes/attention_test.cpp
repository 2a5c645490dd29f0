#include <gtest/gtest.h>

#include "pass_checks.h"

namespace fovea {
namespace {

using test::after;
using test::ModelBuilder;
using test::Names;
using test::operators;
using Ints = std::vector<int64_t>;

ModelBuilder scores() {
  return ModelBuilder()
      .input("q", DType::Float, {4, 6})
      .input("k", DType::Float, {6, 4})
      .input("v", DType::Float, {4, 5})
      .input("z", DType::Float, {4, 4})
      .node("MatMul", {"q", "k"}, {"s0"});
}

// After a Softmax of `scores`.
Names fused(ModelBuilder model, const std::string& scores) {
  return operators(
      after(fuse_attention,
            model.node("Softmax", {scores}, {"p"}).node("MatMul", {"p", "v"}, {"y"}).output("y")));
}

TEST(Attention, ReshapesByAttributeStay) {
  const Names kept = {"MatMul", "Reshape", "Softmax", "MatMul"};
  EXPECT_EQ(fused(scores().node("Reshape", {"s0"}, {"s"}, {{"shape", Ints{4, 4}}}), "s"), kept);
}

Names with_sums(int count) {
  ModelBuilder model = scores();
  for (int i = 0; i < count; ++i) {
    const std::string from = "s" + std::to_string(i), to = "s" + std::to_string(i + 1);
    model.node("Add", i % 2 == 0 ? Names{from, "z"} : Names{"z", from}, {to});
  }
  return fused(model, "s" + std::to_string(count));
}

TEST(Attention, TakesAsManySumsAsItsKernel) {
  EXPECT_EQ(with_sums(0), Names{"FusedAttention"});
  EXPECT_EQ(with_sums(4), Names{"FusedAttention"});
  EXPECT_EQ(with_sums(5).size(), 8u);
  EXPECT_EQ(with_sums(20'000).size(), 20'003u);
}

}  // namespace
}  // namespace fovea
