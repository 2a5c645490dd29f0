// ai.onnx.ml: labels and maps: CategoryMapper, LabelEncoder, CastMap, DictVectorizer, ZipMap.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "support/nd.h"
#include "support/op_runner.h"

namespace fovea::test {
namespace {

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;
using Strings = std::vector<std::string>;

OpCase ml(const std::string& op_type, int opset, AttributeList attributes) {
  return {.op_type = op_type,
          .opset = opset,
          .attributes = std::move(attributes),
          .domain = "ai.onnx.ml"};
}

Strings strings_of(const Tensor& tensor) {
  return {tensor.strings().begin(), tensor.strings().end()};
}

const Tensor kWords = Tensor::of_strings({2, 2}, {"b", "a", "c", "b"});

TEST(CategoryMapper, BothWays) {
  const OpCase op = ml("CategoryMapper", 1,
                       {{"cats_strings", Strings{"a", "b"}}, {"cats_int64s", Ints{10, -20}}});
  const Tensor ints = run_op(op, {kWords})[0];
  EXPECT_EQ(ints.shape(), (Shape{2, 2}));
  EXPECT_EQ(values_of<int64_t>(ints), (Ints{-20, 10, -1, -20}));
  EXPECT_EQ(strings_of(run_op(op, {Tensor::of<int64_t>({2}, {-20, 3})})[0]),
            (Strings{"b", "_Unused"}));
  const OpCase uneven =
      ml("CategoryMapper", 1, {{"cats_strings", Strings{"a"}}, {"cats_int64s", Ints{1, 2}}});
  EXPECT_EQ(error_of([&] { run_op(uneven, {kWords}); }), ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([&] { run_op(ml("CategoryMapper", 1, {}), {kWords}); }),
            ErrorCode::MalformedModel);
}

TEST(LabelEncoder, PositionsOfClasses) {
  const OpCase op = ml("LabelEncoder", 1,
                       {{"classes_strings", Strings{"a", "b"}}, {"default_int64", int64_t{9}}});
  EXPECT_EQ(values_of<int64_t>(run_op(op, {kWords})[0]), (Ints{1, 0, 9, 1}));
  EXPECT_EQ(strings_of(run_op(op, {Tensor::of<int64_t>({2}, {1, 7})})[0]),
            (Strings{"b", "_Unused"}));
}

// Found by their distance from the first, or, where they lie apart, one by one.
TEST(LabelEncoder, KeysTogetherAndApart) {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  for (const Ints& keys : {Ints{5, -3, 7}, Ints{kLeast, 0, kMost}, Ints{kMost, kMost - 2, 1},
                           Ints{kLeast + 1, kLeast + 4, kLeast + 9}}) {
    const OpCase op =
        ml("LabelEncoder", 2, {{"keys_int64s", keys}, {"values_int64s", Ints{1, 2, 3}}});
    const Tensor labels = Tensor::of<int64_t>(
        {8}, {keys[0], keys[1], keys[2], keys[0] ^ 1, 4, kLeast + 2, kMost - 1, keys[2]});
    EXPECT_EQ(values_of<int64_t>(run_op(op, {labels})[0]), (Ints{1, 2, 3, -1, -1, -1, -1, 3}));
  }
}

TEST(LabelEncoder, KeysAndValues) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const OpCase to_strings = ml("LabelEncoder", 2,
                               {{"keys_floats", Floats{1, nan, 0, 1}},
                                {"values_strings", Strings{"first", "nan", "zero", "last"}}});
  EXPECT_EQ(strings_of(run_op(to_strings, {Tensor::of<float>({4}, {nan, -0.0f, 1, 2})})[0]),
            (Strings{"nan", "zero", "last", "_Unused"}));
  const OpCase to_floats =
      ml("LabelEncoder", 2, {{"keys_strings", Strings{"b"}}, {"values_floats", Floats{0.5f}}});
  const Tensor floats = run_op(to_floats, {kWords})[0];
  EXPECT_EQ(values_of<float>(floats), (Floats{0.5f, 0, 0, 0.5f}));
  EXPECT_TRUE(std::signbit(floats.as<float>()[1]));
  const OpCase ints = ml("LabelEncoder", 2,
                         {{"keys_int64s", Ints{INT64_MAX, INT64_MAX - 1}},
                          {"values_int64s", Ints{INT64_MIN, 1}},
                          {"default_int64", int64_t{3}}});
  EXPECT_EQ(values_of<int64_t>(run_op(ints, {Tensor::of<int64_t>({2}, {INT64_MAX, 0})})[0]),
            (Ints{INT64_MIN, 3}));
}

TEST(LabelEncoder, Tensors) {
  const OpCase shorts = ml("LabelEncoder", 4,
                           {{"keys_tensor", Tensor::of<int32_t>({2}, {5, 6})},
                            {"values_tensor", Tensor::of<int16_t>({2}, {-7, 8})}});
  EXPECT_EQ(values_of<int16_t>(run_op(shorts, {Tensor::of<int32_t>({3}, {6, 5, 4})})[0]),
            (std::vector<int16_t>{8, -7, -1}));
  const OpCase doubles = ml("LabelEncoder", 4,
                            {{"keys_tensor", Tensor::of<double>({1}, {0.1})},
                             {"values_tensor", Tensor::of<double>({1}, {0.2})},
                             {"default_tensor", Tensor::of<double>({1}, {0.3})}});
  EXPECT_EQ(values_of<double>(run_op(doubles, {Tensor::of<double>({2}, {0.1, 0.1000001})})[0]),
            (std::vector<double>{0.2, 0.3}));
}

TEST(LabelEncoder, Errors) {
  const auto code_of = [](const AttributeList& attributes) {
    return error_of([&] { run_op(ml("LabelEncoder", 4, attributes), {kWords}); });
  };
  const AttributeList::value_type keys = {"keys_strings", Strings{"a"}};
  EXPECT_EQ(code_of({keys}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_of({keys, {"values_int64s", Ints{1, 2}}}), ErrorCode::MalformedModel);
  EXPECT_EQ(code_of({keys, {"values_int64s", Ints{1}}, {"values_floats", Floats{1}}}),
            ErrorCode::MalformedModel);
  EXPECT_EQ(code_of({{"keys_int64s", Ints{1}}, {"values_int64s", Ints{1}}}),
            ErrorCode::MalformedModel);
  EXPECT_EQ(
      code_of({keys, {"values_int64s", Ints{1}}, {"default_tensor", Tensor::of<float>({1}, {1})}}),
      ErrorCode::MalformedModel);
  EXPECT_EQ(code_of({keys, {"values_tensor", Tensor::of<uint8_t>({1}, {1})}}),
            ErrorCode::MalformedModel);
}

TEST(ZipMap, AMapForEachRow) {
  const OpCase op = ml("ZipMap", 1, {{"classlabels_strings", Strings{"no", "yes"}}});
  const Tensor z = run_op(op, {Tensor::of<float>({2, 2}, {0.25f, 0.75f, 1, 0})})[0];
  ASSERT_EQ(z.dtype(), DType::Sequence);
  ASSERT_EQ(z.elements(), 2);
  const Tensor keys = Tensor::of_strings({2}, {"no", "yes"});
  EXPECT_TRUE(identical(z.items()[1], Tensor::map_of(keys, Tensor::of<float>({2}, {1, 0}))));
  EXPECT_FALSE(identical(z.items()[0], z.items()[1]));
  EXPECT_TRUE(identical(copy_of(z), z));
  const OpCase ints = ml("ZipMap", 1, {{"classlabels_int64s", Ints{4}}});
  EXPECT_EQ(run_op(ints, {Tensor::of<float>({1}, {0.5f})})[0].items()[0].items()[0].dtype(),
            DType::Int64);
  EXPECT_EQ(error_of([&] {
              run_op(op, {Tensor::of<float>({1, 3}, {1, 2, 3})});
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([] { run_op(ml("ZipMap", 1, {}), {Tensor::of<float>({1}, {1})}); }),
            ErrorCode::MalformedModel);
}

TEST(Maps, KeysAndValuesBelongTogether) {
  EXPECT_EQ(error_of([] {
              Tensor::map_of(Tensor::of<int64_t>({2}, {1, 2}), Tensor::of<float>({1}, {1}));
            }),
            ErrorCode::InvalidInput);
  EXPECT_EQ(name_of(DType::Map), "map");
  EXPECT_TRUE(is_object(DType::Map));
}

const Tensor kMap =
    Tensor::map_of(Tensor::of<int64_t>({2}, {3, 1}), Tensor::of<float>({2}, {1.5f, -2.5f}));

TEST(DictVectorizer, InTheOrderOfItsVocabulary) {
  const OpCase op = ml("DictVectorizer", 1, {{"int64_vocabulary", Ints{1, 2, 3}}});
  const Tensor y = run_op(op, {kMap})[0];
  EXPECT_EQ(y.shape(), (Shape{1, 3}));
  EXPECT_EQ(values_of<float>(y), (Floats{-2.5f, 0, 1.5f}));
  const OpCase words = ml("DictVectorizer", 1, {{"string_vocabulary", Strings{"a", "b"}}});
  const Tensor map =
      Tensor::map_of(Tensor::of_strings({1}, {"b"}), Tensor::of<int64_t>({1}, {INT64_MAX}));
  EXPECT_EQ(values_of<int64_t>(run_op(words, {map})[0]), (Ints{0, INT64_MAX}));
  const Tensor named =
      Tensor::map_of(Tensor::of<int64_t>({1}, {2}), Tensor::of_strings({1}, {"x"}));
  EXPECT_EQ(strings_of(run_op(op, {named})[0]), (Strings{"", "x", ""}));
  EXPECT_EQ(error_of([&] { run_op(words, {kMap}); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([] { run_op(ml("DictVectorizer", 1, {}), {kMap}); }),
            ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([&] { run_op(op, {kWords}); }), ErrorCode::UnsupportedAttribute);
}

TEST(CastMap, DenseAndSparse) {
  const auto cast = [](const std::string& to, const std::string& form, int64_t length,
                       const Tensor& map = kMap) {
    const OpCase op = ml("CastMap", 1, {{"cast_to", to}, {"map_form", form}, {"max_map", length}});
    return run_op(op, {map})[0];
  };
  const Tensor dense = run_op(ml("CastMap", 1, {}), {kMap})[0];
  EXPECT_EQ(dense.shape(), (Shape{1, 2}));
  EXPECT_EQ(values_of<float>(dense), (Floats{-2.5f, 1.5f}));
  EXPECT_EQ(values_of<int64_t>(cast("TO_INT64", "SPARSE", 5)), (Ints{0, -2, 0, 1, 0}));
  EXPECT_EQ(strings_of(cast("TO_STRING", "SPARSE", 4)),
            (Strings{"0.f", "-2.500000", "0.f", "1.500000"}));
  const Tensor texts =
      Tensor::map_of(Tensor::of<int64_t>({1}, {0}), Tensor::of_strings({1}, {"2.5"}));
  EXPECT_EQ(values_of<float>(cast("TO_FLOAT", "DENSE", 1, texts)), (Floats{2.5f}));
  EXPECT_EQ(error_of([&] { cast("TO_FLOAT", "SPARSE", 3); }), ErrorCode::InvalidInput);
  EXPECT_EQ(error_of([&] { cast("TO_DOUBLE", "SPARSE", 3); }), ErrorCode::MalformedModel);
  EXPECT_EQ(error_of([&] { cast("TO_FLOAT", "SPARSE", -1); }), ErrorCode::MalformedModel);
  const Tensor named = Tensor::map_of(Tensor::of_strings({1}, {"x"}), Tensor::of<float>({1}, {1}));
  EXPECT_EQ(error_of([&] { cast("TO_FLOAT", "DENSE", 1, named); }), ErrorCode::InvalidInput);
}

}  // namespace
}  // namespace fovea::test
