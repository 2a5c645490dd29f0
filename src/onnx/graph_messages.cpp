#include "onnx/messages.h"

// The messages that describe computation: attributes, nodes, graphs, functions, the model.
namespace fovea::onnx {

void decode(Fields& in, Attribute& out) {
  while (in.next()) {
    switch (in.number()) {
      case 1:
        in.get(out.name);
        break;
      case 2:
        in.get(out.f);
        break;
      case 3:
        in.get(out.i);
        break;
      case 4:
        in.get(out.s);
        break;
      case 5:
        in.merge("t", out.t);
        break;
      case 6:
        in.merge("g", out.g);
        break;
      case 7:
        in.add(out.floats);
        break;
      case 8:
        in.add(out.ints);
        break;
      case 9:
        in.add(out.strings);
        break;
      case 10:
        in.add("tensors", out.tensors);
        break;
      case 11:
        in.add("graphs", out.graphs);
        break;
      case 14:
        in.merge("tp", out.tp);
        break;
      case 15:
        in.add("type_protos", out.type_protos);
        break;
      case 20:
        if (int32_t type = 0; in.get(type)) out.type = AttributeType{type};
        break;
      case 21:
        in.get(out.ref_attr_name);
        break;
      case 22:
        in.merge("sparse_tensor", out.sparse_tensor);
        break;
      case 23:
        in.add("sparse_tensors", out.sparse_tensors);
        break;
      default:
        in.skip();
    }
  }
}

void decode(Fields& in, Node& out) {
  while (in.next()) {
    switch (in.number()) {
      case 1:
        in.add(out.inputs);
        break;
      case 2:
        in.add(out.outputs);
        break;
      case 3:
        in.get(out.name);
        break;
      case 4:
        in.get(out.op_type);
        break;
      case 5:
        in.add("attribute", out.attributes);
        break;
      case 7:
        in.get(out.domain);
        break;
      case 8:
        in.get(out.overload);
        break;
      case 9:
        in.add("metadata_props", out.metadata_props);
        break;
      default:
        in.skip();
    }
  }
}

void decode(Fields& in, Graph& out) {
  while (in.next()) {
    switch (in.number()) {
      case 1:
        in.add("node", out.nodes);
        break;
      case 2:
        in.get(out.name);
        break;
      case 5:
        in.add("initializer", out.initializers);
        break;
      case 11:
        in.add("input", out.inputs);
        break;
      case 12:
        in.add("output", out.outputs);
        break;
      case 13:
        in.add("value_info", out.value_infos);
        break;
      case 15:
        in.add("sparse_initializer", out.sparse_initializers);
        break;
      case 16:
        in.add("metadata_props", out.metadata_props);
        break;
      default:
        in.skip();
    }
  }
}

void decode(Fields& in, OperatorSetId& out) {
  while (in.next()) {
    switch (in.number()) {
      case 1:
        in.get(out.domain);
        break;
      case 2:
        in.get(out.version);
        break;
      default:
        in.skip();
    }
  }
}

void decode(Fields& in, Function& out) {
  while (in.next()) {
    switch (in.number()) {
      case 1:
        in.get(out.name);
        break;
      case 4:
        in.add(out.inputs);
        break;
      case 5:
        in.add(out.outputs);
        break;
      case 6:
        in.add(out.attributes);
        break;
      case 7:
        in.add("node", out.nodes);
        break;
      case 9:
        in.add("opset_import", out.opset_imports);
        break;
      case 10:
        in.get(out.domain);
        break;
      case 11:
        in.add("attribute_proto", out.attribute_protos);
        break;
      case 12:
        in.add("value_info", out.value_infos);
        break;
      case 13:
        in.get(out.overload);
        break;
      case 14:
        in.add("metadata_props", out.metadata_props);
        break;
      default:
        in.skip();
    }
  }
}

void decode(Fields& in, Model& out) {
  while (in.next()) {
    switch (in.number()) {
      case 1:
        in.get(out.ir_version);
        break;
      case 2:
        in.get(out.producer_name);
        break;
      case 3:
        in.get(out.producer_version);
        break;
      case 4:
        in.get(out.domain);
        break;
      case 5:
        in.get(out.model_version);
        break;
      case 7:
        in.merge("graph", out.graph);
        break;
      case 8:
        in.add("opset_import", out.opset_imports);
        break;
      case 14:
        in.add("metadata_props", out.metadata_props);
        break;
      case 25:
        in.add("functions", out.functions);
        break;
      default:
        in.skip();
    }
  }
}

}  // namespace fovea::onnx
