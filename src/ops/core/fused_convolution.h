#pragma once

#include <optional>

#include "ops/core/conv_step.h"

namespace fovea {

// A FusedConv or FusedConvTranspose of images as its kernel sees it. The body is [Concat], the
// convolution, and what follows it.
class FusedConvolution {
 public:
  explicit FusedConvolution(const NodeContext& context);
  FusedConvolution(const FusedConvolution&) = delete;
  FusedConvolution& operator=(const FusedConvolution&) = delete;

  // The convolution by itself, of joined data. To be used as long as this lives.
  NodeContext convolution() const { return {body_.nodes()[at_], inputs_}; }
  // Null where the shapes do not suit a kernel, see epilogue_of().
  const FusedEpilogue* epilogue() const { return fits_ ? &operands_.epilogue : nullptr; }
  const ConvOperands& operands() const { return operands_; }
  // The rule of the node, of whose data a band is made as its convolution says.
  BandRule band_rule(ConvBand band) const;

 private:
  const NodeContext& context_;
  Body body_;
  size_t at_;  // the convolution, in the body
  std::vector<const ValueType*> inputs_;
  ConvOperands operands_;
  bool fits_;
};

}  // namespace fovea
