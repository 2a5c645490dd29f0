#include "onnx/annotation.h"

#include <protozero/pbf_writer.hpp>

namespace fovea::onnx {

std::string annotation(std::string_view value, const StringPairs& parameters) {
  std::string bytes;
  protozero::pbf_writer message(bytes);
  message.add_string(1, value.data(), value.size());
  for (const auto& [key, tensor] : parameters) {
    protozero::pbf_writer pair(message, 2);
    pair.add_string(1, key.data(), key.size());
    pair.add_string(2, tensor.data(), tensor.size());
  }
  return bytes;
}

}  // namespace fovea::onnx
