// Maps in whole models: fed, given and on the way.

#include <gtest/gtest.h>

#include "base/error.h"
#include "support/model_builder.h"
#include "support/nd.h"
#include "support/session_runner.h"

namespace fovea::test {
namespace {

using Floats = std::vector<float>;
using Ints = std::vector<int64_t>;

constexpr const char* kDomain = "ai.onnx.ml";

ModelBuilder builder() { return std::move(ModelBuilder(20).import_opset(kDomain, 1)); }

// Scores of two classes as a map for each row.
ModelBuilder zipped() {
  return std::move(
      builder()
          .input("x", DType::Float, {"n", 2})
          .node("LinearClassifier", {"x"}, {"label", "scores"},
                {{"coefficients", Floats{1, 0, 0, 1}},
                 {"intercepts", Floats{0, 0}},
                 {"classlabels_ints", Ints{4, 7}}},
                kDomain)
          .node("ZipMap", {"scores"}, {"maps"}, {{"classlabels_int64s", Ints{4, 7}}}, kDomain));
}

TEST(Maps, AreGiven) {
  const std::string bytes =
      zipped().output("label", DType::Int64).output("maps", DType::Undefined).bytes();
  const Tensor keys = Tensor::of<int64_t>({2}, {4, 7});
  for (const std::vector<std::string>& disabled : {std::vector<std::string>(), {"*"}}) {
    const auto session = load(bytes, {.disabled_passes = disabled});
    for (const int64_t rows : {1, 3, 0}) {
      const Tensor x = iota_tensor<float>({rows, 2});
      const std::vector<Tensor> out = session->run({{"x", x}});
      EXPECT_EQ(values_of<int64_t>(out[0]), Ints(static_cast<size_t>(rows), 7));
      ASSERT_EQ(out[1].elements(), rows);
      for (int64_t row = 0; row < rows; ++row) {
        const auto first = static_cast<float>(2 * row);
        EXPECT_TRUE(identical(out[1].items()[static_cast<size_t>(row)],
                              Tensor::map_of(keys, Tensor::of<float>({2}, {first, first + 1}))));
      }
    }
  }
}

TEST(Maps, AreOnTheWay) {
  const std::string bytes = zipped()
                                .constant("last", Tensor::of<int64_t>({}, {-1}))
                                .node("SequenceAt", {"maps", "last"}, {"map"})
                                .node("CastMap", {"map"}, {"y"}, {}, kDomain)
                                .node("Neg", {"y"}, {"z"})
                                .output("z")
                                .bytes();
  const std::vector<Tensor> out =
      load(bytes)->run({{"x", Tensor::of<float>({2, 2}, {1, 2, 3, 4})}});
  EXPECT_EQ(out[0].shape(), (Shape{1, 2}));
  EXPECT_EQ(floats(out[0]), (Floats{-3, -4}));
}

TEST(Maps, AreFed) {
  const std::string bytes =
      builder()
          .input("m", DType::Map, {})
          .node("DictVectorizer", {"m"}, {"y"}, {{"int64_vocabulary", Ints{5, 6, 7}}}, kDomain)
          .node("Neg", {"y"}, {"z"})
          .output("z")
          .bytes();
  const auto session = load(bytes);
  for (const float value : {1.0f, 2.0f}) {
    const Tensor map =
        Tensor::map_of(Tensor::of<int64_t>({1}, {7}), Tensor::of<float>({1}, {value}));
    EXPECT_EQ(floats(session->run({{"m", map}})[0]), (Floats{-0.0f, -0.0f, -value}));
  }
  EXPECT_EQ(error_of([&] {
              session->run({{"m", Tensor::of<float>({1}, {1})}});
            }),
            ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test
