#include "convert.h"

#include <type_traits>
#include <utility>
#include <variant>

#include "base/error.h"
#include "base/integers.h"
#include "custom.h"
#include "handle.h"

namespace fovea::bindings {
namespace {

using emscripten::val;

val to_val(const Dim& dim) {
  if (const auto* size = std::get_if<int64_t>(&dim)) return val(static_cast<double>(*size));
  if (const auto* name = std::get_if<std::string>(&dim)) return val(*name);
  return val::null();
}

val to_val(const InputInfo& input) {
  val object = val::object();
  object.set("name", input.name);
  object.set("type", std::string(name_of(input.dtype)));
  object.set("shape", input.shape
                          ? to_array(*input.shape, [](const Dim& dim) { return to_val(dim); })
                          : val::null());
  return object;
}

val to_val(const OpsetInfo& opset) {
  val object = val::object();
  object.set("domain", opset.domain);
  object.set("version", static_cast<double>(opset.version));
  return object;
}

val to_val(const Inspection::TypedValue& value) {
  val object = val::object();
  object.set("name", value.name);
  object.set("type", std::string(name_of(value.dtype)));
  return object;
}

val to_val(const NodeProblem& problem) {
  val object = val::object();
  object.set("node", problem.node);
  object.set("opType", problem.op_type);
  object.set("domain", problem.domain);
  object.set("opset", problem.opset);
  object.set("message", problem.message);
  return object;
}

template <class Range>
val all_to_vals(const Range& range) {
  return to_array(range, [](const auto& item) { return to_val(item); });
}

}  // namespace

val to_val(const ModelInfo& info) {
  val metadata = dictionary();
  for (const auto& [key, value] : info.metadata) metadata.set(key, value);
  val object = val::object();
  object.set("irVersion", static_cast<double>(info.ir_version));
  object.set("producerName", info.producer_name);
  object.set("producerVersion", info.producer_version);
  object.set("opsets", all_to_vals(info.opsets));
  object.set("properties", metadata);
  object.set("inputs", all_to_vals(info.inputs));
  object.set("outputs", all_to_vals(info.outputs));
  return object;
}

val to_val(const Inspection& inspection) {
  const ModelReport& report = inspection.report();
  val operators = dictionary();
  for (const auto& [name, count] : report.operators) operators.set(name, double(count));
  val object = val::object();
  object.set("info", to_val(report.info));
  object.set("unsupported", all_to_vals(report.unsupported));
  object.set("operators", operators);
  object.set("parameters", static_cast<double>(report.parameters));
  object.set("values", all_to_vals(inspection.values()));
  return object;
}

val to_val(const TypesAtSizes& types) {
  // One list of numbers: there may be thousands of values, and each call of JavaScript takes time.
  std::vector<double> shapes;
  for (const std::optional<Shape>& shape : types.shapes) {
    shapes.push_back(shape ? shape->rank() : -1);
    if (shape) shapes.insert(shapes.end(), shape->begin(), shape->end());
  }
  val object = val::object();
  const auto view = emscripten::typed_memory_view(shapes.size(), shapes.data());
  object.set("shapes", val(view).call<val>("slice"));
  object.set("macs", types.macs ? val(static_cast<double>(*types.macs)) : val::null());
  object.set("refusal", types.refusal ? to_val(*types.refusal) : val::null());
  return object;
}

val to_val(const std::optional<MemoryNeed>& need) {
  if (!need) return val::null();
  val object = val::object();
  object.set("weights", static_cast<double>(need->weights));
  object.set("activations", static_cast<double>(need->activations));
  object.set("peak", static_cast<double>(need->peak));
  return object;
}

val to_val(const ReceptiveField& field) {
  val object = val::object();
  if (field.kind != ReceptiveField::Kind::Local) {
    const bool whole = field.kind == ReceptiveField::Kind::Whole;
    object.set("kind", std::string(whole ? "whole" : "unknown"));
    object.set("node", field.node);
    object.set("opType", field.op_type);
    return object;
  }
  val beyond = val::object();
  const auto& [down, across] = field.margins;
  beyond.set("top", static_cast<double>(down.before));
  beyond.set("bottom", static_cast<double>(down.after));
  beyond.set("left", static_cast<double>(across.before));
  beyond.set("right", static_cast<double>(across.after));
  object.set("kind", std::string("local"));
  object.set("field", beyond);
  return object;
}

val to_val(const NodeProfile& node) {
  val object = val::object();
  object.set("node", std::string(node.node));
  object.set("opType", std::string(node.op_type));
  object.set("algorithm", std::string(node.algorithm));
  object.set("milliseconds", node.milliseconds);
  object.set("macs", static_cast<double>(node.macs));
  object.set("bytes", static_cast<double>(node.bytes));
  object.set("dims", node.out_shape ? to_val(*node.out_shape) : val::undefined());
  object.set("reads", to_array(node.reads, [](const auto& source) {
               const auto* step = std::get_if<size_t>(&source);
               return step ? val(static_cast<double>(*step))
                           : val(std::string(std::get<std::string_view>(source)));
             }));
  return object;
}

val to_val(const std::optional<Shape>& shape) { return shape ? to_val(*shape) : val::null(); }

namespace {

// {nodes, nesting, tensorBytes, planningMilliseconds, trips}, of which any may be left out, or
// undefined.
Limits to_limits(const val& given) {
  Limits limits;
  if (given.isUndefined()) return limits;
  const auto number = [&](const char* name, double fallback) {
    const val value = given[name];
    return value.isUndefined() ? fallback : value.as<double>();
  };
  const auto count = [&](const char* name, uint64_t fallback) {
    return saturating_cast<uint64_t>(number(name, static_cast<double>(fallback)));
  };
  limits.nodes = count("nodes", limits.nodes);
  limits.nesting = count("nesting", limits.nesting);
  limits.tensor_bytes = count("tensorBytes", limits.tensor_bytes);
  limits.planning_milliseconds = number("planningMilliseconds", limits.planning_milliseconds);
  limits.trips = count("trips", limits.trips);
  return limits;
}

// A Uint8Array of JavaScript's.
class KeptOutside final : public Kept {
 public:
  explicit KeptOutside(std::span<const std::byte> bytes)
      : size_(bytes.size()), copy_(view(bytes.data()).call<val>("slice")) {}

  void copy_to(std::byte* memory) const override { view(memory).call<void>("set", copy_); }

 private:
  val view(const std::byte* data) const {
    return val(emscripten::typed_memory_view(size_, reinterpret_cast<const unsigned char*>(data)));
  }

  size_t size_;
  val copy_;
};

std::unique_ptr<Kept> keep_outside(std::span<const std::byte> bytes) {
  return std::make_unique<KeptOutside>(bytes);
}

}  // namespace

ModelBytes model_in(const Buffer& buffer) { return {buffer.bytes(), buffer.memory()}; }

SessionOptions to_options(const val& options) {
  SessionOptions result;
  result.disabled_passes = to_strings(options["disabledPasses"]);
  const bool fast = options["precision"].as<std::string>() == "fast";
  result.precision = fast ? Precision::Fast : Precision::Default;
  result.limits = to_limits(options["limits"]);
  result.depot.keep = keep_outside;
  result.operators = to_operators(options["operators"]);
  const val files = options["externalData"];
  result.external_data = [files](const std::string& location) -> std::optional<ModelBytes> {
    const val file = files[location];
    // JavaScript reads the field, fetches the file and loads again.
    if (file.isUndefined()) {
      throw Error(ErrorCode::InvalidInput,
                  text("the model keeps weights in the file '", location, "', which is not given"))
          .with("externalData", location);
    }
    return model_in(at<Buffer>(file.as<Handle>()));
  };
  return result;
}

std::vector<Feed> to_feeds(const val& feeds) {
  std::vector<Feed> result;
  for (const val& feed : feeds) {
    result.push_back({feed["name"].as<std::string>(), to_tensor(feed)});
  }
  return result;
}

std::vector<std::optional<Shape>> to_shapes(const val& shapes) {
  std::vector<std::optional<Shape>> result;
  for (const val& shape : shapes) {
    result.push_back(shape.isNull() ? std::nullopt : std::optional(to_shape(shape)));
  }
  return result;
}

FieldRequest to_field_request(const val& request) {
  const auto axes = [&](const char* key) -> PictureAxes {
    const val pair = request[key];
    return {pair[0].as<int>(), pair[1].as<int>()};
  };
  FieldRequest result = {.input = request["input"].as<std::string>(),
                         .output = request["output"].as<std::string>(),
                         .shapes = {},
                         .input_axes = axes("inputAxes"),
                         .output_axes = axes("outputAxes")};
  const val shapes = request["shapes"];
  for (const std::string& name : to_strings(val::global("Object").call<val>("keys", shapes))) {
    result.shapes.emplace(name, to_shape(shapes[name]));
  }
  return result;
}

}  // namespace fovea::bindings
