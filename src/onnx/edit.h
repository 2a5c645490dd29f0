#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "onnx/model.h"

// Changes to a model's file. All that an edit does not name is copied byte by byte, so that doc
// strings, annotations and fields that onnx.proto does not have yet survive. Messages to be added
// are encoded ones (encode.h).
namespace fovea::onnx {

// What becomes of one node. Its other fields stay as they are.
struct NodeEdit {
  bool removed = false;
  std::optional<std::vector<std::string>> inputs;   // in the stead of its own
  std::optional<std::vector<std::string>> outputs;  // in the stead of its own
  std::vector<std::string> before;                  // NodeProtos that go before it
  std::vector<std::string> after;                   // NodeProtos that follow it
};

// What becomes of a model's graph; its subgraphs and functions stay as they are.
struct GraphEdit {
  std::map<size_t, NodeEdit> nodes;  // by their index in Graph::nodes
  std::set<std::string, std::less<>> removed_initializers;
  std::vector<std::string> initializers;  // TensorProtos that are added
  std::set<std::string, std::less<>> removed_value_infos;
  std::vector<std::string> value_infos;               // ValueInfoProtos that are added
  std::vector<std::string> quantization_annotations;  // TensorAnnotations that are added
  std::optional<std::vector<std::string>> inputs;     // ValueInfoProtos in the stead of its own
  std::optional<std::vector<std::string>> outputs;    // ValueInfoProtos in the stead of its own
};

struct ModelEdit {
  std::optional<int64_t> ir_version;
  std::map<std::string, int64_t, std::less<>> opset_imports;  // set or added; others stay
  // Values of metadata_props by key; nullopt removes a key. Others stay.
  std::map<std::string, std::optional<std::string>, std::less<>> metadata;
  std::optional<std::string> producer_name;
  std::optional<std::string> producer_version;
  std::optional<std::string> doc_string;
  GraphEdit graph;
};

// The edited file. An edit without changes gives the same bytes. Throws Error(MalformedModel) as
// decode() does, Error(InvalidInput) for a node, an initialiser or a value info that is not there.
std::string edit(std::span<const std::byte> model, const ModelEdit& edit);

}  // namespace fovea::onnx
