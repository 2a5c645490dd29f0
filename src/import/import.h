#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "graph/graph.h"
#include "onnx/model.h"

namespace fovea {

// The memory an imported graph's constants point into.
struct ImportSources {
  std::shared_ptr<const void>
      owner;  // keeps the model's bytes alive; may be null if the caller does

  struct File {
    std::span<const std::byte> bytes;
    std::shared_ptr<const void> owner;
  };
  // The bytes of an external data file by its location, or nullopt; each location is asked for
  // once.
  std::function<std::optional<File>(const std::string& location)> external_file;
};

// Gives the model a meaning: names become values, operators get the opset version their domain is
// imported with, initialisers become constants (in place where they are aligned, else copied),
// local functions are inlined, subgraphs learn what they capture.
//
// Throws Error(MalformedModel) for names that are missing or defined twice, cycles and unsorted
// nodes, missing opset imports and the like; Error(UnsupportedAttribute) for what the engine has no
// notion of (sparse tensors, type attributes, 4-bit elements); Error(InvalidInput) with the field
// "location" for an external file that is missing or too short.
Graph import_model(const onnx::Model& model, const ImportSources& sources);

}  // namespace fovea
