// ai.onnx.ml: between maps and tensors: CastMap, DictVectorizer, ZipMap.

#include <numeric>

#include "base/decimal.h"
#include "base/order.h"
#include "ops/core/ml.h"
#include "ops/core/text.h"
#include "ops/core/wider.h"

namespace fovea {
namespace {

constexpr DTypeSet kMap = {DType::Map};

struct Labels {
  Tensor tensor;

  static Labels parse(const Attributes& attributes, int) {
    Labels labels = {ml::class_labels(attributes)};
    if (labels.tensor.elements() == 0) {
      fail(ErrorCode::MalformedModel,
           "ZipMap has its keys in one of 'classlabels_int64s' and 'classlabels_strings'");
    }
    return labels;
  }
};

void infer_zip(InferContext& context) {
  const ml::Rows rows = ml::rows_of(context);
  const int64_t keys = context.attributes_as<Labels>().tensor.elements();
  if (rows.features != keys) {
    fail(ErrorCode::InvalidInput, "ZipMap of ", keys, " keys is given rows of ", rows.features,
         " values");
  }
  context.set_output(0, DType::Sequence, {rows.count});
}

void zip(ComputeContext& context) {
  const Tensor& keys = context.attributes_as<Labels>().tensor;
  const ml::Rows rows = ml::rows_of(context);
  const std::span<const float> values = context.tensor(0).as<float>();
  const auto width = static_cast<size_t>(rows.features);
  std::vector<Tensor> maps;
  for (size_t row = 0; row < static_cast<size_t>(rows.count); ++row) {
    maps.push_back(Tensor::map_of(
        keys, Tensor::of<float>({rows.features}, values.subspan(row * width, width))));
  }
  context.set(0, Tensor::sequence_of(std::move(maps)));
}

// Maps are first known when they are there.
void infer_unknown(InferContext& context) { context.set_dynamic_output(0, DType::Undefined); }

struct Vocabulary {
  Tensor words;

  static Vocabulary parse(const Attributes& attributes, int) {
    const Tensor strings = ml::strings_of(attributes, "string_vocabulary");
    const Tensor ints = ml::ints_of(attributes, "int64_vocabulary");
    if ((strings.elements() == 0) == (ints.elements() == 0)) {
      fail(ErrorCode::MalformedModel,
           "DictVectorizer has its vocabulary in one of "
           "'string_vocabulary' and 'int64_vocabulary'");
    }
    return {strings.elements() > 0 ? strings : ints};
  }
};

// "" or 0.
Tensor nothing_of(DType dtype) {
  Tensor nothing = Tensor::allocate(dtype, {});
  if (dtype != DType::String) std::fill_n(nothing.mutable_data(), nothing.bytes(), std::byte{0});
  return nothing;
}

void vectorize(ComputeContext& context) {
  const Tensor& words = context.attributes_as<Vocabulary>().words;
  const Tensor &keys = context.tensor(0).items()[0], &values = context.tensor(0).items()[1];
  if (keys.dtype() != words.dtype()) {
    fail(ErrorCode::InvalidInput, "DictVectorizer with a vocabulary of ", name_of(words.dtype()),
         " is given a map with keys of ", name_of(keys.dtype()));
  }
  context.set(0, ml::pick(values, ml::KeyTable(keys).find(words), nothing_of(values.dtype()),
                          {1, words.elements()}));
}

enum class CastTo : uint8_t { Float, String, Int64 };

struct MapCast {
  CastTo to;
  bool sparse;
  int64_t length;  // of what is sparse

  static MapCast parse(const Attributes& attributes, int) {
    static constexpr std::string_view kTypes[] = {"TO_FLOAT", "TO_STRING", "TO_INT64"};
    static constexpr std::string_view kForms[] = {"DENSE", "SPARSE"};
    const MapCast cast = {
        static_cast<CastTo>(ml::one_of(attributes, "cast_to", "TO_FLOAT", kTypes)),
        ml::one_of(attributes, "map_form", "DENSE", kForms) == 1, attributes.get_int("max_map", 1)};
    if (cast.sparse && cast.length < 0) {
      ml::reject_attribute("max_map", text(cast.length), "at least 0");
    }
    return cast;
  }
};

DType type_of_cast(const Node& node, std::span<const DType>, int) {
  const CastTo to = node.attributes.parsed<MapCast>(node.opset).to;
  return to == CastTo::Float ? DType::Float : to == CastTo::Int64 ? DType::Int64 : DType::String;
}

void infer_cast(InferContext& context) {
  context.set_dynamic_output(0, type_of_cast(context.node(), {}, 0));
}

// A map's float as a string has six digits after the point, as onnxruntime writes it.
Tensor as_written(const Tensor& floats) {
  std::vector<std::string> strings;
  for (const double value : ml::to_doubles(floats)) strings.push_back(fixed_text(value));
  return Tensor::of_strings(floats.shape(), std::move(strings));
}

Tensor cast_values(const Tensor& values, DType to) {
  if (values.dtype() == to) return values;
  if (values.dtype() == DType::String) return parse_numbers(values, to);
  return to == DType::String ? as_written(values)
                             : ElementConversion(values.dtype(), to).of(values);
}

void cast(ComputeContext& context) {
  const auto& attributes = context.attributes_as<MapCast>();
  const Tensor &keys = context.tensor(0).items()[0], &values = context.tensor(0).items()[1];
  if (keys.dtype() != DType::Int64) {
    fail(ErrorCode::InvalidInput, "CastMap takes a map with keys of int64, not ",
         name_of(keys.dtype()));
  }
  const DType to = type_of_cast(context.node(), {}, 0);
  const Tensor cast_to = cast_values(values, to);
  const auto written = keys.as<int64_t>();
  std::vector<int64_t> order;
  if (attributes.sparse) {
    for (const int64_t key : written) {
      if (key >= 0 && key < attributes.length) continue;
      fail(ErrorCode::InvalidInput, "CastMap with a 'max_map' of ", attributes.length,
           " is given the key ", key);
    }
    Tensor places = Tensor::allocate(DType::Int64, {attributes.length});
    const auto place = places.mutable_as<int64_t>();
    std::iota(place.begin(), place.end(), int64_t{0});
    order = ml::KeyTable(keys).find(places);
  } else {
    const auto key_at = [&](int64_t place) { return written[static_cast<size_t>(place)]; };
    order = order_of(written.size(), [&](int64_t a, int64_t b) { return key_at(a) < key_at(b); });
  }
  // A string that is not there is written as onnxruntime writes it.
  const Tensor nothing = to == DType::String ? Tensor::of_strings({}, {"0.f"}) : nothing_of(to);
  context.set(0, ml::pick(cast_to, order, nothing, {1, std::ssize(order)}));
}

constexpr OpDef kOps[] = {
    {.op_type = "CastMap",
     .domain = ml::kDomain,
     .meaning = {.types = {type_of_input(0, kMap)},
                 .infer = infer_cast,
                 .element_type = type_of_cast},
     .cpu = {.compute = cast}},
    {.op_type = "DictVectorizer",
     .domain = ml::kDomain,
     .meaning = {.types = {type_of_input(0, kMap)},
                 .infer = infer_unknown,
                 .element_type = always<DType::Undefined>},
     .cpu = {.compute = vectorize}},
    {.op_type = "ZipMap",
     .domain = ml::kDomain,
     .meaning = {.types = {type_of_input(0, kFloat32)},
                 .infer = infer_zip,
                 .element_type = always<DType::Sequence>},
     .cpu = {.compute = zip}},
};

}  // namespace

extern constinit const OpFamily ml_maps_ops = kOps;

}  // namespace fovea
