#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "onnx/model.h"

namespace google::protobuf {
class Message;
}

namespace fovea::test {

// A model flattened to what it says, by path as in error messages: "graph.node[3].op_type" ->
// "Conv". Messages have an entry of their own, so that an empty one differs from none; scalars of
// their default value have none. Floating-point numbers are given by their bits.
using Facts = std::map<std::string, std::string>;

Facts facts_of(const onnx::Model& model);

// The same of what libprotobuf read, by reflection, less the fields onnx::Model leaves out.
Facts facts_of(const google::protobuf::Message& model);

std::string text_of(int64_t value);
std::string text_of(uint64_t value);
std::string text_of(float value);
std::string text_of(double value);
std::string text_of(std::string_view value);

}  // namespace fovea::test
