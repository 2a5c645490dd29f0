#include "onnx/frame.h"

#include <algorithm>

#include "onnx/raw_fields.h"

namespace fovea::onnx {
namespace {

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

std::string fill_frame(std::string_view frame, const Contents& contents,
                       void (*write_rest)(Writer& out, const void* what), const void* what) {
  const RawFields fields = raw_fields(frame);
  const RawFields interface = merged_fields(fields, 7);
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
      write_rest(out, what);
    });
    // The last of a number that is given twice counts.
    if (contents.ir_version) out.varint(1, *contents.ir_version);
    for (const OperatorSetId& opset : contents.opsets) {
      out.message(8, [&] {
        out.bytes(1, opset.domain);
        out.varint(2, opset.version);
      });
    }
  });
}

}  // namespace fovea::onnx
