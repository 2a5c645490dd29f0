#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "onnx/model.h"
#include "tensor/tensor.h"

namespace fovea::test {

// One data set of an official ONNX test: a model, what it is fed and what it must give.
struct ConformanceCase {
  std::string name;
  std::filesystem::path model;
  std::filesystem::path data;
};

// Every data set below `root` (the layout of onnx/backend/test/data), in the order of names.
std::vector<ConformanceCase> find_cases(const std::filesystem::path& root);

std::string read_file(const std::filesystem::path& path);

// input_0.pb, input_1.pb, ... (or output_) of a data set, of the types that the model declares.
std::vector<Tensor> read_values(const std::filesystem::path& data, const std::string& prefix,
                                std::span<const onnx::ValueInfo> declared);

// Empty when `actual` equals `expected`: shapes and element types exactly, numbers within onnx's
// own rtol of 1e-3 and atol of 1e-7; else what differs.
std::string difference(const Tensor& actual, const Tensor& expected);

}  // namespace fovea::test
