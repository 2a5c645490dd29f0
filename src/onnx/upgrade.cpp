#include "onnx/upgrade.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "onnx/element_types.h"
#include "onnx/reading.h"
#include "onnx/rewriting.h"
#include "onnx/tensor_data.h"

namespace fovea::onnx {
namespace {

constexpr int64_t kOldest = 6, kFirstTarget = 13, kLatest = 17;
// From this IR version on an initialiser need not be an input.
constexpr int64_t kFreeInitializers = 4;

int64_t ir_version_of(int64_t opset) { return opset < 15 ? 7 : 8; }

bool has_output(const Node& node, size_t index) {
  return index < node.outputs.size() && !node.outputs[index].empty();
}

Strings owned(const std::vector<std::string_view>& names) { return {names.begin(), names.end()}; }

// One node on its way to a later opset.
struct Step {
  const Node& node;
  std::string bytes;  // as it becomes
  GraphEdit& graph;   // takes what is added
  NodeEdit& edit;
  bool changed = false;

  void apply(const NodeRewrite& change) {
    bytes = rewrite(bytes, change);
    changed = true;
  }
};

class Upgrade {
 public:
  Upgrade(const Model& model, int64_t from, int64_t to)
      : from_(from), to_(to), names_(model), types_(model.graph) {}

  GraphEdit edit_of(const Graph& graph, const RawFields& fields) {
    const std::vector<const Graph*> around = scopes_;
    scopes_.push_back(&graph);
    GraphEdit out;
    const std::vector<std::string_view> contents = node_contents(fields);
    for (size_t i = 0; i < contents.size(); ++i) upgrade(graph.nodes[i], contents[i], i, out);
    scopes_ = around;
    return out;
  }

  // Throws where nodes were met that cannot be written in the later opset.
  void check() const {
    if (problems_.empty()) return;
    std::string message = text("The model cannot be written in opset ", to_, ":");
    for (const std::string& problem : problems_) message += text(' ', problem, '.');
    throw Error(ErrorCode::UnsupportedAttribute, std::move(message)).with("node", first_problem_);
  }

 private:
  using Rule = void (Upgrade::*)(Step&);

  struct Change {
    std::string_view op_type;
    int64_t version;  // the opset that brought it
    Rule rule;
  };

  static const std::array<Change, 25>& changes();

  void upgrade(const Node& node, std::string_view content, size_t index, GraphEdit& out) {
    NodeEdit edit;
    Step step{node, std::string(), out, edit};
    const auto inner = rewrite_subgraphs(node, content, [&](const Graph& g, const RawFields& f) {
      return edit_graph(f, edit_of(g, f));
    });
    step.bytes = inner ? *inner : std::string(content);
    step.changed = inner.has_value();
    if (is_default_domain(node.domain) && !node.inputs.empty() && !node.outputs.empty()) {
      for (const Change& change : changes()) {
        if (change.op_type == node.op_type && from_ < change.version && change.version <= to_) {
          (this->*change.rule)(step);
        }
      }
      if (from_ < 7) broadcast(step);
    }
    if (!step.changed) return;
    edit.removed = true;
    edit.before.push_back(std::move(step.bytes));
    out.nodes.emplace(index, std::move(edit));
  }

  void refuse(const Node& node, std::string_view reason) {
    const std::string name(node.name.empty() && !node.outputs.empty() ? node.outputs[0]
                                                                      : node.name);
    if (problems_.empty()) first_problem_ = name;
    problems_.push_back(text(node.op_type, " '", name, "': ", reason));
  }

  std::string fresh(const Node& node, std::string_view suffix) {
    return names_.make(text(node.outputs.empty() ? "value" : node.outputs[0], '_', suffix));
  }

  // A list of numbers as an initialiser of its own.
  template <class T>
  std::string constant(Step& step, std::string_view suffix, const std::vector<T>& values) {
    std::string name = fresh(step.node, suffix);
    step.graph.initializers.push_back(tensor(name, values));
    return name;
  }

  // A number of the type of the node's first input.
  std::string scalar_like(Step& step, std::string_view suffix, float value) {
    const int32_t type = types_.of(step.node.inputs[0]);
    if (type == 0) {
      refuse(step.node, "the element type of its input is not known; infer shapes first");
      return {};
    }
    std::string name = fresh(step.node, suffix);
    step.graph.initializers.push_back(scalar(name, value, type));
    return name;
  }

  // A list attribute becomes an input behind those there are, left out ones included.
  void to_input(Step& step, std::string_view attribute, size_t index) {
    const Attribute* list = find_attribute(step.node, attribute);
    if (!list) return;
    Strings inputs = owned(step.node.inputs);
    inputs.resize(index);
    inputs.push_back(constant(step, attribute, list->ints));
    NodeRewrite change;
    change.inputs = std::move(inputs);
    change.removed_attributes = {std::string(attribute)};
    step.apply(change);
  }

  void axes_to_input(Step& step) { to_input(step, "axes", 1); }
  void split_to_input(Step& step) { to_input(step, "split", 1); }

  void top_k(Step& step) {
    const Attribute* k = find_attribute(step.node, "k");
    NodeRewrite change;
    change.inputs = {std::string(step.node.inputs[0]),
                     constant(step, "k", std::vector<int64_t>{k ? k->i : 0})};
    change.removed_attributes = {"k"};
    step.apply(change);
  }

  void slice(Step& step) {
    NodeRewrite change;
    change.inputs = {std::string(step.node.inputs[0])};
    for (const char* name : {"starts", "ends", "axes"}) {
      if (const Attribute* list = find_attribute(step.node, name)) {
        change.inputs->push_back(constant(step, name, list->ints));
      }
      change.removed_attributes.insert(name);
    }
    step.apply(change);
  }

  void clip(Step& step) {
    NodeRewrite change;
    change.inputs = owned(step.node.inputs);
    for (const char* name : {"min", "max"}) {
      const Attribute* limit = find_attribute(step.node, name);
      change.inputs->push_back(limit ? scalar_like(step, name, limit->f) : "");
      change.removed_attributes.insert(name);
    }
    while (change.inputs->back().empty()) change.inputs->pop_back();
    step.apply(change);
  }

  void pad(Step& step) {
    NodeRewrite change;
    const Attribute* pads = find_attribute(step.node, "pads");
    const Attribute* value = find_attribute(step.node, "value");
    change.inputs = {std::string(step.node.inputs[0]),
                     constant(step, "pads", pads ? pads->ints : std::vector<int64_t>{})};
    const bool is_constant = string_of(step.node, "mode", "constant") == "constant";
    if (is_constant && value && value->f != 0) {
      change.inputs->push_back(scalar_like(step, "value", value->f));
    }
    change.removed_attributes = {"pads", "value"};
    step.apply(change);
  }

  static void drop_attribute(Step& step, const char* name) {
    NodeRewrite change;
    change.removed_attributes = {name};
    step.apply(change);
  }

  // Until opset 6 shapes were made alike only where a node said so, at an axis that it could name.
  void broadcast(Step& step) {
    static constexpr std::string_view kAlike[] = {"Add",  "And", "Div", "Equal", "Gemm", "Greater",
                                                  "Less", "Mul", "Or",  "Pow",   "Sub",  "Xor"};
    static constexpr std::string_view kOther[] = {
        "BatchNormalization", "Dropout", "GRU", "LSTM", "PRelu", "RNN", "Tile", "Upsample"};
    if (std::ranges::find(kOther, step.node.op_type) != std::end(kOther)) {
      refuse(step.node, "it meant something else until opset 6");
    } else if (std::ranges::find(kAlike, step.node.op_type) != std::end(kAlike)) {
      if (find_attribute(step.node, "axis")) {
        return refuse(step.node, "shapes that begin to be alike at an axis ended with opset 6");
      }
      drop_attribute(step, "broadcast");
    }
  }

  // Outside of training it does nothing, whatever the ratio.
  void dropout(Step& step) {
    if (from_ < 10 && has_output(step.node, 1)) {
      return refuse(step.node, "its mask became a tensor of bools in opset 10");
    }
    drop_attribute(step, "ratio");
  }

  void batch_normalization(Step& step) {
    if (int_of(step.node, "spatial", 1) == 0) {
      return refuse(step.node, "statistics of every place (spatial = 0) ended with opset 9");
    }
    drop_attribute(step, "spatial");
  }

  void training_outputs(Step& step) {
    for (size_t i = 1; i < step.node.outputs.size(); ++i) {
      if (has_output(step.node, i))
        return refuse(step.node, "it is trained (it has outputs behind the first)");
    }
    if (step.node.outputs.size() < 2) return;
    NodeRewrite change;
    change.outputs = {std::string(step.node.outputs[0])};
    step.apply(change);
  }

  // Upsample became Resize, and its scales an input in opset 9.
  void upsample(Step& step) {
    NodeRewrite change;
    change.op_type = "Resize";
    std::string scales;
    if (from_ < 9) {
      const Attribute* list = find_attribute(step.node, "scales");
      scales = constant(step, "scales", list ? list->floats : std::vector<float>{});
      change.removed_attributes.insert("scales");
    } else {
      scales = step.node.inputs.size() > 1 ? step.node.inputs[1] : "";
    }
    resize_to_modes(step, change, scales, true);
  }

  void resize(Step& step) {
    const std::string_view scales = step.node.inputs.size() > 1 ? step.node.inputs[1] : "";
    if (string_of(step.node, "mode", "nearest") != "nearest") {
      return resize_to_modes(step, {}, scales, true);
    }
    // What shrank took the next pixel, what grew the one before.
    const auto known = constant_floats(scales);
    const auto all = [&](auto fits) { return known && std::ranges::all_of(*known, fits); };
    const bool grows = all([](float scale) { return scale >= 1; });
    if (!grows && !all([](float scale) { return scale <= 1; })) {
      return refuse(step.node, "whether it enlarges all axes or reduces them is not known");
    }
    resize_to_modes(step, {}, scales, grows);
  }

  static void resize_to_modes(Step& step, NodeRewrite change, std::string_view scales, bool floor) {
    const std::string_view mode = string_of(step.node, "mode", "nearest");
    change.inputs = {std::string(step.node.inputs[0]), "", std::string(scales)};
    change.removed_attributes.insert("mode");
    change.attributes = {attribute("mode", mode == "nearest" ? mode : "linear"),
                         attribute("coordinate_transformation_mode", "asymmetric")};
    if (mode == "nearest")
      change.attributes.push_back(attribute("nearest_mode", floor ? "floor" : "ceil"));
    step.apply(change);
  }

  // The elements of an initialiser, or of a Constant, of the graphs around.
  std::optional<std::vector<float>> constant_floats(std::string_view name) const {
    for (const Graph* graph : scopes_) {
      for (const Tensor& tensor : graph->initializers) {
        if (tensor.name == name) return floats_of(tensor);
      }
      for (const Node& node : graph->nodes) {
        if (node.op_type != "Constant" || node.outputs.empty() || node.outputs[0] != name) continue;
        const Attribute* value = find_attribute(node, "value");
        if (value && value->t) return floats_of(*value->t);
      }
    }
    return std::nullopt;
  }

  static std::optional<std::vector<float>> floats_of(const Tensor& tensor) {
    if (element_type(tensor) != DType::Float || external_data(tensor)) return std::nullopt;
    std::vector<float> out(static_cast<size_t>(element_count(tensor)));
    copy_elements(tensor, std::as_writable_bytes(std::span(out)));
    return out;
  }

  // Before opset 13 all axes from `axis` on were one.
  void softmax(Step& step) {
    const int64_t axis = int_of(step.node, "axis", 1);
    NodeRewrite change;
    change.removed_attributes = {"axis"};
    change.attributes = {attribute("axis", -1)};
    if (axis == -1 || axis == last_axis(step.node.inputs[0])) return step.apply(change);
    const std::string input(step.node.inputs[0]), output(step.node.outputs[0]);
    const std::string flat = fresh(step.node, "flat"), shape = fresh(step.node, "shape"),
                      made = fresh(step.node, "made");
    step.edit.before.push_back(node("Shape", {input}, {shape}));
    step.edit.before.push_back(node("Flatten", {input}, {flat}, {attribute("axis", axis)}));
    change.inputs = {flat};
    change.outputs = {made};
    step.apply(change);
    step.edit.after.push_back(node("Reshape", {made, shape}, {output}));
  }

  // -2 where the rank is not known.
  int64_t last_axis(std::string_view name) const {
    for (const Graph* graph : scopes_) {
      for (const auto* values : {&graph->inputs, &graph->outputs, &graph->value_infos}) {
        const auto found = std::ranges::find(*values, name, &ValueInfo::name);
        if (found == values->end() || !found->type || !found->type->shape) continue;
        return static_cast<int64_t>(found->type->shape->size()) - 1;
      }
      for (const Node& node : graph->nodes) {
        const bool is_matrix = node.op_type == "Gemm" || node.op_type == "Flatten";
        if (is_matrix && std::ranges::find(node.outputs, name) != node.outputs.end()) return 1;
      }
    }
    return -2;
  }

  void scatter(Step& step) {
    NodeRewrite change;
    change.op_type = "ScatterElements";
    step.apply(change);
  }

  void roi_align(Step& step) {
    NodeRewrite change;
    change.attributes = {attribute("coordinate_transformation_mode", "output_half_pixel")};
    step.apply(change);
  }

  void scan(Step& step) { refuse(step.node, "Scan of opset 8 had batches and lengths"); }

  void experimental(Step& step) { refuse(step.node, "the operator ended with opset 10"); }

  int64_t from_;
  int64_t to_;
  FreshNames names_;
  ElementTypes types_;
  std::vector<const Graph*> scopes_;
  Strings problems_;
  std::string first_problem_;
};

auto Upgrade::changes() -> const std::array<Change, 25>& {
  static const std::array<Change, 25> kChanges{{
      {"Affine", 10, &Upgrade::experimental},
      {"BatchNormalization", 9, &Upgrade::batch_normalization},
      {"BatchNormalization", 14, &Upgrade::training_outputs},
      {"Clip", 11, &Upgrade::clip},
      {"Crop", 10, &Upgrade::experimental},
      {"Dropout", 12, &Upgrade::dropout},
      {"Hardmax", 13, &Upgrade::softmax},
      {"ImageScaler", 10, &Upgrade::experimental},
      {"LogSoftmax", 13, &Upgrade::softmax},
      {"Pad", 11, &Upgrade::pad},
      {"ParametricSoftplus", 10, &Upgrade::experimental},
      {"ReduceSum", 13, &Upgrade::axes_to_input},
      {"Resize", 11, &Upgrade::resize},
      {"RoiAlign", 16, &Upgrade::roi_align},
      {"Scale", 10, &Upgrade::experimental},
      {"ScaledTanh", 10, &Upgrade::experimental},
      {"Scan", 9, &Upgrade::scan},
      {"Scatter", 11, &Upgrade::scatter},
      {"Slice", 10, &Upgrade::slice},
      {"Softmax", 13, &Upgrade::softmax},
      {"Split", 13, &Upgrade::split_to_input},
      {"Squeeze", 13, &Upgrade::axes_to_input},
      {"TopK", 10, &Upgrade::top_k},
      {"Unsqueeze", 13, &Upgrade::axes_to_input},
      {"Upsample", 10, &Upgrade::upsample},
  }};
  return kChanges;
}

int64_t opset_of(const Model& model) {
  for (const OperatorSetId& opset : model.opset_imports) {
    if (is_default_domain(opset.domain)) return opset.version;
  }
  return 0;
}

// The graph's inputs less those that are initialisers, as they had to be before IR version 4. From
// then on such an input is one whose default somebody may override, and so no constant.
Strings true_inputs(const Graph& graph, const RawFields& fields) {
  std::set<std::string_view> initialised;
  for (const Tensor& tensor : graph.initializers) initialised.insert(tensor.name);
  for (const SparseTensor& tensor : graph.sparse_initializers)
    initialised.insert(tensor.values.name);
  Strings out;
  for (const RawField& field : fields) {
    if (field.is(11) && !initialised.contains(string_in(raw_fields(field.content), 1))) {
      out.emplace_back(field.content);
    }
  }
  return out;
}

}  // namespace

std::string upgrade_opset(std::span<const std::byte> bytes, int64_t version) {
  if (version < kFirstTarget || version > kLatest) {
    fail(ErrorCode::InvalidInput, "Models are upgraded to opsets ", kFirstTarget, " to ", kLatest,
         ", not to ", version, ".");
  }
  const Model model = decode(bytes);
  const int64_t from = opset_of(model);
  if (from >= version) return std::string(as_text(bytes));
  if (from < kOldest) {
    fail(ErrorCode::UnsupportedAttribute, "The model's opset is ", from, "; those from ", kOldest,
         " on can be upgraded.");
  }
  if (!model.functions.empty()) {
    fail(ErrorCode::UnsupportedAttribute, "The model has functions of its own (such as '",
         model.functions[0].name, "'), which are not upgraded.");
  }
  const RawFields graph = merged_fields(raw_fields(as_text(bytes)), 7);
  Upgrade upgrade(model, from, version);
  ModelEdit edit;
  edit.graph = upgrade.edit_of(model.graph, graph);
  upgrade.check();
  edit.opset_imports[""] = version;
  edit.ir_version = std::max(model.ir_version, ir_version_of(version));
  if (model.ir_version < kFreeInitializers) edit.graph.inputs = true_inputs(model.graph, graph);
  return onnx::edit(bytes, edit);
}

}  // namespace fovea::onnx
