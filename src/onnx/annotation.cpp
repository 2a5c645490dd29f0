#include "onnx/annotation.h"

#include "onnx/writer.h"

namespace fovea::onnx {

std::string annotation(std::string_view value, const StringPairs& parameters) {
  return write([&](Writer& out) {
    out.bytes(1, value);
    for (const auto& [key, tensor] : parameters) {
      out.message(2, [&] {
        out.bytes(1, key);
        out.bytes(2, tensor);
      });
    }
  });
}

}  // namespace fovea::onnx
