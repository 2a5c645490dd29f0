#pragma once

#include <google/protobuf/message.h>

#include <memory>
#include <random>
#include <string>

namespace fovea::test {

// Messages with random fields, among them every one that onnx.proto has, and unknown ones.
class RandomMessages {
 public:
  explicit RandomMessages(uint64_t seed) : random_(seed) {}

  // A ModelProto that decode() takes.
  std::unique_ptr<google::protobuf::Message> model();

  // A number in [0, bound).
  size_t below(size_t bound) { return static_cast<size_t>(random_() % bound); }

 private:
  void fill(google::protobuf::Message& message, int depth);
  void fill(google::protobuf::Message& message, const google::protobuf::FieldDescriptor& field,
            int depth);
  std::string string();

  std::mt19937_64 random_;
};

}  // namespace fovea::test
