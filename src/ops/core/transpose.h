#pragma once

#include "ops/op.h"

namespace fovea {

bool is_transpose(const Node& node);

// True for a Transpose that takes an image from TensorFlow's order [N, H, W, C] to ONNX's: whoever
// reads it may want it in either form, and has it from there in one step.
bool leaves_form_open(const Node& node, const ValueType& input);

// Whether a Transpose moves nothing: in these forms, its input's elements lie in memory where its
// result's do.
bool keeps_memory_order(const Node& node, const ValueType& input, Form from,
                        const ValueType& output, Form to);

}  // namespace fovea
