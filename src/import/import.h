#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/limits.h"
#include "graph/graph.h"
#include "onnx/model.h"

namespace fovea {

// Where tensors are that do not lie in the model's file.
struct ImportSources {
  struct File {
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;  // keeps the bytes alive; null: the caller does
  };
  // The bytes of an external data file by its location, or nullopt; each location is asked for
  // once. It is an address or a path that stays in the model's folder, without "./".
  std::function<std::optional<File>(const std::string& location)> external_file;
  // Where large tensors are kept.
  Depot depot = {};
};

// Gives the model a meaning: names become values, nodes are sorted, operators get the opset version
// their domain is imported with, initialisers become constants (copies, but for external tensors
// that lie aligned, which are read in place), local functions are written out where they are
// called, subgraphs learn what they capture. Nothing refers to `model` any more.
//
// Throws Error(MalformedModel) for names that are missing or defined twice, cycles, missing opset
// imports and the like; Error(UnsupportedAttribute) for what the engine has no notion of (inputs
// that are sparse); Error(InvalidInput) with the field "location" for an
// external file that is missing or too short; Error(LimitExceeded) for more nodes or deeper nesting
// than `limits` allows and Error(OutOfMemory) for a larger tensor.
Graph import_model(const onnx::Model& model, const ImportSources& sources,
                   const Limits& limits = {});

}  // namespace fovea
