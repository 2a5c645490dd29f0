#include <gtest/gtest.h>

#include <string>

#include "base/error.h"
#include "onnx/model.h"
#include "onnx/path.h"
#include "support/onnx_writer.h"

namespace fovea::onnx {
namespace {

using namespace std::string_literals;
using namespace test;
using testing::AssertionFailure;
using testing::AssertionResult;
using testing::AssertionSuccess;

Error decode_error(const std::string& bytes) {
  try {
    decode(as_bytes(bytes));
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::Internal, "nothing was thrown");
}

AssertionResult is_malformed(const std::string& bytes, std::string_view message) {
  const Error error = decode_error(bytes);
  if (error.code() == ErrorCode::MalformedModel &&
      error.message().find(message) != std::string::npos) {
    return AssertionSuccess();
  }
  return AssertionFailure() << name_of(error.code()) << ": " << error.message();
}

// A GraphProto around `depth` others, each in an attribute of the node of the one around it: three
// messages a level.
std::string write_nested_graph(size_t depth) {
  std::string graph =
      write<GraphField>([](auto& out) { out.add_message(GraphField::output, std::string()); });
  for (; depth > 0; --depth) {
    graph = write<GraphField>([&](auto& outer) {
      outer.add_message(GraphField::node, write<NodeField>([&](auto& node) {
                          node.add_message(NodeField::attribute,
                                           write<AttributeField>([&](auto& attribute) {
                                             attribute.add_message(AttributeField::g, graph);
                                           }));
                        }));
    });
  }
  return graph;
}

std::string valid_model() { return write_model(write_nested_graph(0)); }

TEST(Malformed, SaysWhichMessageAndWhere) {
  const std::string broken_attribute = "\x0a\x7f"s;
  const std::string bytes = write_model(write<GraphField>([&](auto& graph) {
    graph.add_message(GraphField::node, std::string());
    graph.add_message(GraphField::node, write<NodeField>([&](auto& node) {
                        node.add_message(NodeField::attribute, std::string());
                        node.add_message(NodeField::attribute, broken_attribute);
                      }));
  }));
  const Error error = decode_error(bytes);
  EXPECT_EQ(error.code(), ErrorCode::MalformedModel);
  EXPECT_EQ(error.field("path"), "graph.node[1].attribute[1]");
  EXPECT_EQ(error.field("offset"), std::to_string(bytes.find(broken_attribute)));
}

TEST(Malformed, RefusesNoBytes) { EXPECT_TRUE(is_malformed("", "empty")); }

TEST(Malformed, RefusesOtherIrVersions) {
  const auto write_version = [](int64_t version) {
    return write<ModelField>([&](auto& out) {
      out.add_int64(ModelField::ir_version, version);
      out.add_message(ModelField::graph, write_nested_graph(0));
    });
  };
  EXPECT_TRUE(is_malformed(write_version(2), "IR version is 2"));
  EXPECT_TRUE(is_malformed(write_version(0), "no IR version"));
  EXPECT_NO_THROW(decode(as_bytes(write_version(3))));
  EXPECT_NO_THROW(decode(as_bytes(write_version(1000))));
}

TEST(Malformed, RefusesAModelWithoutGraph) {
  EXPECT_TRUE(is_malformed(
      write<ModelField>([](auto& out) { out.add_int64(ModelField::ir_version, 8); }), "no graph"));
}

TEST(Malformed, SaysThatATruncatedFileIsTruncated) {
  const std::string bytes = valid_model();
  EXPECT_TRUE(is_malformed(bytes.substr(0, bytes.size() - 1), "truncated"));
}

TEST(Malformed, DoesNotCallAModelTruncatedWhoseInsideIsWrong) {
  EXPECT_TRUE(is_malformed(write_model("\x0a\x7f"s), "longer than what contains it"));
}

// 2^31 and more would be negative lengths in 32 bits.
TEST(Malformed, RefusesLengthsBeyondTheEnd) {
  for (const std::string& length :
       {"\x7f"s, "\xff\xff\xff\xff\x07"s, "\x80\x80\x80\x80\x08"s, "\xff\xff\xff\xff\x0f"s,
        "\x80\x80\x80\x80\x10"s, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s}) {
    EXPECT_TRUE(is_malformed(write_model("\x12"s + length), "longer than what contains it"));
    EXPECT_TRUE(is_malformed(write_model("\xa2\x06"s + length), "longer than what contains it"));
  }
}

TEST(Malformed, RefusesWhatIsNoField) {
  EXPECT_TRUE(is_malformed(write_model("\x00"s), "no valid field"));
  EXPECT_TRUE(is_malformed(write_model("\x0f"s), "no valid field"));
  EXPECT_TRUE(is_malformed(write_model("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s),
                           "longer than 10 bytes"));
}

TEST(Malformed, RefusesPackedFieldsThatEndInsideAnElement) {
  const auto write_field = [](TensorField field, const std::string& bytes) {
    return write_tensor_model(
        write<TensorField>([&](auto& tensor) { tensor.add_bytes(field, bytes); }));
  };
  EXPECT_TRUE(is_malformed(write_field(TensorField::float_data, "abc"), "whole elements"));
  EXPECT_TRUE(is_malformed(write_field(TensorField::double_data, "abcd"), "whole elements"));
  EXPECT_TRUE(is_malformed(write_field(TensorField::int32_data, "\x01\x80"), "inside an integer"));
  EXPECT_TRUE(is_malformed(write_field(TensorField::int64_data, std::string(11, '\x80')),
                           "longer than 10 bytes"));
  EXPECT_TRUE(is_malformed(write_field(TensorField::dims, "\x80"), "longer than what contains it"));
}

TEST(Malformed, LimitsTheDepthOfMessages) {
  constexpr size_t kDeepest = (Path::kMaxDepth - 2) / 3;
  EXPECT_NO_THROW(decode(as_bytes(write_model(write_nested_graph(kDeepest)))));
  EXPECT_TRUE(is_malformed(write_model(write_nested_graph(kDeepest + 1)), "nested more than 100"));
}

TEST(Malformed, LimitsTheDepthOfTypes) {
  std::string type;
  for (int depth = 0; depth < 1000; ++depth) {
    type = write<TypeField>([&](auto& outer) {
      outer.add_message(TypeField::sequence_type, write<ContainerTypeField>([&](auto& container) {
                          container.add_message(ContainerTypeField::elem_type, type);
                        }));
    });
  }
  const std::string bytes = write_node_model(write<NodeField>([&](auto& node) {
    node.add_message(NodeField::attribute, write<AttributeField>([&](auto& attribute) {
                       attribute.add_message(AttributeField::tp, type);
                     }));
  }));
  EXPECT_TRUE(is_malformed(bytes, "nested more than 100"));
}

TEST(Malformed, RecognisesWhatWasReceivedInstead) {
  EXPECT_TRUE(is_malformed("<!DOCTYPE html><html>", "web page"));
  EXPECT_TRUE(is_malformed("\xef\xbb\xbf\n  <HTML>\n", "web page"));
  EXPECT_TRUE(is_malformed("<?xml version=\"1.0\"?><Error/>", "XML"));
  EXPECT_TRUE(is_malformed("{\"error\": 404}", "JSON"));
  EXPECT_TRUE(is_malformed("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "LFS"));
  EXPECT_TRUE(is_malformed("ir_version: 8", "text format"));
  EXPECT_TRUE(is_malformed("\x20\0\0\0ORTM\0\0\0\0"s, ".ort"));
  EXPECT_TRUE(is_malformed("\x1c\0\0\0TFL3\0\0\0\0"s, "TensorFlow Lite"));
  EXPECT_TRUE(is_malformed("PK\x03\x04\x14\0\0\0"s, "zip"));
  EXPECT_TRUE(is_malformed("\x80\x02}q\x01."s, "pickle"));
  EXPECT_TRUE(is_malformed("\x1f\x8b\x08\0\0\0\0\0"s, "gzip"));
  EXPECT_TRUE(is_malformed("\x89HDF\r\n\x1a\n"s, "HDF5"));
}

TEST(Malformed, DoesNotTakeAnyTextForAKnownFormat) {
  EXPECT_TRUE(is_malformed("Not Found", "malformed"));
  EXPECT_TRUE(is_malformed(" \n", "not an ONNX model"));
}

}  // namespace
}  // namespace fovea::onnx
