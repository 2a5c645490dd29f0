#include "session/loading.h"

#include "import/import.h"
#include "onnx/frame.h"
#include "onnx/model.h"
#include "session/check.h"

namespace fovea {

Loaded load_model(const ModelBytes& bytes, const SessionOptions& options) {
  const onnx::Model model = onnx::decode(bytes.bytes);
  ImportSources sources;
  if (options.external_data) {
    sources.external_file = [&](const std::string& location) -> std::optional<ImportSources::File> {
      auto file = options.external_data(location);
      if (!file) return std::nullopt;
      return ImportSources::File{file->bytes, file->owner};
    };
  }
  sources.depot = options.depot;
  Loaded loaded;
  loaded.graph = import_model(model, sources, options.limits);
  loaded.info = describe_model(model, loaded.graph);
  loaded.frame = onnx::frame_of(bytes.bytes);
  return loaded;
}

}  // namespace fovea
