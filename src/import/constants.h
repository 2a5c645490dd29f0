#pragma once

#include <map>
#include <string>

#include "import/import.h"
#include "onnx/tensor_data.h"

namespace fovea {

// The name of an external file without "./" and doubled slashes; addresses ("https://...") as they
// are, since callers list them. Throws Error(MalformedModel) for one that leads out of the model's
// folder: whoever finds the file may join the two.
std::string normalized_location(std::string_view location);

// Turns TensorProtos into Tensors: copies, and views of external files that have them aligned.
class ConstantReader {
 public:
  ConstantReader(const ImportSources& sources, const Limits& limits)
      : sources_(sources), limits_(limits) {}

  // Throws Error for a tensor that is malformed, too large, or not where it is said to be.
  Tensor read(const onnx::Tensor& proto);
  // The same; whoever reads the tensor again shares its elements.
  Tensor read_shared(const onnx::Tensor& proto);
  // The tensor that a sparse one stands for: zeros but for its values.
  Tensor read_sparse(const onnx::SparseTensor& proto);

 private:
  Tensor read_external(const onnx::Tensor& proto, const onnx::ExternalData& where);
  const ImportSources::File& file(const std::string& location);

  const ImportSources& sources_;
  Limits limits_;
  std::map<const onnx::Tensor*, Tensor> shared_;
  std::map<std::string, ImportSources::File> files_;
};

}  // namespace fovea
