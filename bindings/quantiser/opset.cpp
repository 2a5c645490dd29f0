#include "base/error.h"
#include "onnx/upgrade.h"

// In the stead of the layer's own, which would be a tenth of this program: fovea-tools has that,
// and web/src/quantize has models raised there before they come here.
std::string fovea::onnx::upgrade_opset(std::span<const std::byte>, int64_t version) {
  fail(ErrorCode::InvalidInput, "The model's opset has to be raised to ", version, " first.");
}
