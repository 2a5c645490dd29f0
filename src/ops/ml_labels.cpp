// ai.onnx.ml: from labels to others: CategoryMapper, LabelEncoder.

#include "ops/core/ml.h"

namespace fovea {
namespace {

// What each key becomes, and what all else does.
struct Mapping {
  DType from = DType::Undefined;
  ml::KeyTable keys;
  Tensor values;
  Tensor fallback;

  Mapping() = default;
  Mapping(const Tensor& from_keys, Tensor to_values, Tensor otherwise)
      : from(from_keys.dtype()),
        keys(from_keys),
        values(std::move(to_values)),
        fallback(std::move(otherwise)) {
    if (from_keys.elements() != values.elements()) {
      fail(ErrorCode::MalformedModel, "labels have ", from_keys.elements(), " keys, but ",
           values.elements(), " values");
    }
    if (fallback.dtype() != values.dtype() || fallback.elements() != 1) {
      fail(ErrorCode::MalformedModel, "labels become ", name_of(values.dtype()),
           ", but the default is ", fallback.elements(), " of ", name_of(fallback.dtype()));
    }
  }

  Tensor map(const Tensor& labels) const {
    return ml::pick(values, keys.find(labels), fallback, labels.shape());
  }
};

Tensor one_int(const Attributes& attributes) {
  return Tensor::of<int64_t>({}, {attributes.get_int("default_int64", -1)});
}
Tensor one_string(const Attributes& attributes) {
  return Tensor::of_strings({}, {attributes.get_string("default_string", "_Unused")});
}

// The list of a kind of label that the node has, by the beginning of its name.
Tensor list_of(const Attributes& attributes, std::string_view prefix) {
  const Tensor* tensor = attributes.get_tensor(text(prefix, "tensor"));
  const Tensor lists[] = {ml::ints_of(attributes, text(prefix, "int64s")),
                          ml::strings_of(attributes, text(prefix, "strings")),
                          ml::floats_of(attributes, text(prefix, "floats")),
                          tensor ? *tensor : Tensor()};
  Tensor found;
  for (const Tensor& list : lists) {
    if (list.elements() == 0) continue;
    if (found.elements() > 0) {
      fail(ErrorCode::MalformedModel, "one and only one of the attributes '", prefix,
           "*' is to be set");
    }
    found = list;
  }
  if (found.elements() > 0) return found;
  fail(ErrorCode::MalformedModel, "one of the attributes '", prefix, "*' has to be set");
}

// What becomes of labels that are no keys: as the attributes say, or as ONNX does.
Tensor fallback_of(const Attributes& attributes, const Tensor& values) {
  if (const Tensor* tensor = attributes.get_tensor("default_tensor")) return *tensor;
  switch (values.dtype()) {
    case DType::String:
      return one_string(attributes);
    case DType::Int64:
      return one_int(attributes);
    case DType::Float:
      return Tensor::of<float>({}, {attributes.get_float("default_float", -0.0f)});
    case DType::Double:
      return Tensor::of<double>({}, {-0.0});
    case DType::Int32:
      return Tensor::of<int32_t>({}, {-1});
    case DType::Int16:
      return Tensor::of<int16_t>({}, {int16_t{-1}});
    default:
      fail(ErrorCode::MalformedModel, "LabelEncoder does not give ", name_of(values.dtype()));
  }
}

struct Encoder {
  Mapping mapping;

  static Encoder parse(const Attributes& attributes, int) {
    const Tensor values = list_of(attributes, "values_");
    return {Mapping(list_of(attributes, "keys_"), values, fallback_of(attributes, values))};
  }
};

DType type_of_encoded(const Node& node, std::span<const DType>, int) {
  return node.attributes.parsed<Encoder>(node.opset).mapping.values.dtype();
}

void infer_encode(InferContext& context) {
  const Mapping& mapping = context.attributes_as<Encoder>().mapping;
  if (mapping.from != context.dtype(0)) {
    fail(ErrorCode::MalformedModel, "LabelEncoder of ", name_of(context.dtype(0)), " has keys of ",
         name_of(mapping.from));
  }
  context.set_output(0, mapping.values.dtype(), context.shape(0));
}

void encode(ComputeContext& context) {
  context.set(0, context.attributes_as<Encoder>().mapping.map(context.tensor(0)));
}

// Strings become integers and integers strings: LabelEncoder before it knew other labels, with the
// positions of classes, and CategoryMapper.
struct Categories {
  Mapping to_ints;
  Mapping to_strings;

  static Categories parse(const Attributes& attributes, int) {
    Tensor strings = ml::strings_of(attributes, "classes_strings");
    Tensor ints = ml::ints_of(attributes, "cats_int64s");
    if (strings.elements() == 0) {
      strings = ml::strings_of(attributes, "cats_strings");
    } else {
      ints = Tensor::allocate(DType::Int64, strings.shape());
      const auto positions = ints.mutable_as<int64_t>();
      for (size_t i = 0; i < positions.size(); ++i) positions[i] = static_cast<int64_t>(i);
    }
    if (strings.elements() == 0) {
      fail(ErrorCode::MalformedModel,
           "there are no labels: neither in 'classes_strings' nor in "
           "'cats_strings'");
    }
    return {Mapping(strings, ints, one_int(attributes)),
            Mapping(ints, strings, one_string(attributes))};
  }
};

DType type_of_other(const Node&, std::span<const DType> inputs, int) {
  if (inputs[0] == DType::Undefined) return DType::Undefined;
  return inputs[0] == DType::String ? DType::Int64 : DType::String;
}

void infer_categories(InferContext& context) {
  context.attributes_as<Categories>();
  const DType from = context.dtype(0);
  context.set_output(0, type_of_other(context.node(), {&from, 1}, 0), context.shape(0));
}

void map_categories(ComputeContext& context) {
  const auto& categories = context.attributes_as<Categories>();
  const Tensor& labels = context.tensor(0);
  const bool strings = labels.dtype() == DType::String;
  context.set(0, (strings ? categories.to_ints : categories.to_strings).map(labels));
}

constexpr DTypeSet kLabels = {DType::String, DType::Int64, DType::Float,
                              DType::Int32,  DType::Int16, DType::Double};
constexpr Meaning kOfCategories = {.types = {type_of_input(0, {DType::String, DType::Int64})},
                                   .infer = infer_categories,
                                   .element_type = type_of_other};

constexpr OpDef kOps[] = {
    {.op_type = "CategoryMapper",
     .domain = ml::kDomain,
     .meaning = kOfCategories,
     .cpu = {.compute = map_categories}},
    {.op_type = "LabelEncoder",
     .domain = ml::kDomain,
     .until = 1,
     .meaning = kOfCategories,
     .cpu = {.compute = map_categories}},
    {.op_type = "LabelEncoder",
     .domain = ml::kDomain,
     .since = 2,
     .meaning = {.types = {type_of_input(0, kLabels)},
                 .infer = infer_encode,
                 .element_type = type_of_encoded},
     .cpu = {.compute = encode}},
};

}  // namespace

extern constinit const OpFamily ml_labels_ops = kOps;

}  // namespace fovea
