#include "onnx/edit.h"

#include <utility>

#include "base/error.h"
#include "onnx/raw_fields.h"
#include "onnx/reading.h"
#include "onnx/rewriting.h"
#include "onnx/writer.h"

// The one primitive: copy all fields but some, then write those anew. Both of the writer's passes
// go through the fields; what is wrong is found in the first.
namespace fovea::onnx {
namespace {

void copy_without(Writer& out, const RawFields& fields, uint32_t number) {
  for (const RawField& field : fields) {
    if (field.number != number) out.copy(field.bytes);
  }
}

void add_all(Writer& out, uint32_t number, const std::vector<std::string>& values) {
  for (const std::string& value : values) out.bytes(number, value);
}

// OperatorSetIdProto.
class OpsetEdit {
 public:
  explicit OpsetEdit(const ModelEdit& edit) : versions_(edit.opset_imports) {}

  void write(Writer& out, const RawField& field) {
    const RawFields fields = raw_fields(field.content);
    const std::string_view domain = string_in(fields, 1);
    for (const auto& [name, version] : versions_) {
      if (name != domain && !(is_default_domain(name) && is_default_domain(domain))) continue;
      found_.insert(name);
      return out.message(8, [&] {
        copy_without(out, fields, 2);
        out.varint(2, version);
      });
    }
    out.copy(field.bytes);
  }

  void write_rest(Writer& out) const {
    for (const auto& [name, version] : versions_) {
      if (found_.contains(name)) continue;
      out.message(8, [&] {
        if (!name.empty()) out.bytes(1, name);
        out.varint(2, version);
      });
    }
  }

 private:
  const decltype(ModelEdit::opset_imports)& versions_;
  std::set<std::string_view> found_;
};

// StringStringEntryProto, of the model's metadata_props.
class MetadataEdit {
 public:
  explicit MetadataEdit(const ModelEdit& edit) : values_(edit.metadata) {}

  void write(Writer& out, const RawField& field) {
    const RawFields fields = raw_fields(field.content);
    const auto edit = values_.find(string_in(fields, 1));
    if (edit == values_.end()) return out.copy(field.bytes);
    // A key that the file has twice has one value afterwards.
    if (!found_.insert(edit->first).second || !edit->second) return;
    out.message(14, [&] {
      copy_without(out, fields, 2);
      out.bytes(2, *edit->second);
    });
  }

  void write_rest(Writer& out) const {
    for (const auto& [key, value] : values_) {
      if (!value || found_.contains(key)) continue;
      out.message(14, [&] {
        out.bytes(1, key);
        out.bytes(2, *value);
      });
    }
  }

 private:
  const decltype(ModelEdit::metadata)& values_;
  std::set<std::string_view> found_;
};

void write_node(Writer& out, const RawField& field, const NodeEdit& edit) {
  add_all(out, 1, edit.before);
  if (!edit.removed && !edit.inputs && !edit.outputs) {
    out.copy(field.bytes);
  } else if (!edit.removed) {
    out.message(1, [&] {
      for (const RawField& part : raw_fields(field.content)) {
        const bool is_replaced = (part.is(1) && edit.inputs) || (part.is(2) && edit.outputs);
        if (!is_replaced) out.copy(part.bytes);
      }
      if (edit.inputs) add_all(out, 1, *edit.inputs);
      if (edit.outputs) add_all(out, 2, *edit.outputs);
    });
  }
  add_all(out, 1, edit.after);
}

// Names that are to go, less those that were met.
class Removal {
 public:
  explicit Removal(const std::set<std::string, std::less<>>& names)
      : names_(names), missing_(names.begin(), names.end()) {}

  bool removes(std::string_view name) {
    missing_.erase(name);
    return names_.contains(name);
  }

  void check(std::string_view what) const {
    if (missing_.empty()) return;
    throw Error(ErrorCode::InvalidInput, text("The model's graph has no ", what, " '",
                                              *missing_.begin(), "' that could be removed."))
        .with("value", std::string(*missing_.begin()));
  }

 private:
  const std::set<std::string, std::less<>>& names_;
  std::set<std::string_view> missing_;
};

// The name in a TensorProto, or in the values of a SparseTensorProto.
std::string_view initializer_name(const RawField& field) {
  const RawFields fields = raw_fields(field.content);
  return string_in(field.number == 15 ? merged_fields(fields, 1) : fields, 8);
}

class GraphWriter {
 public:
  explicit GraphWriter(const GraphEdit& edit)
      : edit_(edit), initializers_(edit.removed_initializers), infos_(edit.removed_value_infos) {}

  void write(Writer& out, const RawFields& fields) {
    for (const RawField& field : fields) write_field(out, field);
    check();
    add_all(out, 5, edit_.initializers);
    add_all(out, 13, edit_.value_infos);
    add_all(out, 14, edit_.quantization_annotations);
    if (edit_.inputs) add_all(out, 11, *edit_.inputs);
    if (edit_.outputs) add_all(out, 12, *edit_.outputs);
  }

 private:
  void write_field(Writer& out, const RawField& field) {
    if (field.is(1)) {
      const auto edit = edit_.nodes.find(nodes_++);
      if (edit != edit_.nodes.end()) return write_node(out, field, edit->second);
    }
    if (is_left_out(field)) return;
    out.copy(field.bytes);
  }

  bool is_left_out(const RawField& field) {
    if (!field.has_content) return false;
    switch (field.number) {
      case 5:
      case 15:
        return !edit_.removed_initializers.empty() &&
               initializers_.removes(initializer_name(field));
      case 13:
        return !edit_.removed_value_infos.empty() &&
               infos_.removes(string_in(raw_fields(field.content), 1));
      case 11:
        return edit_.inputs.has_value();
      case 12:
        return edit_.outputs.has_value();
      default:
        return false;
    }
  }

  void check() const {
    if (!edit_.nodes.empty() && edit_.nodes.rbegin()->first >= nodes_) {
      fail(ErrorCode::InvalidInput, "The model's graph has no node ", edit_.nodes.rbegin()->first,
           " to be edited; it has ", nodes_, " nodes.");
    }
    initializers_.check("initialiser");
    infos_.check("value info");
  }

  const GraphEdit& edit_;
  Removal initializers_;
  Removal infos_;
  size_t nodes_ = 0;
};

bool changes(const GraphEdit& edit) {
  return !edit.nodes.empty() || !edit.removed_initializers.empty() || !edit.initializers.empty() ||
         !edit.removed_value_infos.empty() || !edit.value_infos.empty() ||
         !edit.quantization_annotations.empty() || edit.inputs || edit.outputs;
}

// Scalars and strings of the model that the edit sets anew.
bool is_replaced(const RawField& field, const ModelEdit& edit) {
  switch (field.number) {
    case 1:
      return edit.ir_version.has_value();
    case 2:
      return edit.producer_name.has_value();
    case 3:
      return edit.producer_version.has_value();
    case 6:
      return edit.doc_string.has_value();
    default:
      return false;
  }
}

void write_replaced(Writer& out, const ModelEdit& edit) {
  if (edit.ir_version) out.varint(1, *edit.ir_version);
  if (edit.producer_name) out.bytes(2, *edit.producer_name);
  if (edit.producer_version) out.bytes(3, *edit.producer_version);
  if (edit.doc_string) out.bytes(6, *edit.doc_string);
}

void write_model(Writer& out, const RawFields& fields, const RawFields& graph,
                 const ModelEdit& edit) {
  OpsetEdit opsets(edit);
  MetadataEdit metadata(edit);
  bool graph_written = !changes(edit.graph);
  const bool graph_changes = !graph_written;
  write_replaced(out, edit);
  for (const RawField& field : fields) {
    if (is_replaced(field, edit)) continue;
    if (field.is(8)) {
      opsets.write(out, field);
    } else if (field.is(14)) {
      metadata.write(out, field);
    } else if (field.is(7) && graph_changes) {
      // A graph that is given in several pieces becomes one, where the first was.
      if (std::exchange(graph_written, true)) continue;
      out.message(7, [&] { GraphWriter(edit.graph).write(out, graph); });
    } else {
      out.copy(field.bytes);
    }
  }
  opsets.write_rest(out);
  metadata.write_rest(out);
}

}  // namespace

std::string edit_graph(const RawFields& graph, const GraphEdit& edit) {
  return write([&](Writer& out) { GraphWriter(edit).write(out, graph); });
}

std::string edit(std::span<const std::byte> model, const ModelEdit& edit) {
  decode(model);
  const RawFields fields = raw_fields(as_text(model));
  const RawFields graph = merged_fields(fields, 7);
  return write([&](Writer& out) { write_model(out, fields, graph, edit); });
}

}  // namespace fovea::onnx
