#include "base/error.h"
#include "import/graph_importer.h"

namespace fovea {
namespace {

// Bytes of the copy that each call of a function makes of its attributes.
uint64_t size_in_memory(const onnx::Attribute& attribute) {
  uint64_t strings = 0;
  for (const std::string_view string : attribute.strings) {
    strings += sizeof(std::string) + string.size();
  }
  return sizeof(AttributeValue) + attribute.name.size() + attribute.s.size() + strings +
         attribute.ints.size() * sizeof(int64_t) + attribute.floats.size() * sizeof(float);
}

bool same(const AttributeValue& a, const AttributeValue& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, Tensor>) {
          return identical(value, std::get<T>(b));
        } else {
          return value == std::get<T>(b);
        }
      },
      a);
}

}  // namespace

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
      if (actual != &attribute && actual->g) {
        fail(ErrorCode::UnsupportedAttribute,
             "a graph that is passed to a function is not supported");
      }
      AttributeValue value = import_attribute(*actual, call);
      const auto known = attributes.all().find(attribute.name);
      if (known == attributes.all().end()) {
        attributes.set(std::string(attribute.name), std::move(value));
      } else if (!same(known->second, value)) {
        fail(ErrorCode::MalformedModel, "attribute '", attribute.name,
             "' is given twice, with different values");
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

AttributeValue GraphImporter::import_attribute(const onnx::Attribute& proto,
                                               const CallAttributes* call) {
  state_.count_copied(size_in_memory(proto));
  switch (proto.type) {
    case onnx::AttributeType::Undefined:
      fail(ErrorCode::MalformedModel, "attribute '", proto.name, "' has no type");
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
      return state_.in_call() ? state_.constants.read_shared(*proto.t)
                              : state_.constants.read(*proto.t);
    case onnx::AttributeType::SparseTensor:
      if (!proto.sparse_tensor) break;
      return state_.constants.read_sparse(*proto.sparse_tensor);
    case onnx::AttributeType::Graph:
      if (!proto.g) break;
      return import_subgraph(*proto.g, call);
    default:
      return UnsupportedValue();
  }
  fail(ErrorCode::MalformedModel, "attribute '", proto.name, "' has a type but no value");
}

std::shared_ptr<Graph> GraphImporter::import_subgraph(const onnx::Graph& proto,
                                                      const CallAttributes* call) {
  const ImportState::Nesting nesting(state_);
  // On the heap, for the sake of the stack: subgraphs nest.
  const auto importer = std::make_unique<GraphImporter>(*this);
  return std::make_shared<Graph>(importer->import(proto, call));
}

}  // namespace fovea
