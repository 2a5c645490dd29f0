#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "onnx/model.h"

namespace fovea::onnx {

// What a model's file says besides what it computes: its inputs, outputs, opsets, metadata, names and doc
// strings, copied byte by byte. A ModelProto without nodes, initialisers, declared values and functions.
std::string frame_of(std::span<const std::byte> model);

// The file that the frame is of, with these nodes and initialisers. Of its inputs those stay that are
// named, and it imports these opsets as well, by their domains, where it imports none of the domain.
std::string fill_frame(std::string_view frame, const Graph& graph,
                       const std::set<std::string_view>& inputs,
                       const std::map<std::string_view, int64_t>& opsets);

}  // namespace fovea::onnx
