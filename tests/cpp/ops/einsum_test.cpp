#include <gtest/gtest.h>

#include <map>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

OpCase einsum(const std::string& equation, int opset = 12) {
  return {"Einsum", opset, {{"equation", equation}}};
}

// The sum of products by its definition, over all values of all letters; an explicit equation
// without ellipses.
std::vector<double> reference(const std::string& equation, const std::vector<Tensor>& operands,
                              Shape* shape) {
  const size_t arrow = equation.find("->");
  std::vector<std::string> terms = {""};
  for (const char c : equation.substr(0, arrow)) {
    c == ',' ? void(terms.emplace_back()) : terms.back().push_back(c);
  }
  const std::string output = equation.substr(arrow + 2);
  std::map<char, int64_t> sizes;
  for (size_t i = 0; i < terms.size(); ++i) {
    for (size_t axis = 0; axis < terms[i].size(); ++axis) {
      int64_t& size = sizes.try_emplace(terms[i][axis], 1).first->second;
      size = size == 1 ? operands[i].shape()[static_cast<int>(axis)] : size;
    }
  }
  Shape all;
  std::map<char, size_t> place;
  for (const auto& [letter, size] : sizes) {
    place[letter] = place.size();
    all.push_back(size);
  }
  *shape = {};
  for (const char c : output) shape->push_back(sizes[c]);
  std::vector<double> sums(static_cast<size_t>(shape->elements()), 0);
  for (const Index& at : indices_of(all)) {
    double product = 1;
    for (size_t i = 0; i < terms.size(); ++i) {
      Index index;
      for (size_t axis = 0; axis < terms[i].size(); ++axis) {
        const bool one = operands[i].shape()[static_cast<int>(axis)] == 1;
        index.push_back(one ? 0 : at[place[terms[i][axis]]]);
      }
      product *= operands[i].as<float>()[flat_index(operands[i].shape(), index)];
    }
    Index to;
    for (const char c : output) to.push_back(at[place[c]]);
    sums[flat_index(*shape, to)] += product;
  }
  return sums;
}

// `written` means `equation`, which the reference understands.
void check(const std::string& written, const std::string& equation,
           const std::vector<Shape>& shapes) {
  SCOPED_TRACE(written);
  std::vector<Tensor> operands;
  for (const Shape& shape : shapes) {
    operands.push_back(random_tensor(shape, static_cast<uint32_t>(operands.size() + 1)));
  }
  Shape shape;
  const std::vector<double> expected = reference(equation, operands, &shape);
  const Tensor result = run_op(einsum(written), operands, 2)[0];
  ASSERT_EQ(result.shape(), shape);
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(result.as<float>()[i], expected[i], 2e-5) << "element " << i;
  }
}

void check(const std::string& equation, const std::vector<Shape>& shapes) {
  check(equation, equation, shapes);
}

TEST(Einsum, OneOperand) {
  check("ij->ji", {{3, 5}});
  check("ijk->kij", {{3, 5, 2}});
  check("ij->i", {{3, 5}});
  check("ij->", {{3, 5}});
  check("->", {Shape{}});
  check("i->i", {{4}});
}

TEST(Einsum, Diagonals) {
  check("ii->i", {{5, 5}});
  check("ii->", {{5, 5}});
  check("iji->ji", {{4, 3, 4}});
  check("iii->i", {{3, 3, 3}});
  check("ijji->ij", {{2, 3, 3, 2}});
  check("ii->i", {{1, 1}});
  check("ii->i", {{0, 0}});
  check("bii,bi->b", {{2, 3, 3}, {2, 3}});
  check("ii", "ii->", {{4, 4}});
}

TEST(Einsum, TwoOperands) {
  check("ij,jk->ik", {{3, 5}, {5, 4}});
  check("ij,jk->ki", {{3, 5}, {5, 4}});
  check("ij,kj->ik", {{3, 5}, {4, 5}});
  check("bij,bjk->bik", {{2, 3, 5}, {2, 5, 4}});
  check("bhid,bhjd->bhij", {{2, 3, 4, 5}, {2, 3, 6, 5}});
  check("bhij,bhjd->bihd", {{2, 3, 4, 6}, {2, 3, 6, 5}});
  check("i,j->ij", {{3}, {4}});
  check("i,i->", {{5}, {5}});
  check("i,i->i", {{5}, {5}});
  check("ij,ij->j", {{3, 5}, {3, 5}});
  check("bij,bji->b", {{3, 5, 4}, {3, 4, 5}});
  check("ijk,jil->kl", {{3, 4, 5}, {4, 3, 2}});
  check("ij,k->i", {{3, 4}, {5}});
  check("ab,cd->dbca", {{2, 3}, {4, 5}});
  check(",ij->ji", {Shape{}, {2, 3}});
  check("Aa,aA->", {{2, 3}, {3, 2}});
}

TEST(Einsum, MoreOperands) {
  check("ij,jk,kl->il", {{2, 3}, {3, 4}, {4, 5}});
  check("i,ij,j->", {{3}, {3, 4}, {4}});
  check("ij,ij,ij->ij", {{2, 3}, {2, 3}, {2, 3}});
  check("a,b,c,d->dcba", {{2}, {3}, {2}, {1}});
  check("ik,kj,k->ij", {{2, 3}, {3, 4}, {3}});
}

TEST(Einsum, SizesZeroAndOne) {
  check("ij,jk->ik", {{3, 0}, {0, 4}});
  check("ij,jk->ik", {{0, 3}, {3, 4}});
  check("ij->i", {{3, 0}});
  check("ij,jk->ik", {{1, 1}, {1, 1}});
  // One is broadcast, wherever it is.
  check("ij,jk->ik", {{3, 1}, {5, 4}});
  check("ij,jk->ik", {{3, 5}, {1, 4}});
  check("ij,ij->ij", {{1, 5}, {3, 1}});
  check("ij,ij->", {{1, 1}, {3, 2}});
}

TEST(Einsum, ImplicitOutputs) {
  check("ij,jk", "ij,jk->ik", {{3, 5}, {5, 4}});
  check("ba", "ba->ab", {{3, 5}});
  check("bA,cA", "bA,cA->bc", {{3, 5}, {2, 5}});
  check("aB", "aB->Ba", {{3, 5}});
  check("i,i", "i,i->", {{5}, {5}});
  check(" i j , j k -> i k ", "ij,jk->ik", {{3, 5}, {5, 4}});
}

TEST(Einsum, Ellipses) {
  check("...ij,...jk->...ik", "abij,abjk->abik", {{2, 3, 4, 5}, {2, 3, 5, 6}});
  check("...ij,...jk", "abij,abjk->abik", {{2, 3, 4, 5}, {2, 3, 5, 6}});
  check("...ij,jk->...ik", "abij,jk->abik", {{2, 3, 4, 5}, {5, 6}});
  check("...ij,...jk->...ik", "abij,bjk->abik", {{2, 3, 4, 5}, {3, 5, 6}});
  check("...,...->...", "ab,ab->ab", {{2, 1}, {1, 3}});
  check("...i->i...", "abi->iab", {{2, 3, 4}});
  check("i...i->i...", "iai->ia", {{3, 2, 3}});
  check("b...d,...->...bd", "bacd,ac->acbd", {{2, 3, 4, 5}, {3, 4}});
  check("...i,...i->...", "i,i->", {{4}, {4}});
}

TEST(Einsum, EveryNumericType) {
  const auto product = [](auto one) {
    using T = decltype(one);
    const Tensor a = Tensor::of<T>({2, 2}, {1, 2, 3, 4});
    const Tensor b = Tensor::of<T>({2, 2}, {5, 6, 7, 100});
    // 3 * 6 + 4 * 100 in 8 bits is what is left of it.
    const auto low = [](int64_t value) { return static_cast<T>(value); };
    EXPECT_EQ(values_of<T>(run_op(einsum("ij,jk->ik", 28), {a, b})[0]),
              (std::vector<T>{low(19), low(206), low(43), low(418)}));
    EXPECT_EQ(values_of<T>(run_op(einsum("ij->j"), {a})[0]), (std::vector<T>{low(4), low(6)}));
  };
  product(double{});
  product(int8_t{});
  product(uint8_t{});
  product(int16_t{});
  product(uint16_t{});
  product(int32_t{});
  product(uint32_t{});
  product(int64_t{});
  product(uint64_t{});
  // Beyond what a double holds.
  const int64_t large = (int64_t{1} << 53) + 1;
  EXPECT_EQ(
      values_of<int64_t>(run_op(einsum("i,i->i"), {int64_vector({large}), int64_vector({1})})[0]),
      std::vector<int64_t>{large});
}

TEST(Einsum, Errors) {
  const auto code = [](const std::string& equation, const std::vector<Shape>& shapes) {
    std::vector<Tensor> operands;
    for (const Shape& shape : shapes) operands.push_back(random_tensor(shape, 1));
    return error_of([&] { run_op(einsum(equation), operands); });
  };
  EXPECT_EQ(code("ij,jk->ik", {{2, 3}}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("ij->k", {{2, 3}}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("ij->ii", {{2, 3}}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("i1->i", {{2, 3}}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("i..->i", {{2, 3}}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("i......->i", {{2, 3}}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("ij->i->j", {{2, 3}}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("ij->i,j", {{2, 3}}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("...j->j", {{2, 3}}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("ijk->i", {{2, 3}}), ErrorCode::InvalidInput);
  EXPECT_EQ(code("i->i", {{2, 3}}), ErrorCode::InvalidInput);
  EXPECT_EQ(code("i...jk->i", {{2, 3}}), ErrorCode::InvalidInput);
  EXPECT_EQ(code("ii->i", {{2, 3}}), ErrorCode::InvalidInput);
  EXPECT_EQ(code("ii->i", {{1, 3}}), ErrorCode::InvalidInput);
  EXPECT_EQ(code("ij,jk->ik", {{2, 3}, {4, 5}}), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test
