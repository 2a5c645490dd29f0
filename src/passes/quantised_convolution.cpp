#include <algorithm>
#include <cmath>
#include <limits>

#include "ops/core/activation.h"
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

// Kernels write four channels at once, and groups of fewer are no products of matrices.
bool suit_kernels(const Shape& weights, const Node& convolution) {
  const int64_t groups = convolution.attributes.get_int("group", 1);
  if (weights.rank() != 4 || weights.elements() == 0) return false;
  return groups == 1 || (groups > 1 && weights[0] % (4 * groups) == 0 && weights[1] >= 4);
}

// Grows a convolution of dequantised bytes by what leads to it and what follows it.
class Pattern {
 public:
  Pattern(const Rewriter& graph, NodeId convolution)
      : graph_(graph), convolution_(convolution), node_(graph.node(convolution)) {}

  // Whether its inputs are such bytes.
  bool begins();
  // The nodes, the last of which makes the result; none where integers would take longer.
  std::vector<NodeId> nodes();

 private:
  bool takes_image();
  bool takes_weights();
  bool takes_bias();
  bool absorb(const Node& node, ValueId result);
  bool absorb_activation(const Node& node);
  bool undoes(const Node& dequantize) const;
  const Node* dequantised(size_t input);

  const Rewriter& graph_;
  NodeId convolution_;
  const Node& node_;
  std::vector<NodeId> nodes_;
  const Tensor* weights_ = nullptr;
  const Node* quantize_ = nullptr;  // that the last node is
  bool rounded_ = false, added_ = false, activated_ = false;
};

const Node* Pattern::dequantised(size_t input) {
  const ValueId id = input_of(node_, input);
  const Node* node = made_by(graph_, id, "DequantizeLinear");
  if (node) nodes_.push_back(graph_.producer(id));
  return node;
}

bool Pattern::begins() { return takes_image() && takes_weights() && takes_bias(); }

bool Pattern::takes_image() {
  const Node* image = dequantised(0);
  return image && !graph_.constant(image->inputs[0]) && has_parameters(graph_, *image, kBytes, 1);
}

bool Pattern::takes_weights() {
  const Node* node = dequantised(1);
  weights_ = node ? graph_.constant(node->inputs[0]) : nullptr;
  if (!weights_ || !kBytes.contains(weights_->dtype()) || weights_->shape().rank() != 4) {
    return false;
  }
  const Shape& shape = weights_->shape();
  const bool by_channel =
      graph_.constant(input_of(*node, 1)) && graph_.constant(input_of(*node, 1))->elements() > 1;
  if (by_channel && node->attributes.get_int("axis", 1) != 0) return false;
  return suit_kernels(shape, node_) && has_parameters(graph_, *node, kBytes, shape[0], 0);
}

bool Pattern::takes_bias() {
  const ValueId id = input_of(node_, 2);
  if (id == kNoValue) return true;
  const Shape channels = {weights_->shape()[0]};
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
      graph_, convolution_, [&](const Node& node, ValueId result) { return absorb(node, result); });
  nodes_.insert(nodes_.end(), chain.begin(), chain.end());
  // What is dequantised for others than these stays bytes.
  if (is_op(graph_.node(nodes_.back()), "DequantizeLinear")) nodes_.pop_back();
  // Sums of few products become floats sooner than they become quantised.
  constexpr int64_t kFew = 32;
  const Shape& weights = weights_->shape();
  const bool few = weights.elements(1, weights.rank()) < kFew;
  if (few && !quantize_ && !rounded_) return {};
  return nodes_;
}

// The result quantised and dequantised before anything else follows; then a value added, an
// activation, and the result quantised.
bool Pattern::absorb(const Node& node, ValueId result) {
  if (quantize_) {
    if (!undoes(node)) return false;
    quantize_ = nullptr;
    return rounded_ = true;
  }
  if (is_op(node, "QuantizeLinear")) {
    if (node.inputs[0] != result || !has_parameters(graph_, node, kBytes, 1)) return false;
    quantize_ = &node;
    return true;
  }
  if (is_op(node, "Add")) {
    const ValueId other = node.inputs[node.inputs[0] == result ? 1 : 0];
    // Numbers that are the convolution's own image are bytes to its kernel.
    const bool own = std::ranges::find(nodes_, graph_.producer(other)) != nodes_.end();
    if (added_ || activated_ || own || graph_.constant(other)) return false;
    return added_ = true;
  }
  return !activated_ && node.domain.empty() && !node.inputs.empty() && node.inputs[0] == result &&
         absorb_activation(node);
}

bool Pattern::undoes(const Node& dequantize) const {
  if (rounded_ || added_ || activated_ || !is_op(dequantize, "DequantizeLinear")) return false;
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
      activated_ =
          channel_values(graph_.graph(), node.inputs[1], weights_->shape()[0], 4).has_value();
      break;
    case Activation::Clip:
      activated_ = activation->alpha <= 0 && activation->beta >= 0;
      break;
    default:
      activated_ = kernels::is_simple(activation->kind);
  }
  return activated_;
}

// A QLinearConv's inputs.
enum : size_t { kX, kXScale, kXPoint, kW, kWScale, kWPoint, kYScale, kYPoint, kBias };

bool can_be_written_out(const Rewriter& graph, const Node& node) {
  if (node.op_type != "QLinearConv" || node.attributes.get_int("channels_last", 0) != 0 ||
      node.inputs.size() <= kYPoint) {
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
  return weights && scales && suit_kernels(weights->shape(), node) &&
         scales->dtype() == DType::Float && constant(kXScale)->dtype() == DType::Float &&
         (!points || points->shape() == scales->shape());
}

// The nodes that a QLinearConv is short for.
class WrittenOut {
 public:
  WrittenOut(Rewriter& graph, NodeId id) : graph_(graph), id_(id), short_(graph.node(id)) {}

  // The convolution.
  NodeId convolution();

 private:
  ValueId dequantised(ValueId bytes, ValueId scale, ValueId point);
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

ValueId WrittenOut::dequantised(ValueId bytes, ValueId scale, ValueId point) {
  Node node = made("DequantizeLinear", {bytes, scale, point});
  node.attributes = {};
  node.attributes.set("axis", int64_t{0});
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

NodeId WrittenOut::convolution() {
  const std::vector<ValueId>& in = short_.inputs;
  std::vector<ValueId> inputs = {dequantised(in[kX], in[kXScale], in[kXPoint]),
                                 dequantised(in[kW], in[kWScale], in[kWPoint])};
  if (const ValueId bias = input_of(short_, kBias); bias != kNoValue) {
    inputs.push_back(dequantised(bias, bias_scale(), kNoValue));
  }
  Node convolution = made("Conv", std::move(inputs));
  convolution.outputs = {new_value()};
  const ValueId sums = convolution.outputs[0];
  const NodeId result = graph_.insert_before(id_, std::move(convolution));
  Node quantize = made("QuantizeLinear", {sums, in[kYScale], in[kYPoint]});
  quantize.attributes = {};
  graph_.replace(id_, std::move(quantize));
  return result;
}

}  // namespace

// Makes one node of integers of a convolution of dequantised images and weights, and of what can be
// done to its sums. What it stands for is its body, for shapes that no kernel of integers takes.
void fuse_quantised_convolution(Rewriter& graph, const PassContext&) {
  for (NodeId id = graph.first(); id != kNoNode; id = graph.next(id)) {
    NodeId convolution = id;
    if (can_be_written_out(graph, graph.node(id))) {
      convolution = WrittenOut(graph, id).convolution();
    } else if (!is_op(graph.node(id), "Conv")) {
      continue;
    }
    Pattern pattern(graph, convolution);
    if (!pattern.begins()) continue;
    const std::vector<NodeId> nodes = pattern.nodes();
    if (!nodes.empty()) graph.fuse(nodes.back(), nodes, "FusedQLinearConv");
  }
}

}  // namespace fovea
