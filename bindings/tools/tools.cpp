// What JavaScript sees of the tools for models. Its types are declared in web/src/tools/module.ts.

#include <emscripten/bind.h>

#include <memory>
#include <optional>
#include <string>

#include "buffer.h"
#include "guard.h"
#include "handle.h"
#include "onnx/edit.h"
#include "onnx/extract.h"
#include "onnx/half.h"
#include "onnx/upgrade.h"
#include "values.h"

namespace fovea::bindings {
namespace {

using emscripten::function;
using emscripten::val;

Handle buffer_of(const std::string& file) { return handle_of(std::make_unique<Buffer>(file)); }

std::vector<std::string> keys_of(const val& object) {
  return to_strings(val::global("Object").call<val>("keys", object));
}

std::optional<std::string> text_in(const val& object, const char* key) {
  const val value = object[key];
  return value.isString() ? std::optional(value.as<std::string>()) : std::nullopt;
}

// {metadata: {key: text or null}, producerName?, producerVersion?, docString?}
onnx::ModelEdit to_edit(const val& object) {
  onnx::ModelEdit edit;
  const val metadata = object["metadata"];
  for (const std::string& key : keys_of(metadata)) {
    edit.metadata[key] = text_in(metadata, key.c_str());
  }
  edit.producer_name = text_in(object, "producerName");
  edit.producer_version = text_in(object, "producerVersion");
  edit.doc_string = text_in(object, "docString");
  return edit;
}

Handle edited(Handle model, const val& edits) {
  return guard([&] {
    const onnx::ModelEdit edit = to_edit(edits);
    const val opset = edits["opset"];
    if (opset.isUndefined()) return buffer_of(onnx::edit(at<Buffer>(model).bytes(), edit));
    const std::string upgraded =
        onnx::upgrade_opset(at<Buffer>(model).bytes(), static_cast<int64_t>(opset.as<double>()));
    return buffer_of(onnx::edit(std::as_bytes(std::span(upgraded)), edit));
  });
}

Handle extracted(Handle model, const val& inputs, const val& outputs) {
  return guard([&] {
    return buffer_of(
        onnx::extract(at<Buffer>(model).bytes(), to_strings(inputs), to_strings(outputs)));
  });
}

// {file, warnings}
val in_float16(Handle model, const val& options) {
  return guard([&] {
    onnx::HalfOptions half;
    half.keep_io_types = options["keepIoTypes"].as<bool>();
    for (std::string& name : to_strings(options["keepNodes"])) half.keep_float_nodes.insert(name);
    for (std::string& name : to_strings(options["keepOperators"])) {
      half.keep_float_operators.insert(name);
    }
    onnx::HalfModel result = onnx::to_float16(at<Buffer>(model).bytes(), half);
    val object = val::object();
    object.set("warnings", to_array(result.warnings, [](const auto& text) { return val(text); }));
    object.set("file", buffer_of(result.bytes));
    return object;
  });
}

}  // namespace

EMSCRIPTEN_BINDINGS(fovea_tools) {
  function("edited", &edited);
  function("extracted", &extracted);
  function("inFloat16", &in_float16);
}

}  // namespace fovea::bindings
