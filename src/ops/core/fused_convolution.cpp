#include "ops/core/fused_convolution.h"

namespace fovea {

FusedConvolution::FusedConvolution(const NodeContext& context)
    : context_(context),
      body_(context),
      at_(body_.nodes().front().op_type == "Concat" ? 1 : 0),
      inputs_(body_.inputs_of(body_.nodes()[at_])) {
  const Node& convolution = body_.nodes()[at_];
  const auto& ids = convolution.inputs;
  operands_.data = at_ > 0 ? body_.nodes().front().inputs : std::vector<int>{ids[kConvData]};
  operands_.weights = ids[kConvWeights];
  operands_.bias = ids.size() > kConvBias ? ids[kConvBias] : kNoInput;
  const auto epilogue = epilogue_of(context, body_, at_);
  // A convolution has a bias of its own.
  fits_ = epilogue && epilogue->bias == kNoInput;
  if (fits_) operands_.epilogue = *epilogue;
}

BandRule FusedConvolution::band_rule(ConvBand band) const {
  BandRule rule{{}, context_.node()};
  rule.inputs.resize(static_cast<size_t>(context_.input_count()));
  const FusedEpilogue& epilogue = operands_.epilogue;
  if (epilogue.shuffle) band.data.den = epilogue.shuffle->block;
  for (const int index : operands_.data) rule.inputs[static_cast<size_t>(index)] = band.data;
  if (context_.has_input(epilogue.addend)) {
    rule.inputs[static_cast<size_t>(epilogue.addend)].whole = false;
  }
  auto body = std::make_shared<Graph>(body_of(context_.node()).clone());
  body->nodes[at_].attributes = std::move(band.attributes);
  rule.node.attributes.set(std::string(kBodyAttribute), std::move(body));
  return rule;
}

}  // namespace fovea
