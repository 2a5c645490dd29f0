#pragma once

#include <map>
#include <string>

#include "import/import.h"
#include "onnx/tensor_data.h"

namespace fovea {

// Turns TensorProtos into Tensors: copies, and views of external files that have them aligned.
class ConstantReader {
 public:
  explicit ConstantReader(const ImportSources& sources) : sources_(sources) {}

  Tensor read(const onnx::Tensor& proto);

 private:
  Tensor read_external(const onnx::Tensor& proto, const onnx::ExternalData& where);
  const ImportSources::File& file(const std::string& location);

  const ImportSources& sources_;
  std::map<std::string, ImportSources::File> files_;
};

}  // namespace fovea
