#include "onnx/path.h"

#include "base/error.h"

namespace fovea::onnx {

void Path::enter(std::string_view field, std::optional<size_t> index) {
  if (steps_.size() == kMaxDepth) {
    fail(ErrorCode::MalformedModel, "messages are nested more than ", kMaxDepth, " deep");
  }
  steps_.push_back({field, index});
}

std::string Path::to_string() const {
  std::string out;
  for (const Step& step : steps_) {
    if (!out.empty()) out += '.';
    out += step.field;
    if (step.index) out += text('[', *step.index, ']');
  }
  return out;
}

}  // namespace fovea::onnx
