#include "base/error.h"
#include "import/graph_importer.h"

namespace fovea {

const onnx::Attribute* resolve_reference(const onnx::Attribute& attribute,
                                         const CallAttributes* call) {
  if (attribute.ref_attr_name.empty()) return &attribute;
  if (!call) return nullptr;
  const auto passed = call->find(attribute.ref_attr_name);
  return passed == call->end() ? nullptr : passed->second;
}

Attributes GraphImporter::import_attributes(const onnx::Node& proto, const CallAttributes* call) {
  Attributes attributes;
  for (const onnx::Attribute& attribute : proto.attributes) {
    const onnx::Attribute* actual = resolve_reference(attribute, call);
    if (!actual) continue;
    try {
      if (auto value = import_attribute(*actual, call)) {
        attributes.set(std::string(attribute.name), std::move(*value));
      }
    } catch (Error& error) {
      error.with("node", std::string(proto.name))
          .with("op", std::string(proto.op_type))
          .with("attribute", std::string(attribute.name));
      throw;
    }
  }
  return attributes;
}

std::optional<AttributeValue> GraphImporter::import_attribute(const onnx::Attribute& proto,
                                                              const CallAttributes* call) {
  switch (proto.type) {
    case onnx::AttributeType::Undefined:
      return std::nullopt;
    case onnx::AttributeType::Float:
      return proto.f;
    case onnx::AttributeType::Int:
      return proto.i;
    case onnx::AttributeType::String:
      return std::string(proto.s);
    case onnx::AttributeType::Floats:
      return proto.floats;
    case onnx::AttributeType::Ints:
      return proto.ints;
    case onnx::AttributeType::Strings:
      return std::vector<std::string>(proto.strings.begin(), proto.strings.end());
    case onnx::AttributeType::Tensor:
      if (!proto.t) break;
      return state_.constants.read(*proto.t);
    case onnx::AttributeType::Graph:
      if (!proto.g) break;
      return std::make_shared<Graph>(GraphImporter(state_, opsets_, this).import(*proto.g, call));
    default:
      fail(ErrorCode::UnsupportedAttribute, "attribute '", proto.name,
           "' is a list of tensors or graphs, a sparse tensor "
           "or a type, which are not supported");
  }
  fail(ErrorCode::MalformedModel, "attribute '", proto.name, "' has a type but no value");
}

}  // namespace fovea
