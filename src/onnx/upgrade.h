#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace fovea::onnx {

// The same model with nodes of a later opset of the default domain: from 6 or later to one from 13
// to 17. What has changed its form in between is rewritten, such as Squeeze's axes, which became an
// input, and Softmax, which flattened what follows its axis; subgraphs, too. The IR version is
// raised where the opset asks for it. A model of this opset or of a later one is returned as it is.
//
// Throws Error(MalformedModel) as decode() does, Error(InvalidInput) for a version that is not from
// 13 to 17, and Error(UnsupportedAttribute), which names the nodes, where something cannot be said
// in the later opset, and for models with functions.
std::string upgrade_opset(std::span<const std::byte> model, int64_t version);

}  // namespace fovea::onnx
