#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "onnx_protobuf/facts.h"

namespace fovea::test {

// libprotobuf with the descriptors of onnx.proto; its generated code would be without reflection,
// as that file asks.
class Protobuf {
 public:
  using Message = google::protobuf::Message;

  static Protobuf& instance();

  // A message of onnx.proto by its name, such as "ModelProto", without any field.
  std::unique_ptr<Message> make(const std::string& name) const;

  // The ModelProto in the bytes, or null when they are none.
  std::unique_ptr<Message> parse(const std::string& bytes) const;

 private:
  Protobuf();

  google::protobuf::DescriptorPool pool_;
  mutable google::protobuf::DynamicMessageFactory factory_;
};

std::string read_file(const std::filesystem::path& path);

// The .onnx files below a folder, sorted; none where there is no folder.
std::vector<std::filesystem::path> models_below(const std::filesystem::path& folder);

// Success, or the first few facts that only one side has.
testing::AssertionResult agree(const Facts& expected, const Facts& actual);

}  // namespace fovea::test
