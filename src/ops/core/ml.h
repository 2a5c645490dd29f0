#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/op.h"

// What operators of the domain ai.onnx.ml share.
namespace fovea::ml {

inline constexpr std::string_view kDomain = "ai.onnx.ml";
inline constexpr DTypeSet kNumbers = {DType::Float, DType::Double, DType::Int64, DType::Int32};

// Throws Error(MalformedModel) with what was given.
[[noreturn]] void reject_attribute(std::string_view name, std::string_view given,
                                   std::string_view taken);

// The index of the attribute's value among `names`. Throws Error(MalformedModel) for any other.
int one_of(const Attributes& attributes, std::string_view name, std::string_view fallback,
           std::span<const std::string_view> names);

// What is done to the scores of a row in the end, numbered as in TreeEnsemble.
enum class PostTransform : uint8_t { None, Softmax, Logistic, SoftmaxZero, Probit };

// Of the attribute post_transform, which is a name.
PostTransform post_transform_of(const Attributes& attributes);
void apply(PostTransform transform, std::span<double> scores);

// The scores of both classes where there is one score for both, the larger the likelier the second
// is.
struct TwoClasses {
  double scores[2];

  // Probabilities add up to 1; anything else changes its sign.
  static TwoClasses of(double score, bool is_probability) {
    return {{is_probability ? 1 - score : -score, score}};
  }
  int64_t winner() const { return scores[1] > scores[0] ? 1 : 0; }
};

// The first of the largest.
int64_t index_of_largest(std::span<const double> scores);

// Rows of features, which tensors of one axis are one of.
struct Rows {
  int64_t count;
  int64_t features;
};

// Of input 0. Throws Error(InvalidInput) for more axes than two.
Rows rows_of(const NodeContext& context);

// Numbers of any type as double.
std::vector<double> to_doubles(const Tensor& tensor);
// As float, in a tensor of `shape`.
Tensor to_float_tensor(std::span<const double> values, Shape shape);

// Lists of attributes as tensors of one axis.
Tensor ints_of(const Attributes& attributes, std::string_view name);
Tensor floats_of(const Attributes& attributes, std::string_view name);
Tensor strings_of(const Attributes& attributes, std::string_view name);

// The floats of an attribute or the tensor <name>_as_tensor, as double. `single` says which.
struct NumberList {
  std::vector<double> values;
  bool single = true;
};
NumberList numbers_of(const Attributes& attributes, std::string_view name);

// The labels of the classes, strings or int64; of type Undefined where the node names none. Throws
// Error(MalformedModel) where it has both.
Tensor class_labels(const Attributes& attributes);
DType type_of_labels(const Node& node, std::span<const DType> inputs, int output);

// Of each of the values at `indices`, or `fallback` where an index is -1.
Tensor pick(const Tensor& values, std::span<const int64_t> indices, const Tensor& fallback,
            Shape shape);

// Where the elements of a tensor stand in a list of keys. All NaNs are one key. Of equal keys the
// last counts.
class KeyTable {
 public:
  KeyTable() = default;
  explicit KeyTable(const Tensor& keys);
  // -1 for each that is no key. `elements` are strings if the keys are.
  std::vector<int64_t> find(const Tensor& elements) const;

 private:
  // Keys that lie close together are found by their distance from the first.
  void index_neighbours();

  std::vector<std::pair<int64_t, int64_t>> numbers_;
  std::vector<int64_t> neighbours_;  // -1 where there is no key; none where keys lie apart
  std::vector<std::pair<std::string, int64_t>> strings_;
};

// The entries of an operator that gives labels and scores, and of one that gives numbers.
constexpr OpDef classifier(std::string_view op_type, InferRule infer, ComputeRule compute) {
  return {.op_type = op_type,
          .domain = kDomain,
          .meaning = {.outputs = {1, 2},
                      .types = {type_of_input(0, kNumbers)},
                      .infer = infer,
                      .element_type = type_of_labels},
          .cpu = {.compute = compute}};
}
constexpr OpDef regressor(std::string_view op_type, InferRule infer, ComputeRule compute) {
  return {.op_type = op_type,
          .domain = kDomain,
          .meaning = {.types = {type_of_input(0, kNumbers)},
                      .infer = infer,
                      .element_type = always<DType::Float>},
          .cpu = {.compute = compute}};
}

}  // namespace fovea::ml
