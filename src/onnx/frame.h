#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "onnx/model.h"

namespace fovea::onnx {

// What a model's file says besides what it computes: its inputs, outputs, opsets, metadata, names and doc
// strings, copied byte by byte. A ModelProto without nodes, initialisers, declared values and functions.
std::string frame_of(std::span<const std::byte> model);

// What a frame is filled with.
struct Contents {
  std::string nodes;  // the fields of GraphProto that they are
  std::vector<Tensor> initializers;
  std::vector<std::string_view> inputs;  // those of the frame's that stay
  std::vector<OperatorSetId> opsets;     // of domains of which the frame may import none
};
std::string fill_frame(std::string_view frame, const Contents& contents);

}  // namespace fovea::onnx
