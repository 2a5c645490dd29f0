#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/core/activation.h"
#include "ops/core/merged_groups.h"
#include "passes/convolution.h"
#include "passes/match.h"
#include "passes/pass.h"

namespace fovea {
namespace {

bool is_at_least(const Tensor& scales, float least) {
  return scales.dtype() == DType::Float && std::ranges::all_of(scales.as<float>(), [&](float x) {
           return std::isfinite(x) && x >= least;
         });
}

// Scales and zero points of a QuantizeLinear or DequantizeLinear: constants, one for all or one for
// each of `channels`, and points of `types` where there are any.
bool has_parameters(const Rewriter& graph, const Node& node, DTypeSet types, int64_t channels,
                    float least_scale = std::numeric_limits<float>::min()) {
  const Tensor* scales = graph.constant(input_of(node, 1));
  const Tensor* points = graph.constant(input_of(node, 2));
  if (!scales || (!points && input_of(node, 2) != kNoValue)) return false;
  if (!is_at_least(*scales, least_scale) || node.attributes.get_int("block_size", 0) != 0 ||
      node.attributes.has("output_dtype")) {
    return false;
  }
  const auto fits = [&](int64_t count) { return count == 1 || count == channels; };
  return fits(scales->elements()) &&
         (!points || (types.contains(points->dtype()) && fits(points->elements())));
}

// Whether kernels take the groups, see QuantisedConvStep.
bool suit_kernels(const Shape& weights, const Node& convolution) {
  const int64_t groups = convolution.attributes.get_int("group", 1);
  if (weights.rank() != 4 || weights.elements() == 0 || groups < 1) return false;
  return groups == 1 || (weights[0] == groups && weights[1] == 1) ||
         groups_at_once(groups, weights[0]) > 0;
}

bool is_matmul(const Node& node) { return is_op(node, "MatMul") || is_op(node, "Gemm"); }

// Whether a Gemm, if it is one, is a product and a bias by themselves.
bool is_plain(const Node& node) {
  return !is_op(node, "Gemm") || (node.attributes.get_float("alpha", 1) == 1.0f &&
                                  node.attributes.get_float("beta", 1) == 1.0f &&
                                  node.attributes.get_int("transA", 0) == 0);
}

// Grows a convolution or a product of matrices, of dequantised bytes, by what leads to it and what
// follows it.
class Pattern {
 public:
  Pattern(const Rewriter& graph, NodeId product)
      : graph_(graph), product_(product), node_(graph.node(product)) {}

  // Whether its inputs are such bytes.
  bool begins();
  // The nodes, the last of which makes the result; none where integers would take longer.
  std::vector<NodeId> nodes();

 private:
  bool takes_image();
  bool takes_weights();
  bool takes_bias();
  bool absorb(const Node& node, ValueId result);
  bool absorb_addend(ValueId id);
  bool absorb_activation(const Node& node);
  bool undoes(const Node& dequantize) const;
  const Node* dequantised(size_t input);

  // Of weights, that of the result's channels.
  int channel_axis() const {
    return is_matmul(node_) && node_.attributes.get_int("transB", 0) == 0 ? 1 : 0;
  }
  int64_t channels() const { return weights_->shape()[channel_axis()]; }

  const Rewriter& graph_;
  NodeId product_;
  const Node& node_;
  std::vector<NodeId> nodes_;
  const Tensor* weights_ = nullptr;
  const Node* quantize_ = nullptr;  // that the last node is
  bool biased_ = false, rounded_ = false, added_ = false, rounded_sum_ = false;
  bool activated_ = false;
};

const Node* Pattern::dequantised(size_t input) {
  const ValueId id = input_of(node_, input);
  const Node* node = made_by(graph_, id, "DequantizeLinear");
  if (node) nodes_.push_back(graph_.producer(id));
  return node;
}

bool Pattern::begins() {
  return is_plain(node_) && takes_image() && takes_weights() && takes_bias();
}

bool Pattern::takes_image() {
  const Node* image = dequantised(0);
  return image && !graph_.constant(image->inputs[0]) && has_parameters(graph_, *image, kBytes, 1);
}

bool Pattern::takes_weights() {
  const Node* node = dequantised(1);
  weights_ = node ? graph_.constant(node->inputs[0]) : nullptr;
  const int rank = is_matmul(node_) ? 2 : 4;
  if (!weights_ || !kBytes.contains(weights_->dtype()) || weights_->shape().rank() != rank) {
    return false;
  }
  const Tensor* scales = graph_.constant(input_of(*node, 1));
  const int64_t axis = node->attributes.get_int("axis", 1);
  if (scales && scales->elements() > 1 && (axis < 0 ? axis + rank : axis) != channel_axis()) {
    return false;
  }
  const Shape& shape = weights_->shape();
  const bool suits = is_matmul(node_) ? shape.elements() > 0 : suit_kernels(shape, node_);
  return suits && has_parameters(graph_, *node, kBytes, channels(), 0);
}

bool Pattern::takes_bias() {
  const ValueId id = input_of(node_, 2);
  if (id == kNoValue) return true;
  const Shape channels = {this->channels()};
  if (const Tensor* bias = graph_.constant(id)) {
    return bias->dtype() == DType::Float && bias->shape() == channels;
  }
  const Node* node = dequantised(2);
  const Tensor* bias = node ? graph_.constant(node->inputs[0]) : nullptr;
  if (!bias || bias->dtype() != DType::Int32 || bias->shape() != channels) return false;
  if (!has_parameters(graph_, *node, {DType::Int32}, channels[0], 0)) return false;
  const Tensor* points = graph_.constant(input_of(*node, 2));
  return !points || std::ranges::all_of(to_int64s(*points), [](int64_t x) { return x == 0; });
}

std::vector<NodeId> Pattern::nodes() {
  const auto chain = chain_from(
      graph_, product_, [&](const Node& node, ValueId result) { return absorb(node, result); });
  nodes_.insert(nodes_.end(), chain.begin(), chain.end());
  // What is dequantised for others than these stays bytes.
  if (is_op(graph_.node(nodes_.back()), "DequantizeLinear")) nodes_.pop_back();
  // Sums of few products become floats sooner than they become quantised.
  constexpr int64_t kFew = 32;
  const bool few = weights_->elements() / channels() < kFew;
  if (few && !quantize_ && !rounded_) return {};
  return nodes_;
}

// The result quantised and dequantised before anything else follows; then a value added, the sum
// quantised and dequantised, an activation, and the result quantised.
bool Pattern::absorb(const Node& node, ValueId result) {
  if (quantize_) {
    if (!undoes(node)) return false;
    quantize_ = nullptr;
    return (added_ ? rounded_sum_ : rounded_) = true;
  }
  if (is_op(node, "QuantizeLinear")) {
    if (node.inputs[0] != result || !has_parameters(graph_, node, kBytes, 1)) return false;
    quantize_ = &node;
    return true;
  }
  if (is_op(node, "Add")) {
    return !activated_ && absorb_addend(node.inputs[node.inputs[0] == result ? 1 : 0]);
  }
  return !activated_ && node.domain.empty() && !node.inputs.empty() && node.inputs[0] == result &&
         absorb_activation(node);
}

// To a convolution numbers, or bytes that are dequantised on the way: its own image, too. To a
// MatMul its bias.
bool Pattern::absorb_addend(ValueId id) {
  if (const Tensor* constant = graph_.constant(id)) {
    const bool bias = is_op(node_, "MatMul") && !biased_ && !rounded_ && !added_ &&
                      constant->dtype() == DType::Float && constant->shape() == Shape{channels()};
    return biased_ |= bias;
  }
  if (added_ || is_matmul(node_)) return false;
  added_ = true;
  const Node* node = made_by(graph_, id, "DequantizeLinear");
  const NodeId maker = graph_.producer(id);
  if (!node || std::ranges::find(nodes_, maker) != nodes_.end()) return true;
  if (!graph_.constant(node->inputs[0]) && has_parameters(graph_, *node, kBytes, 1)) {
    nodes_.push_back(maker);
  }
  return true;
}

bool Pattern::undoes(const Node& dequantize) const {
  if ((added_ ? rounded_sum_ : rounded_) || activated_ || !is_op(dequantize, "DequantizeLinear")) {
    return false;
  }
  if (!has_parameters(graph_, dequantize, kBytes, 1)) return false;
  const auto parameter = [&](const Node& node, size_t index) {
    const Tensor* tensor = graph_.constant(input_of(node, index));
    return tensor ? to_floats(*tensor) : std::vector<float>{0};
  };
  return parameter(dequantize, 1) == parameter(*quantize_, 1) &&
         parameter(dequantize, 2) == parameter(*quantize_, 2);
}

// Those that commute with a scale. Padding lanes have to stay 0.
bool Pattern::absorb_activation(const Node& node) {
  using kernels::Activation;
  const auto activation = activation_of(node, [&](ValueId id) { return graph_.constant(id); });
  if (!activation) return false;
  const Tensor* slopes = graph_.constant(input_of(node, 1));
  if (!has_finite_slopes(*activation, slopes)) return false;
  switch (activation->kind) {
    case Activation::PRelu:
      activated_ = !is_matmul(node_) &&
                   channel_values(graph_.graph(), node.inputs[1], channels(), 4).has_value();
      break;
    case Activation::Clip:
      activated_ = activation->alpha <= 0 && activation->beta >= 0;
      break;
    default:
      activated_ = kernels::is_simple(activation->kind);
  }
  return activated_;
}

// A QLinearConv's inputs; a QLinearMatMul has no bias.
enum : size_t { kX, kXScale, kXPoint, kW, kWScale, kWPoint, kYScale, kYPoint, kBias };

bool can_be_written_out(const Rewriter& graph, const Node& node) {
  const bool convolution = node.op_type == "QLinearConv";
  if ((!convolution && !is_op(node, "QLinearMatMul")) || node.inputs.size() <= kYPoint ||
      node.attributes.get_int("channels_last", 0) != 0) {
    return false;
  }
  const auto constant = [&](size_t input) { return graph.constant(input_of(node, input)); };
  for (size_t input = kXScale; input < node.inputs.size(); ++input) {
    if (!constant(input) && input_of(node, input) != kNoValue) return false;
  }
  const Tensor *weights = constant(kW), *scales = constant(kWScale), *points = constant(kWPoint);
  for (const size_t scale : {kXScale, kYScale}) {
    if (!constant(scale) || constant(scale)->elements() != 1) return false;
  }
  if (!weights || !scales || scales->dtype() != DType::Float ||
      constant(kXScale)->dtype() != DType::Float ||
      (points && points->shape() != scales->shape())) {
    return false;
  }
  if (convolution) return suit_kernels(weights->shape(), node);
  const Tensor* point = constant(kXPoint);
  return point && kBytes.contains(point->dtype()) && kBytes.contains(weights->dtype()) &&
         weights->shape().rank() == 2 && weights->elements() > 0 && scales->shape().rank() <= 1 &&
         !graph.constant(node.inputs[kX]);
}

// The nodes that a QLinearConv or QLinearMatMul is short for.
class WrittenOut {
 public:
  WrittenOut(Rewriter& graph, NodeId id) : graph_(graph), id_(id), short_(graph.node(id)) {}

  // The Conv or MatMul.
  NodeId product();

 private:
  ValueId dequantised(ValueId bytes, ValueId scale, ValueId point, int64_t axis = 0);
  ValueId bias_scale();
  Node made(std::string_view op_type, std::vector<ValueId> inputs) const;
  ValueId new_value() { return graph_.add_value(short_.name + " part", DType::Float); }

  Rewriter& graph_;
  NodeId id_;
  const Node short_;
};

Node WrittenOut::made(std::string_view op_type, std::vector<ValueId> inputs) const {
  constexpr int kOpset = 13;  // the first by channels
  Node node = short_;
  node.become(op_type, kOnnxDomain, kOpset);
  node.inputs = std::move(inputs);
  return node;
}

ValueId WrittenOut::dequantised(ValueId bytes, ValueId scale, ValueId point, int64_t axis) {
  Node node = made("DequantizeLinear", {bytes, scale, point});
  node.attributes = {};
  node.attributes.set("axis", axis);
  node.outputs = {new_value()};
  const ValueId result = node.outputs[0];
  graph_.insert_before(id_, std::move(node));
  return result;
}

ValueId WrittenOut::bias_scale() {
  const float of_image = graph_.constant(short_.inputs[kXScale])->as<float>()[0];
  const Tensor& of_weights = *graph_.constant(short_.inputs[kWScale]);
  Tensor scales = Tensor::allocate(DType::Float, of_weights.shape());
  std::ranges::transform(of_weights.as<float>(), scales.mutable_as<float>().begin(),
                         [&](float scale) { return of_image * scale; });
  return graph_.add_constant(short_.name + " bias scale", std::move(scales));
}

NodeId WrittenOut::product() {
  const std::vector<ValueId>& in = short_.inputs;
  const bool matmul = short_.op_type == "QLinearMatMul";
  std::vector<ValueId> inputs = {dequantised(in[kX], in[kXScale], in[kXPoint]),
                                 dequantised(in[kW], in[kWScale], in[kWPoint], matmul ? 1 : 0)};
  if (const ValueId bias = input_of(short_, kBias); bias != kNoValue) {
    inputs.push_back(dequantised(bias, bias_scale(), kNoValue));
  }
  Node convolution = made(matmul ? "MatMul" : "Conv", std::move(inputs));
  convolution.outputs = {new_value()};
  const ValueId sums = convolution.outputs[0];
  const NodeId result = graph_.insert_before(id_, std::move(convolution));
  Node quantize = made("QuantizeLinear", {sums, in[kYScale], in[kYPoint]});
  quantize.attributes = {};
  graph_.replace(id_, std::move(quantize));
  return result;
}

}  // namespace

// com.microsoft's sum of two values of bytes as the nodes that it is short for, where their types
// and scales are known: so that a convolution takes it in. What none does becomes one again.
void write_out_sum(Rewriter& graph, NodeId id) {
  const Node sum = graph.node(id);
  constexpr size_t kPoints[] = {2, 5, 7};
  if (sum.op_type != "QLinearAdd" || sum.inputs.size() <= kPoints[2]) return;
  for (const size_t point : kPoints) {
    const Tensor* scales = graph.constant(sum.inputs[point - 1]);
    const Tensor* points = graph.constant(sum.inputs[point]);
    if (!scales || !points || scales->elements() != 1 || points->elements() != 1) return;
    if (!is_at_least(*scales, std::numeric_limits<float>::min())) return;
  }
  if (graph.constant(sum.inputs[0]) || graph.constant(sum.inputs[3])) return;
  const auto made = [&](std::string_view op_type, std::vector<ValueId> inputs) {
    Node node = sum;
    node.become(op_type, kOnnxDomain, 13);
    node.inputs = std::move(inputs);
    return node;
  };
  const auto made_before = [&](std::string_view op_type, std::vector<ValueId> inputs) {
    Node node = made(op_type, std::move(inputs));
    const ValueId result = graph.add_value(sum.name + " part", DType::Float);
    node.outputs = {result};
    graph.insert_before(id, std::move(node));
    return result;
  };
  const auto& in = sum.inputs;
  const ValueId a = made_before("DequantizeLinear", {in[0], in[1], in[2]});
  const ValueId b = made_before("DequantizeLinear", {in[3], in[4], in[5]});
  graph.replace(id, made("QuantizeLinear", {made_before("Add", {a, b}), in[6], in[7]}));
}

// Makes one node of integers of a convolution of dequantised images and weights, or of such a
// product of matrices, and of what can be done to its sums. What it stands for is its body, for
// shapes that no kernel of integers takes.
void fuse_quantised_convolution(Rewriter& graph, const PassContext&) {
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) write_out_sum(graph, id);
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    NodeId product = id;
    if (can_be_written_out(graph, graph.node(id))) {
      product = WrittenOut(graph, id).product();
    } else if (!is_op(graph.node(id), "Conv") && !is_matmul(graph.node(id))) {
      continue;
    }
    Pattern pattern(graph, product);
    if (!pattern.begins()) continue;
    const std::vector<NodeId> nodes = pattern.nodes();
    const bool matmul = is_matmul(graph.node(product));
    if (!nodes.empty()) {
      graph.fuse(nodes.back(), nodes, matmul ? "FusedQLinearMatMul" : "FusedQLinearConv");
    }
  }
}

}  // namespace fovea
