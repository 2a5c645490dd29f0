#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

// Pool: 2, 3; 5 4, 5 6, 7 8, 6 7.
AttributeList attributes_of(const std::string& mode, int64_t shortest, int64_t longest,
                            int64_t skips) {
  return {{"mode", mode},
          {"min_gram_length", shortest},
          {"max_gram_length", longest},
          {"max_skip_count", skips},
          {"ngram_counts", Ints{0, 2}},
          {"ngram_indexes", Ints{0, 1, 2, 3, 4, 6}},
          {"pool_int64s", Ints{2, 3, 5, 4, 5, 6, 7, 8, 6, 7}}};
}

AttributeList with(AttributeList attributes, const std::string& name, AttributeValue value) {
  attributes.push_back({name, std::move(value)});  // the last one counts
  return attributes;
}

Floats vectorize(const AttributeList& attributes, const Tensor& in) {
  return values_of<float>(run_op({"TfIdfVectorizer", 9, attributes}, {in})[0]);
}

const Tensor kTokens = int64_vector({1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8});

TEST(TfIdf, LengthsAndSkips) {
  EXPECT_EQ(vectorize(attributes_of("TF", 1, 1, 0), kTokens), (Floats{0, 3, 0, 0, 0, 0, 0}));
  EXPECT_EQ(vectorize(attributes_of("TF", 1, 1, 5), kTokens), (Floats{0, 3, 0, 0, 0, 0, 0}));
  EXPECT_EQ(vectorize(attributes_of("TF", 2, 2, 0), kTokens), (Floats{0, 0, 0, 1, 1, 0, 1}));
  EXPECT_EQ(vectorize(attributes_of("TF", 1, 2, 0), kTokens), (Floats{0, 3, 0, 1, 1, 0, 1}));
  // 7 _ _ 8 is one more with two skipped.
  EXPECT_EQ(vectorize(attributes_of("TF", 1, 2, 1), kTokens), (Floats{0, 3, 0, 1, 1, 0, 1}));
  EXPECT_EQ(vectorize(attributes_of("TF", 1, 2, 2), kTokens), (Floats{0, 3, 0, 1, 2, 0, 1}));
  EXPECT_EQ(vectorize(attributes_of("TF", 1, 2, INT64_MAX), int64_vector({5, 0, 0, 0, 4})),
            (Floats{0, 0, 1, 0, 0, 0, 0}));
}

TEST(TfIdf, ModesAndWeights) {
  const Ints indexes = {2, 0, 1, 3, 4, 5};
  const Floats weights = {2, 3, 5, 7, 11, 13};
  const auto of = [&](const std::string& mode) {
    AttributeList attributes = attributes_of(mode, 1, 2, 0);
    attributes = with(with(attributes, "ngram_indexes", indexes), "weights", weights);
    return vectorize(attributes, kTokens);
  };
  EXPECT_EQ(of("TF"), (Floats{3, 0, 0, 1, 1, 1}));
  EXPECT_EQ(of("IDF"), (Floats{3, 0, 0, 7, 11, 13}));
  EXPECT_EQ(of("TFIDF"), (Floats{9, 0, 0, 7, 11, 13}));
  EXPECT_EQ(vectorize(attributes_of("IDF", 1, 2, 0), kTokens), (Floats{0, 1, 0, 1, 1, 0, 1}));
}

TEST(TfIdf, RowsStringsAndNothing) {
  const Tensor rows = Tensor::of<int32_t>({3, 2}, {2, 2, 5, 4, 3, -1});
  EXPECT_EQ(vectorize(attributes_of("TF", 1, 2, 0), rows),
            (Floats{2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0}));
  const AttributeList strings = {{"mode", std::string("TF")},
                                 {"min_gram_length", int64_t{1}},
                                 {"max_gram_length", int64_t{2}},
                                 {"max_skip_count", int64_t{0}},
                                 {"ngram_counts", Ints{0, 1}},
                                 {"ngram_indexes", Ints{1, 0}},
                                 {"pool_strings", Strings{"a", "b", "a"}}};
  const Tensor text = Tensor::of_strings({4}, {"b", "a", "x", "a"});
  EXPECT_EQ(vectorize(strings, text), (Floats{1, 2}));
  EXPECT_EQ(vectorize(strings, Tensor::of_strings({1}, {"a"})), (Floats{0, 1}));
  EXPECT_EQ(vectorize(strings, Tensor::allocate(DType::String, {0})), (Floats{0, 0}));
  EXPECT_EQ(vectorize(strings, Tensor::allocate(DType::String, {1, 0})), (Floats{0, 0}));
  EXPECT_EQ(vectorize(strings, Tensor::allocate(DType::String, {0, 3})), Floats{});
  EXPECT_EQ(error_of([&] { vectorize(strings, kTokens); }), ErrorCode::InvalidInput);
}

TEST(TfIdf, Errors) {
  const AttributeList good = attributes_of("TF", 1, 2, 0);
  const auto code = [&](const std::string& name, AttributeValue value) {
    return error_of([&] { vectorize(with(good, name, std::move(value)), kTokens); });
  };
  EXPECT_EQ(code("mode", std::string("IDFTF")), ErrorCode::MalformedModel);
  EXPECT_EQ(code("min_gram_length", int64_t{0}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("min_gram_length", int64_t{3}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("max_gram_length", int64_t{3}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("max_skip_count", int64_t{-1}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("ngram_counts", Ints{0, 1}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("ngram_counts", Ints{0, 20}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("ngram_counts", Ints{-2, 2}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("ngram_indexes", Ints{0, 1, 2}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("ngram_indexes", Ints{0, 1, 2, 3, 4, -1}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("ngram_indexes", Ints{0, 1, 2, 3, 4, INT64_MAX}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("weights", Floats{1}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("pool_strings", Strings{"a"}), ErrorCode::MalformedModel);
  EXPECT_EQ(code("pool_int64s", Ints{2, 2, 5, 4, 5, 6, 7, 8, 6, 7}), ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([&] { vectorize(good, int64_vector({1}).reshaped({})); }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] { vectorize(good, Tensor::of_strings({1}, {"a"})); }),
            ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test
