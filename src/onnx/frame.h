#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "onnx/model.h"
#include "onnx/writer.h"

namespace fovea::onnx {

// What a model's file says besides what it computes: its inputs, outputs, opsets, metadata, names
// and doc strings, copied byte by byte. A ModelProto without nodes, initialisers, declared values
// and functions.
std::string frame_of(std::span<const std::byte> model);

// What a frame is filled with.
struct Contents {
  std::string nodes;                     // the fields of GraphProto that they are
  std::vector<std::string_view> inputs;  // those of the frame's that stay
  std::vector<OperatorSetId> opsets;     // that the frame does not import
  std::optional<int64_t> ir_version;     // in the stead of the frame's
};
// `write_rest` adds other fields of the GraphProto, each time it is called the same.
std::string fill_frame(std::string_view frame, const Contents& contents,
                       void (*write_rest)(Writer& out, const void* what), const void* what);

}  // namespace fovea::onnx
