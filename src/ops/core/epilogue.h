#pragma once

#include <optional>

#include "kernels/elementwise/activation.h"
#include "ops/core/body.h"
#include "ops/core/depth_to_space.h"

namespace fovea {

// What follows a product, of a convolution or of matrices, in a fused node's body: kernels do it
// while the sums are still in registers. Operands are inputs of the node, by index.
struct FusedEpilogue {
  int bias = kNoInput;    // elements of the product's last axis, added to each of its rows
  int addend = kNoInput;  // a value of the product's shape
  kernels::ActivationSpec activation = {};
  int slopes = kNoInput;  // PRelu's
  // DepthToSpace, the activation before or after it.
  std::optional<DepthToSpaceAttributes> shuffle = std::nullopt;
  bool activates_before_shuffle = false;
};

// What the body's nodes behind `product` do, in this order: sums, an activation and DepthToSpace.
// nullopt where these shapes make a sum broadcast otherwise, which no kernel does.
std::optional<FusedEpilogue> epilogue_of(const NodeContext& context, const Body& body,
                                         size_t product);

}  // namespace fovea
