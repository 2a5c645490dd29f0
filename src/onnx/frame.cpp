#include "onnx/frame.h"

#include <algorithm>

#include "onnx/encode_messages.h"
#include "onnx/raw_fields.h"

namespace fovea::onnx {
namespace {

// The IR version from which initialisers need not be inputs.
constexpr int64_t kFreeInitializers = 4;

// Nodes, initialisers, value infos, annotations, sparse initialisers.
bool is_computed(uint32_t graph_field) {
  return graph_field == 1 || graph_field == 5 || (graph_field >= 13 && graph_field <= 15);
}

// How it is trained, and its functions.
bool is_left_out(uint32_t model_field) { return model_field == 20 || model_field == 25; }

void write_once(Writer& out, const RawFields& fields, auto write_graph) {
  bool written = false;
  for (const RawField& field : fields) {
    if (!field.is(7)) {
      if (!is_left_out(field.number)) out.copy(field.bytes);
    } else if (!written) {
      written = true;
      out.message(7, write_graph);
    }
  }
}

}  // namespace

std::string frame_of(std::span<const std::byte> model) {
  const RawFields fields = raw_fields(as_text(model));
  const RawFields graph = merged_fields(fields, 7);
  return write([&](Writer& out) {
    write_once(out, fields, [&] {
      for (const RawField& field : graph) {
        if (!is_computed(field.number)) out.copy(field.bytes);
      }
    });
  });
}

std::string fill_frame(std::string_view frame, const Contents& contents) {
  const RawFields fields = raw_fields(frame);
  const RawFields interface = merged_fields(fields, 7);
  Model model;
  Path path(frame.data());
  Fields in({frame.data(), frame.size()}, path);
  decode(in, model);
  const auto stays = [&](const RawField& field) {
    return !field.is(11) ||
           std::ranges::find(contents.inputs, string_in(raw_fields(field.content), 1)) !=
               contents.inputs.end();
  };
  return write([&](Writer& out) {
    write_once(out, fields, [&] {
      for (const RawField& field : interface) {
        if (stays(field)) out.copy(field.bytes);
      }
      out.copy(contents.nodes);
      for (const Tensor& tensor : contents.initializers) {
        out.message(5, [&] { encode(out, tensor); });
      }
    });
    // The last of a number that is given twice counts.
    if (model.ir_version < kFreeInitializers) out.varint(1, kFreeInitializers);
    for (const OperatorSetId& opset : contents.opsets) {
      const auto known = [&](const OperatorSetId& other) {
        return opset.domain == other.domain || (opset.domain.empty() && other.domain == "ai.onnx");
      };
      if (std::ranges::any_of(model.opset_imports, known)) continue;
      out.message(8, [&] { encode(out, opset); });
    }
  });
}

}  // namespace fovea::onnx
