#include "onnx/messages.h"

// The messages that describe values: tensors and types.
namespace fovea::onnx {
namespace {

// What the alternatives of TypeProto's oneof hold is forgotten when another one comes.
void become(Type& type, Type::Kind kind) {
  if (type.kind == kind) return;
  const std::string_view denotation = type.denotation;
  type = Type{};
  type.kind = kind;
  type.denotation = denotation;
}

// TensorShapeProto.
void decode_shape(Fields& in, std::vector<Dim>& out) {
  while (in.next()) {
    if (in.number() == 1) {
      in.add("dim", out);
    } else {
      in.skip();
    }
  }
}

// TypeProto.Tensor and TypeProto.SparseTensor.
void decode_tensor_type(Fields& in, Type& out) {
  while (in.next()) {
    switch (in.number()) {
      case 1:
        in.get(out.elem_type);
        break;
      case 2:
        in.message("shape", std::nullopt, [&](Fields& shape) {
          decode_shape(shape, out.shape ? *out.shape : out.shape.emplace());
        });
        break;
      default:
        in.skip();
    }
  }
}

// TypeProto.Sequence and TypeProto.Optional.
void decode_container_type(Fields& in, Type& out) {
  while (in.next()) {
    if (in.number() == 1) {
      in.merge("elem_type", out.element);
    } else {
      in.skip();
    }
  }
}

// TypeProto.Map.
void decode_map_type(Fields& in, Type& out) {
  while (in.next()) {
    switch (in.number()) {
      case 1:
        in.get(out.key_type);
        break;
      case 2:
        in.merge("value_type", out.element);
        break;
      default:
        in.skip();
    }
  }
}

// TypeProto.Opaque: a type of some other engine, whose name would mean nothing here.
void decode_opaque_type(Fields& in, Type&) {
  while (in.next()) in.skip();
}

}  // namespace

void decode(Fields& in, StringPair& out) {
  while (in.next()) {
    switch (in.number()) {
      case 1:
        in.get(out.first);
        break;
      case 2:
        in.get(out.second);
        break;
      default:
        in.skip();
    }
  }
}

void decode(Fields& in, Tensor& out) {
  while (in.next()) {
    switch (in.number()) {
      case 1:
        in.add(out.dims);
        break;
      case 2:
        in.get(out.data_type);
        break;
      case 3:
        in.message("segment", std::nullopt, [&](Fields& segment) {
          out.has_segment = true;
          while (segment.next()) segment.skip();
        });
        break;
      case 4:
        in.add(out.float_data);
        break;
      case 5:
        in.add(out.int32_data);
        break;
      case 6:
        in.add(out.string_data);
        break;
      case 7:
        in.add(out.int64_data);
        break;
      case 8:
        in.get(out.name);
        break;
      case 9:
        in.get(out.raw_data);
        break;
      case 10:
        in.add(out.double_data);
        break;
      case 11:
        in.add(out.uint64_data);
        break;
      case 13:
        in.add("external_data", out.external_data);
        break;
      case 14:
        in.get(out.data_location);
        break;
      default:
        in.skip();
    }
  }
}

void decode(Fields& in, SparseTensor& out) {
  while (in.next()) {
    switch (in.number()) {
      case 1:
        in.merge("values", out.values);
        break;
      case 2:
        in.merge("indices", out.indices);
        break;
      case 3:
        in.add(out.dims);
        break;
      default:
        in.skip();
    }
  }
}

void decode(Fields& in, Dim& out) {
  while (in.next()) {
    switch (in.number()) {
      case 1:
        if (int64_t value = 0; in.get(value)) {
          out.value = value;
          out.param = {};
        }
        break;
      case 2:
        if (in.get(out.param)) out.value.reset();
        break;
      case 3:
        in.get(out.denotation);
        break;
      default:
        in.skip();
    }
  }
}

void decode(Fields& in, Type& out) {
  const auto alternative = [&](std::string_view name, Type::Kind kind, auto decode_alternative) {
    in.message(name, std::nullopt, [&](Fields& fields) {
      become(out, kind);
      decode_alternative(fields, out);
    });
  };
  while (in.next()) {
    switch (in.number()) {
      case 1:
        alternative("tensor_type", Type::Kind::Tensor, decode_tensor_type);
        break;
      case 4:
        alternative("sequence_type", Type::Kind::Sequence, decode_container_type);
        break;
      case 5:
        alternative("map_type", Type::Kind::Map, decode_map_type);
        break;
      case 6:
        in.get(out.denotation);
        break;
      case 7:
        alternative("opaque_type", Type::Kind::Opaque, decode_opaque_type);
        break;
      case 8:
        alternative("sparse_tensor_type", Type::Kind::SparseTensor, decode_tensor_type);
        break;
      case 9:
        alternative("optional_type", Type::Kind::Optional, decode_container_type);
        break;
      default:
        in.skip();
    }
  }
}

void decode(Fields& in, ValueInfo& out) {
  while (in.next()) {
    switch (in.number()) {
      case 1:
        in.get(out.name);
        break;
      case 2:
        in.merge("type", out.type);
        break;
      case 4:
        in.add("metadata_props", out.metadata_props);
        break;
      default:
        in.skip();
    }
  }
}

}  // namespace fovea::onnx
